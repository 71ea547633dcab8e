"""Fixtures of the tests of Joystick's gateway connection."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.platforms.joystick import gateway_connection as connection_module
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sender import JoystickSender
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    CHANNEL,
    RecordingListener,
    Server,
    client,
    grant,
    opened_database,
    server,
)


@pytest.fixture
async def joystick() -> AsyncGenerator[Server]:
    async with server() as built:
        yield built


@pytest.fixture
async def platform(
    joystick: Server, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[JoystickPlatform]:
    """Installed, and about to listen."""
    monkeypatch.setattr(connection_module, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(connection_module, "LONGEST_PAUSE", 0.05)
    async with opened_database(tmp_path) as database, client(joystick.base, database, clock) as built:
        await built.installations.keep(grant(clock), CHANNEL, "Pixel_Street", pending=False)
        yield built


@pytest.fixture
async def listener(platform: JoystickPlatform) -> RecordingListener:
    """Who listens, from the start of the test."""
    listening = RecordingListener()
    platform.listen(listening)
    return listening


@pytest.fixture
def voice(platform: JoystickPlatform) -> JoystickSender:
    platform.sender._error_seconds = 0.2
    return platform.sender
