"""A live bot that waits for sign-ins, and a sandbox: whose pages somebody wants to open."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.testing import SettableClock, settings_in
from tests.web.access.stranger import CREDENTIALS


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def app(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[LiveApp]:
    """A bot whose platforms are away: its pages are there nevertheless."""
    async with live(settings_in(tmp_path, **CREDENTIALS), clock) as running:
        yield running


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    """A browser that nobody has signed in."""
    async with aiohttp.ClientSession() as session:
        yield session
