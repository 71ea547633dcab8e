"""Chromium, started once for all tests that a worker runs; each test opens contexts or pages of its own in it.

Playwright's objects live in one event loop, so tests with a browser run in the session's: they are marked
``pytest.mark.asyncio(loop_scope="session")``, and so are their asynchronous fixtures.
"""

import shutil
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Frame, Page, Playwright, async_playwright

from tests.harness.waiting import until

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--in-process-gpu"]
"""Without a process for a graphics card that is not there, what moves takes a quarter less of the processor."""

AUTOPLAY = "--autoplay-policy=no-user-gesture-required"


def chromium() -> str:
    """The browser of the system; without its windows, it takes an eighth of the processor for a page."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("These tests need Chromium. Install it, on Debian with: apt-get install chromium-headless-shell")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncGenerator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright) -> AsyncGenerator[Browser]:
    """A browser that lets pages sound, as OBS does."""
    launched = await playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, AUTOPLAY])
    yield launched
    await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def careful_browser(playwright: Playwright) -> AsyncGenerator[Browser]:
    """A browser that lets no page sound before somebody has touched it, as people have."""
    launched = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield launched
    await launched.close()


async def is_true_of(page: Page | Frame, condition: str, seconds: float = 20.0) -> None:
    """Wait until a condition in JavaScript holds in a page. Playwright's own way needs a page that may ``eval``."""
    await until(lambda: page.evaluate(f"() => Boolean({condition})"), seconds)
