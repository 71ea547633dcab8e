"""A filled database, and the bot on it."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from pixel_bot.db.meta import remember
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.seed import url_of
from tests.harness.zones import in_zone
from tests.upkeep.backups.filled import fill


@pytest.fixture(autouse=True)
def _in_utc() -> Generator[None]:
    """Names of backups are in local time."""
    with in_zone("UTC"):
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with some people in it, at rest. Only to be copied."""
    file = tmp_path_factory.mktemp("filled") / "pixel.db"
    asyncio.run(fill(file))
    return file


@pytest.fixture
async def kept(tmp_path: Path, filled: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """That database, in use."""
    file = tmp_path / "data" / "pixel.db"
    file.parent.mkdir()
    shutil.copy(filled, file)
    async with opened(settings_in(file.parent, database_url=url_of(file)), "live", clock) as services:
        async with services.database.write() as session:  # the write-ahead log has something in it, as in real life
            await remember(session, "seen", "yes")
        yield services
