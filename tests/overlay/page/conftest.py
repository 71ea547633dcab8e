"""Fixtures of the tests of the overlay page."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.harness.overlay_double import OverlayDouble, overlay_double
from tests.overlay.page.overlay_in_browser import LOUD, launched


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        loud = await launched(playwright, LOUD)
        yield loud
        await loud.close()


@pytest_asyncio.fixture(loop_scope="module")
async def bot() -> AsyncGenerator[OverlayDouble]:
    async with overlay_double() as running:
        yield running
