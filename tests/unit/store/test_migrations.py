import pytest

from safeconduct.store.base import StoreError
from safeconduct.store.migrations import POSTGRES, SQLITE, Migration, missing

THREE = tuple(Migration(number, f"step {number}", ("SELECT 1",)) for number in (1, 2, 3))


@pytest.mark.parametrize("known", [SQLITE, POSTGRES])
def test_migrations_are_numbered_without_gaps(known: tuple[Migration, ...]) -> None:
    assert known
    assert [migration.number for migration in known] == list(range(1, len(known) + 1))
    assert all(migration.name and migration.statements for migration in known)


def test_both_databases_have_the_same_history() -> None:
    assert [migration.name for migration in SQLITE] == [migration.name for migration in POSTGRES]


@pytest.mark.parametrize(("applied", "left"), [([], [1, 2, 3]), ([1], [2, 3]), ([2, 1], [3]), ([3, 2, 1], [])])
def test_what_a_store_has_not_had_is_missing(applied: list[int], left: list[int]) -> None:
    assert [migration.number for migration in missing(THREE, applied, where="here")] == left


def test_a_newer_store_is_refused() -> None:
    with pytest.raises(StoreError, match="migration 5, and this program knows 3") as refused:
        missing(THREE, [1, 2, 3, 4, 5], where="here")
    assert refused.value.where == "here"
    assert "newer" in refused.value.remedy
