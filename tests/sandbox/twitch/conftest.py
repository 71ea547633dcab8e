"""Fixtures of the tests of Twitch's double."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest

from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.web.server import WebServer
from tests.sandbox.twitch.client import Double


@pytest.fixture
async def double() -> AsyncGenerator[Double]:
    web = WebServer("127.0.0.1", 0)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        served = Double(web, session)
        await web.start(Endpoints(served.twitch).routes(), [])
        yield served
    await web.stop()
