"""Joystick's double: what the bot sends over the socket."""

import pytest

from pixel_bot.sandbox.joystick.double import JoystickMessage
from tests.sandbox.joystick.client import V1, V2, Double, Json


async def test_what_the_bot_says_is_silent_but_for_its_echo(double: Double) -> None:
    channel = double.joystick.channel_id
    async with double.subscribed(V2) as cable:
        await cable.act(action="send_message", text="Hello", channel_id=channel)
        await cable.act(action="send_whisper", username="jules", text="psst", channel_id=channel)
        echo = (await cable.frame())["message"]
        assert (echo["type"], echo["text"]) == ("new_message", "Hello")
        assert echo["data"]["author"]["username"] == "PixelBot"
        assert echo["data"]["author"]["badges"]["bot"] is True
        await cable.until_read()
    said = [(said.text, said.whisper_to, said.by) for said in double.joystick.said]
    assert said == [("Hello", "", "gateway"), ("psst", "jules", "gateway")]


async def test_an_echo_in_the_first_version_has_no_badge(double: Double) -> None:
    async with double.subscribed(V1) as cable:
        await double.joystick.on_bot_message("Hello", "", "rest")
        author = (await cable.frame())["message"]["author"]
        assert (author["username"], author["isStreamer"], author["isModerator"]) == ("PixelBot", False, False)
        assert "badges" not in author


async def test_an_echo_may_come_under_the_streamers_name(double: Double) -> None:
    double.joystick.bot = double.joystick.streamer
    async with double.subscribed(V1, V2) as cable:
        await double.joystick.on_bot_message("Hello", "", "rest")
        one, two = (await cable.frame())["message"]["author"], (await cable.frame())["message"]["data"]["author"]
        assert (one["username"], one["isStreamer"]) == ("Pixel_Street", True)
        assert (two["username"], two["badges"]["bot"], two["badges"]["streamer"]) == ("Pixel_Street", True, True)


async def test_an_echo_may_be_missing(double: Double) -> None:
    double.joystick.echoes = False
    async with double.subscribed() as cable:
        await cable.act(action="send_message", text="Hello", channel_id=double.joystick.channel_id)
        await cable.until_read()
    assert [said.text for said in double.joystick.said] == ["Hello"]


@pytest.mark.parametrize("action", ["delete_message", "mute_user", "unmute_user", "block_user"])
async def test_what_the_bot_does_to_chat(double: Double, action: str) -> None:
    async with double.subscribed() as cable:
        line = await double.joystick.say("Troll", "buy!")
        await cable.frame()
        target = {"username": "Troll"} if action == "unmute_user" else {"message_id": line.id}
        wish = {"action": action, **target, "channel_id": double.joystick.channel_id}
        await cable.act(**wish)
        await cable.until_read()
        assert list(double.joystick.performed) == [wish]


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(
    "wish",
    [
        {"action": "send_message", "text": "Hello", "channel_id": "other"},
        {"action": "send_message", "text": "Hello"},
        {"action": "send_message", "text": "x" * 501, "channel_id": "own"},
        {"action": "send_message", "channel_id": "own"},
        {"action": "send_whisper", "text": "psst", "channel_id": "own"},
        {"action": "mute_user", "message_id": "boss", "channel_id": "own"},
        {"action": "block_user", "message_id": "boss", "channel_id": "own"},
        {"action": "sing", "channel_id": "own"},
        {"channel_id": "own"},
    ],
)
async def test_what_cannot_be_is_answered_with_an_error(double: Double, wish: Json, wraps: bool) -> None:
    double.joystick.gateway.wraps_errors = wraps
    own = {"channel_id": double.joystick.channel_id} if wish.get("channel_id") == "own" else {}
    async with double.subscribed() as cable:
        await double.joystick.say("Pixel_Street", "hi", message_id="boss")
        await cable.frame()
        await cable.act(**(wish | own))
        frame = await cable.frame()
        if wraps:
            assert set(frame) == {"identifier", "message"}
            assert frame["identifier"] == V2
            frame = frame["message"]
        assert set(frame) == {"error"}
        assert frame["error"]
    assert not double.joystick.said
    assert not double.joystick.performed


async def test_the_next_command_can_be_refused(double: Double) -> None:
    double.joystick.gateway.errors += ["", "muted"]
    double.joystick.echoes = False
    async with double.subscribed() as cable:
        for text in ("one", "two", "three"):
            await cable.act(action="send_message", text=text, channel_id=double.joystick.channel_id)
        assert await cable.frame() == {"error": "muted"}
        await cable.until_read()
    assert [said.text for said in double.joystick.said] == ["one", "three"]


async def test_how_fast_the_bot_answered(double: Double) -> None:
    await double.joystick.say("Jules", "hello")
    await double.joystick.on_bot_message("@Jules hi", "", "rest")
    assert double.joystick.answers.seconds == []
    for answer, whisper_to in (("@Jules You have 5 points.", ""), ("psst", "jules")):
        await double.joystick.say("Jules", "!points")
        await double.joystick.on_bot_message(answer, whisper_to, "rest")
    assert len(double.joystick.answers.seconds) == 2


async def test_every_line_is_shown_to_who_listens(double: Double) -> None:
    seen: list[JoystickMessage] = []
    double.joystick.listeners.add(seen.append)
    line = await double.joystick.say("Jules", "hi")
    await double.joystick.on_bot_message("Hello", "", "rest")
    await double.joystick.on_bot_message("psst", "jules", "rest")
    assert seen[0] == line
    assert [(one.username, one.is_bot, one.whisper_to) for one in seen[1:]] == [
        ("PixelBot", True, ""),
        ("PixelBot", True, "jules"),
    ]
    assert list(double.joystick.recent) == seen
