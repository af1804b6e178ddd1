"""Where a node keeps its record: one small protocol, SQLite and PostgreSQL behind it."""
