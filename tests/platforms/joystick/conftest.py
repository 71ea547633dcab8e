"""Fixtures of the tests of Joystick's chat on a stage."""

import pytest

from pixel_bot.testing import Stage


@pytest.fixture
async def rich(chat: Stage) -> Stage:
    """Jules has 500 points."""
    await chat.say_there("Jules", "hello")
    await chat.say_there("Boss", "!points set @jules 500", streamer=True)
    return chat
