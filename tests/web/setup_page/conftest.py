"""Fixtures of the tests of the set-up page."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.web.setup_page.page import TODO, SetUpPage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def only_desk() -> AsyncGenerator[SetUpPage]:
    running = SetUpPage()
    await running.start()
    yield running
    await running.web.stop()


@pytest.fixture
def desk(only_desk: SetUpPage) -> SetUpPage:
    """The one of all tests, as it was at first."""
    only_desk.now = TODO
    only_desk.calls = []
    return only_desk


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def browser(careful_browser: Browser) -> Browser:
    """A browser as people have it."""
    return careful_browser
