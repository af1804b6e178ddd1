"""What only PostgreSQL can get wrong: settings that lose data, lost connections, schemas that share a server."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from tests.support.postgres_server import postgres_server

from safeconduct.record.seal import Sealed
from safeconduct.store import postgres as under_test
from safeconduct.store.base import InUseError, StoreError
from safeconduct.store.migrations import POSTGRES
from safeconduct.store.postgres import NAME_BYTES, PostgresStore

_names = itertools.count()


@pytest.fixture
def schema() -> str:
    return f"pg-{next(_names)}"


@pytest.fixture
def store(postgres: str, schema: str) -> Iterator[PostgresStore]:
    store = PostgresStore(postgres, schema)
    yield store
    store.close()


def sealed(number: int) -> Sealed:
    return Sealed(number.to_bytes(16, "big"), b"entry")


def ask(dsn: str, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


def hang_up(dsn: str) -> None:
    """The server ends every session but this one, and has ended them when this returns."""
    others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ask(dsn, f"SELECT pg_terminate_backend(pid, 5000) {others}")


@contextmanager
def server_setting(dsn: str, name: str, value: str) -> Iterator[None]:
    def reload(change: str) -> None:
        ask(dsn, change)
        ask(dsn, "SELECT pg_reload_conf()")

    wanted = "on"
    reload(f"ALTER SYSTEM SET {name} = {value}")
    try:
        _wait_until(dsn, name, value)
        yield
    finally:
        reload(f"ALTER SYSTEM RESET {name}")
        _wait_until(dsn, name, wanted)


def _wait_until(dsn: str, name: str, value: str) -> None:
    for _ in range(500):
        if ask(dsn, "SELECT current_setting(%s), pg_sleep(0.01)", name)[0][0] == value:
            return
    pytest.fail(f"{name} does not become {value}")


def test_the_server_of_these_tests_really_syncs(postgres: str) -> None:
    settings = {name: ask(postgres, f"SHOW {name}")[0][0] for name in under_test.DURABLE}
    assert settings == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_session_that_does_not_wait_for_the_disk_is_refused(postgres: str, schema: str, value: str) -> None:
    with pytest.raises(StoreError, match=f"synchronous_commit = {value}") as refused:
        PostgresStore(f"{postgres} options='-c synchronous_commit={value}'", schema)
    assert "synchronous_commit = on" in refused.value.remedy


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_does_not_sync_is_refused(postgres: str, schema: str, name: str) -> None:
    with server_setting(postgres, name, "off"), pytest.raises(StoreError, match=f"{name} = off"):
        PostgresStore(postgres, schema)
    PostgresStore(postgres, schema).close()


def test_an_open_store_keeps_waiting_for_the_disk_whatever_the_server_is_told(
    postgres: str, store: PostgresStore
) -> None:
    with server_setting(postgres, "synchronous_commit", "off"):
        [(_, found)] = itertools.islice(store._rows("SELECT %s::bigint, current_setting('synchronous_commit')", 0), 1)
    assert found == "on"


def test_a_lost_connection_is_told_and_the_next_call_connects_again(postgres: str, store: PostgresStore) -> None:
    store.append([sealed(1)])
    hang_up(postgres)
    with pytest.raises(StoreError, match="no connection") as lost:
        store.append([sealed(2)])
    assert "next call connects again" in lost.value.remedy
    assert store.append([sealed(2)]) == 2
    assert list(store.entries()) == [(1, sealed(1)), (2, sealed(2))]


def test_what_was_acknowledged_outlives_a_crash_of_the_server() -> None:
    given = [sealed(number) for number in range(200)]
    with postgres_server() as server:
        store = PostgresStore(server.dsn, "node")
        for one in given:
            store.append([one])
        server.crash()
        with pytest.raises(StoreError, match="no connection"):
            store.append([sealed(999)])
        with pytest.raises(StoreError, match="no connection"):
            list(store.entries())
        server.start()
        assert list(store.entries()) == list(enumerate(given, start=1))
        assert list(store.leaves()) == [one.leaf for one in given]
        assert store.append([sealed(999)]) == 201
        store.close()


def test_a_reader_reads_on_after_a_lost_connection(postgres: str, store: PostgresStore, schema: str) -> None:
    store.append([sealed(1)])
    reader = PostgresStore(postgres, schema, read_only=True)
    hang_up(postgres)
    for open_store in (reader, store):
        with pytest.raises(StoreError):
            list(open_store.entries())
        assert list(open_store.entries()) == [(1, sealed(1))]
    reader.close()


def test_who_lost_the_connection_takes_the_lock_again_or_waits(postgres: str, schema: str) -> None:
    store = PostgresStore(postgres, schema)
    hang_up(postgres)
    with pytest.raises(StoreError):
        store.append([sealed(1)])
    other = PostgresStore(postgres, schema)
    with pytest.raises(InUseError):
        store.append([sealed(1)])
    other.close()
    assert store.append([sealed(1)]) == 1
    with pytest.raises(InUseError):
        PostgresStore(postgres, schema)
    store.close()


@pytest.mark.parametrize("newer", [False, True])
def test_who_lets_go_gives_the_lock_back_before_the_server_has_ended_the_session(
    postgres: str, schema: str, newer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    PostgresStore(postgres, schema).close()
    left: list[psycopg.Connection[object]] = []
    with monkeypatch.context() as server:
        server.setattr(psycopg.Connection, "close", lambda one: left.append(one))  # as if the server were slow
        if newer:
            server.setattr(under_test, "POSTGRES", ())
            with pytest.raises(StoreError, match="newer"):
                PostgresStore(postgres, schema)
        else:
            PostgresStore(postgres, schema).close()
    try:
        PostgresStore(postgres, schema).close()
    finally:
        for connection in left:
            connection.close()
    assert len(left) == 1


def test_a_store_whose_server_is_gone_can_be_closed(postgres: str, schema: str) -> None:
    store = PostgresStore(postgres, schema)
    hang_up(postgres)
    store.close()
    PostgresStore(postgres, schema).close()


def test_a_record_that_grew_behind_its_writer_is_not_written_on(postgres: str, schema: str) -> None:
    store = PostgresStore(postgres, schema)
    store.append([sealed(1)])
    hang_up(postgres)
    other = PostgresStore(postgres, schema)
    other.append([sealed(2)])
    other.close()
    with pytest.raises(StoreError):
        store.append([sealed(3)])
    for _ in range(2):
        with pytest.raises(StoreError, match="has 2 entries and had 1"):
            store.append([sealed(3)])
    store.close()
    store = PostgresStore(postgres, schema)
    assert store.append([sealed(3)]) == 3
    store.close()


def test_nodes_share_a_server_and_nothing_else(postgres: str) -> None:
    first, second = PostgresStore(postgres, 'odd "name" -1'), PostgresStore(postgres, 'odd "name" -2')
    assert first.append([sealed(1), sealed(2)]) == 1
    assert second.append([sealed(1)]) == 1
    assert len(list(first.entries())) == 2
    assert list(second.entries()) == [(1, sealed(1))]
    first.close()
    second.close()
    assert {('odd "name" -1',), ('odd "name" -2',)} <= set(ask(postgres, "SELECT nspname FROM pg_namespace"))


@pytest.mark.parametrize("name", ["", "n" * (NAME_BYTES + 1), "ß" * 32])
def test_a_name_that_the_server_would_cut_off_is_refused(postgres: str, name: str) -> None:
    with pytest.raises(StoreError, match="bytes"):
        PostgresStore(postgres, name)
    PostgresStore(postgres, "n" * NAME_BYTES).close()


def test_a_record_of_a_newer_program_is_refused(postgres: str, schema: str) -> None:
    PostgresStore(postgres, schema).close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        table = sql.Identifier(schema, "migration")
        connection.execute(sql.SQL("INSERT INTO {} VALUES (%s, 'to come')").format(table), (len(POSTGRES) + 1,))
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer"):
            PostgresStore(postgres, schema, read_only=read_only)


def test_reading_makes_nothing(postgres: str, schema: str) -> None:
    with pytest.raises(StoreError, match="no record"):
        PostgresStore(postgres, schema, read_only=True)
    assert ask(postgres, "SELECT 1 FROM pg_namespace WHERE nspname = %s", schema) == []


@pytest.mark.parametrize("dsn", ["host=/nowhere user=nobody", "port=none", "this is no dsn"])
def test_a_server_that_cannot_be_reached_is_told(dsn: str) -> None:
    with pytest.raises(StoreError, match="no connection") as told:
        PostgresStore(dsn, "node")
    assert told.value.where == "PostgreSQL schema node"


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE TABLE {}.other (position bigint)", r"relation other \(r\)"),
        ("CREATE VIEW {}.other AS SELECT * FROM {}.entry", r"relation other \(v\), rule _RETURN"),
        ("CREATE RULE other AS ON INSERT TO {}.checkpoint DO INSTEAD NOTHING", "rule other"),
        (
            "CREATE TRIGGER other BEFORE UPDATE ON {}.entry FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "trigger other",
        ),
        ("CREATE POLICY other ON {}.leaf USING (position < 5)", "row policy other"),
    ],
)
def test_what_no_migration_made_is_refused_by_name(
    postgres: str, schema: str, statement: str, told: str, read_only: bool
) -> None:
    store = PostgresStore(postgres, schema)
    store.append([sealed(1)])
    store.close()
    ask(postgres, statement.replace("{}", f'"{schema}"'))
    with pytest.raises(StoreError, match=f"there is {told}") as refused:
        PostgresStore(postgres, schema, read_only=read_only)
    assert "put a copy back" in refused.value.remedy


def test_a_schema_with_something_else_in_it_is_not_made_a_record(postgres: str, schema: str) -> None:
    ask(postgres, f'CREATE SCHEMA "{schema}"')
    ask(postgres, f'CREATE TABLE "{schema}".other (position bigint)')
    with pytest.raises(StoreError, match="there is relation other"):
        PostgresStore(postgres, schema)
