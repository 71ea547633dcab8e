"""Fixtures of the tests of Joystick's double."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
from starlette.routing import Mount

from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.web.server import WebServer
from tests.sandbox.joystick.client import Double


@pytest.fixture
async def double() -> AsyncGenerator[Double]:
    web = WebServer("127.0.0.1", 0)
    joystick = JoystickDouble()
    await web.start([Mount("/somewhere", routes=JoystickEndpoints(joystick).routes())], [])
    async with aiohttp.ClientSession() as http:
        yield Double(joystick, web, http)
    await web.stop()
