"""Frames that are broken cost only themselves."""

import json
from datetime import UTC, datetime

from pixel_bot.sandbox.twitch import frames
from pixel_bot.testing import Live
from tests.bot.sockets.frames import ALICE, chat_frame, chat_session, fire, fund, points, raw

# What is broken


def without(*path: str) -> str:
    """A chat frame that lacks one field."""
    frame = chat_frame(frames.chat_message(ALICE, "!points", "broken"))
    inner = frame
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return json.dumps(frame)


def with_null(*path: str) -> str:
    """A chat frame with null in one field."""
    frame = chat_frame(frames.chat_message(ALICE, "hello", "broken"))
    inner = frame
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = None
    return json.dumps(frame)


EVENT = ("payload", "event")
PATHS: list[tuple[str, ...]] = [
    ("metadata",),
    ("metadata", "message_type"),
    ("metadata", "subscription_type"),
    ("metadata", "message_timestamp"),
    ("payload",),
    EVENT,
    (*EVENT, "message"),
    (*EVENT, "message", "text"),
    (*EVENT, "message", "fragments"),
    (*EVENT, "message_id"),
    (*EVENT, "chatter_user_id"),
    (*EVENT, "chatter_user_login"),
    (*EVENT, "chatter_user_name"),
    (*EVENT, "badges"),
    (*EVENT, "color"),
    (*EVENT, "reply"),
    (*EVENT, "cheer"),
    (*EVENT, "source_broadcaster_user_id"),
    (*EVENT, "broadcaster_user_id"),
]
ODD = {
    "not json": "{nonsense",
    "empty": "",
    "binary": b"\x00\x01\xff",
    "a list": "[]",
    "a number": "42",
    "null": "null",
    "a word": '"hello"',
    "an empty object": "{}",
    "unknown type": json.dumps({"metadata": {"message_type": "session_party"}, "payload": {}}),
    "type of another type": json.dumps({"metadata": {"message_type": ["notification"]}, "payload": {}}),
    "unknown subscription": json.dumps(chat_frame({}) | {"metadata": {"message_type": "notification"}}),
    "lone surrogate": json.dumps(chat_frame(frames.chat_message(ALICE, "!points @\ud800", "s"))),
    "revocation of something unknown": json.dumps(
        {"metadata": {"message_type": "revocation"}, "payload": {"subscription": {"id": "?"}}}
    ),
    "reconnect without address": json.dumps({"metadata": {"message_type": "session_reconnect"}, "payload": {}}),
    "welcome without session": json.dumps({"metadata": {"message_type": "session_welcome"}, "payload": {}}),
    "deep": "[" * 100_000,
    "numbers for words": json.dumps(chat_frame({"message": {"text": 5}, "message_id": 5, "chatter_user_id": []})),
} | {"without " + path[-1]: without(*path) for path in PATHS}


async def test_an_odd_frame_costs_only_itself(show: Live) -> None:
    session = chat_session(show)
    for number, (name, odd) in enumerate(ODD.items()):
        await raw(show, odd)
        assert await show.ask(f"bob{number}", "!points") == "You have 0 points.", name
        assert chat_session(show) is session, name
        await show.say(f"bob{number}", "hello")
        assert await points(show, f"bob{number}") == 1, name


async def test_a_null_field_costs_only_its_frame(show: Live) -> None:
    await fund(show, "alice", 100)
    for number, path in enumerate(PATHS):
        await raw(show, with_null(*path))
        assert await show.ask(f"bob{number}", "!points") == "You have 0 points.", path
        answer = await show.ask(f"bob{number}", "!points @alice")
        assert answer in {"alice has 100 points.", "alice has 101 points."}, path


async def test_odd_events_cost_only_themselves(show: Live) -> None:
    cheer = frames.bits_use(ALICE, 5)
    for i, event in enumerate(
        [
            {},
            cheer | {"bits": None},
            cheer | {"bits": "many"},
            cheer | {"bits": -50},
            cheer | {"user_login": None},
            {k: v for k, v in cheer.items() if k != "user_login"},
            cheer | {"bits": 2**63 - 1},
        ]
    ):
        await fire(show, "channel.bits.use", event, f"odd-{i}")
    await fire(show, "channel.bits.use", cheer, "good")
    assert await points(show, "alice") == 5


async def test_a_message_from_the_year_9999_stops_nobody(show: Live) -> None:
    far = chat_frame(frames.chat_message(ALICE, "hello", "far"), "far", datetime.max.replace(tzinfo=UTC))
    await raw(show, json.dumps(far))
    await show.say("bob", "hello")
    assert await points(show, "bob") == 1
