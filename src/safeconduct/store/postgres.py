"""The record in a schema of a PostgreSQL server: for nodes whose disk is looked after by somebody else.

Several nodes share a server, each with a schema of its own. The life of an append: one statement takes the next
positions and inserts leaves and entries; the server syncs its write-ahead log, once, and answers; only then does
`append` return. One writer: a session advisory lock, held by the very connection that writes, so that whoever has lost
the lock has lost the means to write as well (a pooler that hands out connections by transaction breaks this: connect
to the server itself).
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.store.base import InUseError, StoreError
from safeconduct.store.migrations import HISTORY, POSTGRES, demand_own, missing

DURABLE = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}
"""Settings that law 6 rests on, with the values that will do: looked at on connecting, and refused if others."""

NAME_BYTES = 63
"""PostgreSQL cuts longer names off, and two schemas would be one."""
PAGE_ROWS = 1000
"""An iterator reads this many rows, or PAGE_BYTES of entries, then lets others at the connection."""
PAGE_BYTES = 4 << 20
PATIENCE = "connect_timeout=10 keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=25000"
"""libpq alone would wait for hours for a server that vanished without a word. The DSN may say otherwise."""

_APPEND = """
    WITH head AS (SELECT coalesce(max(position), 0) AS last FROM leaf),
    fresh AS (
        SELECT last + number AS position, hash, salt, data
        FROM head, unnest(%b::bytea[], %b::bytea[], %b::bytea[]) WITH ORDINALITY AS given (hash, salt, data, number)
    ),
    leaves AS (INSERT INTO leaf SELECT position, hash FROM fresh),
    entries AS (INSERT INTO entry SELECT position, salt, data FROM fresh)
    SELECT last FROM head
"""
_ENTRIES = f"""
    SELECT position, salt, data FROM (
        SELECT *, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS before
        FROM (SELECT * FROM entry WHERE position > %s ORDER BY position LIMIT {PAGE_ROWS}) AS few
    ) AS page WHERE before < {PAGE_BYTES} ORDER BY position
"""
_LEAVES = f"SELECT position, hash FROM leaf WHERE position > %s ORDER BY position LIMIT {PAGE_ROWS}"
_CHECKPOINTS = f"SELECT size, root, time, note FROM checkpoint WHERE size > %s ORDER BY size LIMIT {PAGE_ROWS}"
_ADD_CHECKPOINT = """
    INSERT INTO checkpoint SELECT %(size)s, %(root)s, %(time)s, %(note)s
    WHERE NOT EXISTS (SELECT FROM checkpoint WHERE size >= %(size)s)
"""
_OBJECTS = """
    WITH held AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(%s)))
    SELECT 'relation ' || relname || ' (' || relkind::text || ')' FROM held
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger JOIN held ON held.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite JOIN held ON held.oid = ev_class
    UNION ALL SELECT 'row policy ' || polname FROM pg_policy JOIN held ON held.oid = polrelid
"""
_OWN = {f"relation {table} (r)" for table in ("migration", "entry", "leaf", "checkpoint")} | {
    f"relation {index} (i)"
    for index in ("migration_pkey", "entry_pkey", "leaf_pkey", "leaf_hash_key", "checkpoint_pkey")
}
"""What the migrations make. Functions in the schema do nothing by themselves."""


class PostgresStore:
    """A `Store` in a schema, which is made if there is none. One connection, used by one thread at a time.

    A connection that is lost makes that call raise StoreError; the next call connects again and takes the writer's lock
    again. If the record has grown meanwhile (another process wrote, or an append was kept whose answer got lost), the
    store refuses to go on, since whoever uses it has not seen all of it: open it anew.

    Args:
        dsn: libpq connection string or URL.
        schema: the node's own, at most NAME_BYTES bytes.
        read_only: for looking at a record, also beside its writer; nothing is made or changed.

    Raises:
        InUseError: another store writes to this schema.
        StoreError: the server cannot be reached, is not durable as it is set, or the schema comes from a newer program;
            with `read_only`, also that there is no record.
    """

    def __init__(self, dsn: str, schema: str, *, read_only: bool = False) -> None:
        if not 0 < len(schema.encode()) <= NAME_BYTES:
            raise StoreError(f"a schema's name has 1 to {NAME_BYTES} bytes", where=schema)
        self._dsn, self._schema, self._read_only = dsn, schema, read_only
        self._where = f"PostgreSQL schema {schema}"
        self._turn = threading.Lock()
        self._closed = False
        self._last: int | None = None
        self._connection: psycopg.Connection[Any] | None = None
        with self._using():
            pass

    def append(self, entries: Sequence[Sealed]) -> int:
        """See `Store.append`."""
        if not entries:
            raise ValueError("nothing to append")
        columns = [[s.leaf for s in entries], [s.salt for s in entries], [s.data for s in entries]]
        with self._writing() as connection:
            [(last,)] = connection.execute(_APPEND, columns).fetchall()
            self._last = last + len(entries)
        return int(last) + 1

    def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
        """See `Store.entries`."""
        return ((position, Sealed(salt, data)) for position, salt, data in self._rows(_ENTRIES, after))

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """See `Store.leaves`."""
        return (leaf for _, leaf in self._rows(_LEAVES, after))

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """See `Store.add_checkpoint`."""
        values = {"size": checkpoint.size, "root": checkpoint.root, "time": checkpoint.time, "note": checkpoint.note}
        with self._writing() as connection:
            if connection.execute(_ADD_CHECKPOINT, values).rowcount == 0:
                raise StoreError(
                    f"a checkpoint of size {checkpoint.size} after a larger or equal one", where=self._where
                )

    def checkpoints(self) -> Iterator[Checkpoint]:
        """See `Store.checkpoints`."""
        return (Checkpoint(*row) for row in self._rows(_CHECKPOINTS, -1))

    def close(self) -> None:
        """See `Store.close`."""
        with self._turn:
            self._closed = True
            if self._connection is not None:
                _let_go(self._connection)
            self._connection = None

    def _rows(self, query: LiteralString, after: int) -> Iterator[Any]:
        """Rows by their first column, which only grows; the connection is free between pages."""
        while True:
            with self._using() as connection:
                page = connection.execute(query, (after,), binary=True).fetchall()
            if not page:
                return
            yield from page
            after = page[-1][0]

    @contextmanager
    def _writing(self) -> Iterator[psycopg.Connection[Any]]:
        if self._read_only:
            raise StoreError("the store is open for reading only", where=self._where)
        with self._using() as connection:
            yield connection

    @contextmanager
    def _using(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection, for one thread; made if there is none, let go of if it is lost."""
        with self._turn:
            if self._closed:
                raise StoreError("the store is closed", where=self._where)
            try:
                self._connection = self._connection or self._connect()
                yield self._connection
            except psycopg.Error as error:
                raise self._told(error) from error

    def _told(self, error: psycopg.Error) -> StoreError:
        words = " ".join(str(error).split())
        if self._connection is None or self._connection.closed:
            self._connection = None
            remedy = "see that the server runs and can be reached; the next call connects again"
            return StoreError(f"no connection: {words}", where=self._where, remedy=remedy)
        if isinstance(error, psycopg.errors.DiskFull):
            remedy = "free space on the server's disk, then try again: what was refused has left nothing behind"
        elif isinstance(error, psycopg.errors.UniqueViolation):
            remedy = "salts never repeat, so this is a fault of the program: report it"
        else:
            remedy = "look at the server's log"
        return StoreError(words, where=self._where, remedy=remedy)

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(make_conninfo(PATIENCE, **conninfo_to_dict(self._dsn)), autocommit=True)
        try:
            self._demand_durable(connection)
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self._schema)))
            if self._read_only:
                self._open_to_read(connection)
            else:
                self._open_to_write(connection)
        except BaseException:
            _let_go(connection)
            raise
        return connection

    def _demand_durable(self, connection: psycopg.Connection[Any]) -> None:
        for name, values in DURABLE.items():
            [(found,)] = connection.execute("SELECT current_setting(%s)", (name,)).fetchall()
            if found not in values:
                raise StoreError(
                    f"the server has {name} = {found}, and what is acknowledged could be lost",
                    where=self._where,
                    remedy=f"set {name} = on for the server, the role and the connection",
                )
            if name == "synchronous_commit":  # a session may hold on to it, whatever the server's files say later
                connection.execute("SELECT set_config(%s, %s, false)", (name, found))

    def _demand_own(self, connection: psycopg.Connection[Any]) -> None:
        applied = _applied(connection)
        missing(POSTGRES, applied, where=self._where)  # a newer program's schema is told as such
        found = [name for (name,) in connection.execute(_OBJECTS, (self._schema,)).fetchall()]
        demand_own(found, _OWN if applied else (), where=self._where)

    def _open_to_read(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("SET default_transaction_read_only = on")
        self._demand_own(connection)
        if missing(POSTGRES, _applied(connection), where=self._where):
            raise StoreError(
                "there is no record as this program writes it", where=self._where, remedy="start its node once"
            )

    def _open_to_write(self, connection: psycopg.Connection[Any]) -> None:
        # A client that vanished without a word keeps its lock until the server notices: within half a minute, by this.
        connection.execute(
            "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
        )
        key = int.from_bytes(hashlib.sha256(f"safeconduct record {self._schema}".encode()).digest()[:8], signed=True)
        [(locked,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchall()
        if not locked:
            raise InUseError(
                "another process writes to this record",
                where=self._where,
                remedy="stop that one, or name another schema",
            )
        if not connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (self._schema,)).fetchall():
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self._schema)))
        self._demand_own(connection)
        for migration in missing(POSTGRES, _applied(connection), where=self._where):
            with connection.transaction():
                for statement in (HISTORY, *migration.statements):
                    connection.execute(statement)
                connection.execute("INSERT INTO migration VALUES (%s, %s)", (migration.number, migration.name))
        [(last,)] = connection.execute("SELECT coalesce(max(position), 0) FROM leaf").fetchall()
        if self._last not in (None, last):
            raise StoreError(
                f"the record has {last} entries and had {self._last} when the connection was lost",
                where=self._where,
                remedy="start the node again, so that it reads them all",
            )
        self._last = last


def _let_go(connection: psycopg.Connection[Any]) -> None:
    """Gives the writer's lock back, then closes: the server ends its session only some time after the client has left,
    and whoever opens the record right away would be refused."""
    with suppress(psycopg.Error):  # a session that is lost has no lock to give back
        connection.execute("SELECT pg_advisory_unlock_all()")
    connection.close()


def _applied(connection: psycopg.Connection[Any]) -> list[int]:
    [(there,)] = connection.execute("SELECT to_regclass('migration') IS NOT NULL").fetchall()
    return [number for (number,) in connection.execute("SELECT number FROM migration")] if there else []
