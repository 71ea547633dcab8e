"""Fixtures of the tests of several processes on one database."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from tests.harness.postgres import Databases
from tests.harness.twitch_harness import house, in_haste
from tests.platforms.twitch.several.processes import Processes


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Generator[str]:
    """A database on the server, at our schema."""
    yield databases.of(tmp_path, "shared")
    databases.drop_all()


@pytest.fixture(params=[1, 3], ids=["no equal subscriptions", "three equal subscriptions"])
async def processes(
    request: pytest.FixtureRequest, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Processes]:
    in_haste(monkeypatch)
    async with house(tmp_path) as home:
        home.twitch.equal_subscriptions = request.param
        yield Processes(home, url)
