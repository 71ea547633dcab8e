"""The clean-up, and a bot on a file."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.cleanup import Cleanup
from tests.harness.pattern import fresh
from tests.harness.seed import url_of


@pytest.fixture
def cleanup(services: Services) -> Cleanup:
    return Cleanup(services.database, services.clock)


@pytest.fixture
async def in_file(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """Services over a file, whatever the others are over."""
    folder = tmp_path / "data"
    fresh(folder / "pixel.db")
    async with opened(settings_in(folder, database_url=url_of(folder / "pixel.db")), "live", clock) as built:
        built.awards.start()
        yield built
        await built.awards.stop()
