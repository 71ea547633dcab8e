"""Fixtures of the tests of redeems on the sandbox page."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from pixel_bot.testing import Live, live
from tests.sandbox.page.visit import chromium
from tests.sandbox.redeems.redeem_helpers import ARGS, PRIZES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    """A browser that lets pages sound, as OBS does."""
    async with async_playwright() as playwright:
        arguments = [*ARGS, "--autoplay-policy=no-user-gesture-required"]
        launched = await playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    prizes = tmp_path / "prizes.json"
    listed = [{"name": name, "weight": 1, "grant_points": points} for name, points in PRIZES.items()]
    prizes.write_text(json.dumps(listed), encoding="utf-8")
    async with live(tmp_path, prizes_file=prizes) as running:
        yield running
