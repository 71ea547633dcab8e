"""Fixtures of the tests of Joystick's installations."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    CHANNEL,
    STREAMER,
    Server,
    client,
    grant,
    opened_database,
    server,
)
from tests.platforms.joystick.installations.installation_helpers import KEY


@pytest.fixture
async def joystick() -> AsyncGenerator[Server]:
    async with server() as built:
        yield built


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with opened_database(tmp_path) as opened:
        yield opened


@pytest.fixture
async def empty(joystick: Server, database: Database, clock: SettableClock) -> AsyncGenerator[JoystickPlatform]:
    """Nothing is installed."""
    async with client(joystick.base, database, clock, KEY) as built:
        yield built


@pytest.fixture
async def platform(empty: JoystickPlatform, clock: SettableClock) -> JoystickPlatform:
    """Installed, with a token that lasts ten days."""
    await empty.installations.keep(grant(clock), CHANNEL, STREAMER, pending=False)
    return empty
