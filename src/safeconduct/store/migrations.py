"""The tables of a record, as numbered migrations: one list for each kind of database.

A store remembers in the table `migration` which ones it has had; opening it applies the missing ones, each in one
transaction. A migration that was ever released is never changed: what must change is a new number.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from safeconduct.store.base import StoreError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the tables' history.

    Attributes:
        number: from 1, without gaps.
        name: what it is for.
        statements: SQL, one statement each.
    """

    number: int
    name: str
    statements: tuple[str, ...]


HISTORY = "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL)"
"""The migrations that a store has had; means the same to both databases."""

SQLITE = (
    Migration(
        1,
        "the record: entries, leaves, checkpoints",
        (
            "CREATE TABLE entry (position INTEGER PRIMARY KEY, salt BLOB NOT NULL, data BLOB NOT NULL)",
            "CREATE TABLE leaf (position INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE)",
            "CREATE TABLE checkpoint"
            " (size INTEGER PRIMARY KEY, root BLOB NOT NULL, time REAL NOT NULL, note TEXT NOT NULL)",
        ),
    ),
)

POSTGRES = (
    Migration(
        1,
        "the record: entries, leaves, checkpoints",
        (
            "CREATE TABLE entry (position bigint PRIMARY KEY, salt bytea NOT NULL, data bytea NOT NULL)",
            "CREATE TABLE leaf (position bigint PRIMARY KEY, hash bytea NOT NULL UNIQUE)",
            "CREATE TABLE checkpoint (size bigint PRIMARY KEY, root bytea NOT NULL,"
            " time double precision NOT NULL, note text NOT NULL)",
        ),
    ),
)


def demand_own(found: Collection[str], own: Collection[str], *, where: str) -> None:
    """Refuses a database that holds anything else than what the migrations made, or not all of that.

    Raises:
        StoreError: a trigger, a view or a table was put in, and could answer in the record's place or change it.
    """
    strange, gone = sorted(set(found) - set(own)), sorted(set(own) - set(found))
    if strange or gone:
        words = [f"there is {', '.join(strange)}"] if strange else []
        words += [f"there is no {', '.join(gone)}"] if gone else []
        raise StoreError(
            f"the database is not as this program makes it: {'; '.join(words)}",
            where=where,
            remedy="somebody changed it: keep the file as it is, and put a copy back",
        )


def missing(known: Sequence[Migration], applied: Iterable[int], *, where: str) -> tuple[Migration, ...]:
    """The migrations that a store has not had, in order.

    Raises:
        StoreError: the store has had some that this program does not know: a newer program has written to it.
    """
    had = set(applied)
    strange = sorted(had - {migration.number for migration in known})
    if strange:
        raise StoreError(
            f"the record has migration {strange[-1]}, and this program knows {len(known)}",
            where=where,
            remedy="a newer safeconduct has written to it: use that one or a newer one",
        )
    return tuple(migration for migration in known if migration.number not in had)
