"""Joystick's frames of chat, in both versions, as chat messages."""

from typing import Any

import pytest

from pixel_bot.model.chat_message import chat_message
from tests.platforms.joystick.frames import BOB, THEN, Json, chat_v1, chat_v2, heard


def badged(**badges: object) -> Json:
    return chat_v2(author={"username": "Bob_9", "badges": badges})


@pytest.mark.parametrize("kind", ["new_message", "chat_message"])
def test_chat_of_the_second_version(kind: str) -> None:
    assert heard(chat_v2() | {"type": kind}) == chat_message(BOB, "joystick:e1", THEN, "hi")


def test_chat_of_the_first_version() -> None:
    assert heard(chat_v1()) == chat_message(BOB, "joystick:e1", THEN, "!timer 5m code")


def test_somebody_is_stored_by_platform() -> None:
    assert heard(chat_v1()).person.name == "bob_9@joystick"


def test_invisible_characters_go() -> None:
    assert heard(chat_v2(text="!points \U000e0000")).text == "!points"


@pytest.mark.parametrize("visibility", ["whisper", "private", "PUBLIC", 1, True])
def test_what_is_not_public_is_not_answered_in_public(visibility: object) -> None:
    assert heard(chat_v2(visibility=visibility)) is None
    assert heard(chat_v1(visibility=visibility)) is None


@pytest.mark.parametrize(
    ("message", "rights"),
    [
        (badged(mod=True), (True, False)),
        (badged(streamer=True), (True, True)),
        (badged(mod=1, streamer="true"), (False, False)),
        (badged(subscriber=True, staff=True, host=True), (False, False)),
        (chat_v2(author={"username": "Bob_9"}), (False, False)),
        (chat_v2(author={"username": "Bob_9", "badges": ["mod"]}), (False, False)),
        (chat_v1(author={"username": "Bob_9", "isModerator": True}), (True, False)),
        (chat_v1(author={"username": "Bob_9", "isStreamer": True}), (True, True)),
        (chat_v1(author={"username": "Bob_9", "isModerator": "yes"}), (False, False)),
    ],
)
def test_rights_come_from_badges_that_are_true(message: Json, rights: tuple[bool, bool]) -> None:
    spoken = heard(message)
    assert (spoken.is_mod, spoken.is_streamer) == rights


def test_bots_are_known_by_a_badge_that_is_true() -> None:
    assert heard(badged(bot=True)).is_bot
    assert not heard(badged(bot="no")).is_bot


MANY_EMOTES: list[Any] = [{"code": "wave", "url": "x"}, {"name": "hug"}, 7, {}, [], {"code": 5}]


@pytest.mark.parametrize(
    ("emotes", "names"), [(None, ()), ("wave", ()), (["wave"], ("wave",)), (MANY_EMOTES, ("wave", "hug"))]
)
def test_emotes_however_they_are_told(emotes: object, names: tuple[str, ...]) -> None:
    assert heard(chat_v2(emotes=emotes)).emotes == names
    assert heard(chat_v1(emotesUsed=emotes)).emotes == names
