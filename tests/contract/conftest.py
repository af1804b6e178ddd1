from collections.abc import Iterator

import pytest
from tests.support.postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a real PostgreSQL server that is started for these tests."""
    with postgres_server() as server:
        yield server.dsn
