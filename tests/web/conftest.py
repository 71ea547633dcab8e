"""Fixtures of the tests of the web server."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.testing import Live, live


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
