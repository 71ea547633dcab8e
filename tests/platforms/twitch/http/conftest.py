"""Fixtures of the tests of requests to Twitch."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest

from pixel_bot.platforms.wire import Wire
from tests.platforms.twitch.http.bench import BOT, Bench, Script


@pytest.fixture
async def bench() -> AsyncGenerator[Bench]:
    async with aiohttp.ClientSession() as session:
        built = Bench(Script(session))
        await built.accounts.sign_in(BOT)
        yield built


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    built = Wire(aiohttp.ClientTimeout(total=1))
    yield built
    await built.close()
