"""Two bots on one database of a server."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from pixel_bot.testing import Stage
from tests.harness.postgres import Databases
from tests.queue.cluster.two_bots import two_on


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Generator[str]:
    """An empty database on the server, at our schema."""
    yield databases.of(tmp_path, "shared")
    databases.drop_all()


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncGenerator[tuple[Stage, Stage]]:
    async with two_on(url, tmp_path) as pair:
        yield pair
