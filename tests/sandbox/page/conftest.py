"""Fixtures of the tests of the sandbox page."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from pixel_bot.testing import Live, live


@pytest_asyncio.fixture(loop_scope="session")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running


@pytest.fixture
def browser(careful_browser: Browser) -> Browser:
    """A browser as people have it."""
    return careful_browser
