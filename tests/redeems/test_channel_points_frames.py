"""EventSub's frames of a redemption, right and wrong."""

from datetime import datetime
from typing import Any

import pytest

from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events import frames
from pixel_bot.platforms.twitch.events.redemptions import ADDED, parse_redemption
from pixel_bot.sandbox.twitch.frames import Json

# Frames

GOOD: Json = {
    "id": "r1",
    "user_id": "1",
    "user_login": "Alice",
    "user_name": "Alice",
    "user_input": "hi",
    "status": "unfulfilled",
    "redeemed_at": "2026-01-01T12:00:00.123456789Z",
    "reward": {"id": "w1", "title": "", "cost": 1, "prompt": ""},
}


def frame_of(event: Any, kind: str = ADDED) -> frames.Frame:
    metadata = {"message_type": "notification", "subscription_type": kind}
    return frames.frame_of({"metadata": metadata, "payload": {"event": event}})


def test_a_frame_is_read() -> None:
    heard = parse_redemption(frame_of(GOOD))
    assert heard is not None
    assert (heard.person.login, heard.ref.redemption, heard.ref.reward) == ("alice", "r1", "w1")
    assert heard.redeemed_at == datetime.fromisoformat("2026-01-01T12:00:00.123456+00:00")
    assert not heard.again
    assert parse_redemption(frame_of(GOOD, "channel.follow")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": "x" * 200},
        {"user_id": 5},
        {"user_login": None},
        {"user_login": ["alice"]},
        {"status": "unknown"},
        {"status": None},
        {"redeemed_at": "yesterday"},
        {"redeemed_at": "2026-01-01T12:00:00"},
        {"redeemed_at": None},
        {"reward": None},
        {"reward": {"id": 7}},
        {"reward": "w1"},
    ],
)
def test_a_frame_that_is_not_right_is_refused(change: Json) -> None:
    with pytest.raises(Unreadable):
        parse_redemption(frame_of(GOOD | change))


@pytest.mark.parametrize(
    ("change", "words"), [({"user_input": None}, ""), ({"user_input": 5}, ""), ({"user_input": "x" * 9_999}, "x" * 500)]
)
def test_what_was_typed_may_be_anything(change: Json, words: str) -> None:
    heard = parse_redemption(frame_of(GOOD | change))
    assert heard is not None
    assert heard.user_input == words
