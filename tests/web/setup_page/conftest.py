"""Fixtures of the tests of the set-up page."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.sandbox.page.visit import chromium
from tests.web.setup_page.desk import TODO, Desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def only_desk() -> AsyncGenerator[Desk]:
    running = Desk()
    await running.start()
    yield running
    await running.web.stop()


@pytest.fixture
def desk(only_desk: Desk) -> Desk:
    """The one of all tests, as it was at first."""
    only_desk.now = TODO
    only_desk.calls = []
    return only_desk


@pytest_asyncio.fixture(loop_scope="module")
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


# In a browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()
