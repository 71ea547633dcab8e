"""Fixtures of the tests of the sandbox page."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from pixel_bot.testing import Live, live
from tests.sandbox.page.visit import chromium


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running
