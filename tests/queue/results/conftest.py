"""Fixtures of the tests of what a verdict writes."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.model.people import Person, Viewer
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import SettableClock, settings_in
from tests.queue.results.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Desk]:
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        yield Desk(services)


@pytest.fixture
async def alice(desk: Desk) -> Viewer:
    """Somebody with 100 points."""
    viewer = await desk.services.viewers.meet(Person("1", "alice", "Alice"))
    await desk.services.economy.add(viewer, viewer, 100)
    return viewer
