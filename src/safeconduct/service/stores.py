"""Which store a node's settings ask for."""

from pathlib import Path

from safeconduct.service.declarations import file_bytes
from safeconduct.service.settings import NodeSettings
from safeconduct.store.base import Store
from safeconduct.store.postgres import PostgresStore
from safeconduct.store.sqlite import SqliteStore


def open_store(settings: NodeSettings, folder: Path, data: Path, *, read_only: bool = False) -> Store:
    """The store of a node whose settings lie in `folder` and whose files in `data`.

    Raises:
        InputError: `unreadable`: the file with the connection string.
        StoreError: it cannot be opened.
    """
    if settings.store.postgres_file is None:
        return SqliteStore(data, read_only=read_only)
    dsn = file_bytes(folder / settings.store.postgres_file).decode(errors="replace").strip()
    return PostgresStore(dsn, settings.store.schema, read_only=read_only)
