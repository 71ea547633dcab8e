"""A gateway connection to the double of Joystick."""

import asyncio

from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.gateway_socket import GatewayTimeouts
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    RecordingListener,
)


def hasty(platform: JoystickPlatform, **seconds: float) -> RecordingListener:
    """Who listens to a bot that is impatient in one respect."""
    platform.connection.timeouts = GatewayTimeouts(**({"welcome": 10.0, "confirm": 10.0, "silence": 10.0} | seconds))
    listener = RecordingListener()
    platform.listen(listener)
    return listener


async def until_down(platform: JoystickPlatform) -> str:
    """Wait until the connection is not tried any more. Returns the sentence for people."""
    async with asyncio.timeout(10):
        while not platform.connection.problem:
            await asyncio.sleep(0.01)
    return platform.connection.problem


FREE, PAID = Outgoing("Hello\n there"), Outgoing("Bought\n it", paid=True)
WHISPER = Outgoing("secret", whisper_to="bob")


def spoken(text: str, login: str = "somebody") -> ChatMessage:
    return chat_message(Person(login, login, login, "joystick"), "joystick:1", SettableClock().now(), text)
