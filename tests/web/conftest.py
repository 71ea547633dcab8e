"""Fixtures of the tests of the web server."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from pixel_bot.testing import Live, live
from pixel_bot.testing.settings import stands_in_for
from tests.harness.pattern import fresh_file


@pytest_asyncio.fixture(loop_scope="module")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    async with live(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_show(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Live]:
    """One for all tests of a file that change nothing, or nothing that another one looks at."""
    stands_in_for.append(fresh_file)
    async with live(tmp_path_factory.mktemp("shared")) as running:
        stands_in_for.pop()
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
