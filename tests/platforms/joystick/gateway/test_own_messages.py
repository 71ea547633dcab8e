"""The bot knows its own messages again."""

import pytest

from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sender import JoystickSender
from tests.harness.joystick_server import (
    RecordingListener,
    Server,
)
from tests.platforms.joystick.gateway.gateway_helpers import FREE, PAID, WHISPER, spoken


async def test_its_own_words_are_known_once(joystick: Server, voice: JoystickSender) -> None:
    await voice.send(Outgoing("Tea & <cake>\n now", paid=True))
    assert voice.is_own(spoken("Tea &amp; ‹cake&gt; now"))
    assert not voice.is_own(spoken("Tea & ‹cake> now")), "a viewer says it again"


async def test_whispers_and_failures_do_not_come_back(joystick: Server, voice: JoystickSender) -> None:
    await voice.send(WHISPER)
    joystick.answers["v1/chat/messages"] = [(422, {})]
    with pytest.raises(SendFailed):
        await voice.send(PAID)
    assert not voice.is_own(spoken("secret"))
    assert not voice.is_own(spoken("Bought it"))


async def test_words_that_come_back_late_are_somebody_elses(
    joystick: Server, voice: JoystickSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.joystick.sender.ECHO_SECONDS", -1.0)
    await voice.send(PAID)
    assert not voice.is_own(spoken("Bought it"))


async def test_the_bots_name_is_what_joystick_says_and_never_the_streamers(
    joystick: Server, platform: JoystickPlatform, voice: JoystickSender
) -> None:
    await platform.monitor.check()
    assert voice.is_own(spoken("anything", "pixel_bot"))
    assert not voice.is_own(spoken("anything", "pixel_street"))
    joystick.answers["oauth/introspect"] = [(200, {"active": True, "username": "PIXEL_street"})]
    await platform.monitor.check()
    assert not voice.is_own(spoken("anything", "pixel_street"))
    assert not voice.is_own(spoken("anything", "pixel_bot"))


async def test_its_own_words_are_not_heard(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    await voice.send(FREE)
    await door.say("Hello there", "Pixel_Street")
    await door.say("hi", "Bob")
    assert await listener.words(1) == ["hi"]
