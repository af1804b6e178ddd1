"""Which store a node's settings ask for."""

from pathlib import Path

from safeconduct.errors import InputError
from safeconduct.service.declarations import file_bytes
from safeconduct.service.keyfiles import PUBLIC_FILE, SECRET_FILE
from safeconduct.service.settings import NodeSettings
from safeconduct.store.base import Store
from safeconduct.store.sqlite import SqliteStore


def open_store(settings: NodeSettings, folder: Path, data: Path, *, read_only: bool = False) -> Store:
    """The store of a node whose settings lie in `folder` and whose files in `data`.

    Raises:
        InputError: `unreadable`: the file with the connection string.
        StoreError: it cannot be opened.
    """
    if settings.store.postgres_file is None:
        return SqliteStore(data, read_only=read_only)
    from safeconduct.store.postgres import PostgresStore  # here: its driver takes a sixth of a second to load

    dsn = file_bytes(folder / settings.store.postgres_file).decode(errors="replace").strip()
    return PostgresStore(dsn, settings.store.schema, read_only=read_only)


def demand_record(store: Store, data: Path) -> None:
    """Refuses an empty record beside a public key: that is written after the first entry, so there was one.

    Raises:
        InputError: `record-gone`. StoreError: it cannot be read.
    """
    if (data / PUBLIC_FILE).exists() and next(store.entries(), None) is None and next(store.leaves(), None) is None:
        raise InputError(
            "record-gone",
            f"the node's key has opened a record, and there is none; {SECRET_FILE} must not open another",
            where=str(data),
            remedy=f"restore the newest copy of the record; or, to begin anew, move {SECRET_FILE} and {PUBLIC_FILE}"
            " away: a new key, and new cards with everybody",
        )
