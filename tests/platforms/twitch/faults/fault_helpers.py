"""Faults of Twitch, and what tests of them look at."""

from typing import Any

from pixel_bot.platforms.wire import MOST_BYTES
from tests.harness.twitch_harness import (
    Harness,
)

SECONDS = 10.0
Fault = dict[str, Any]

NO_ANSWERS: dict[str, Fault] = {
    "500": {"status": 500},
    "502 with a page": {"status": 502, "body": "<html>bad gateway</html>"},
    "503": {"status": 503},
    "none": {"drop": True},
    "none in time": {"delay": 2.0},
    "no JSON": {"body": "surprise"},
    "a list": {"body": [1, 2]},
    "no rows": {"body": {}},
    "null for rows": {"body": {"data": None}},
    "rows of another type": {"body": {"data": "x"}},
    "an empty row": {"body": {"data": [{}]}},
    "something huge": {"body": b"[" + b" " * (MOST_BYTES + 1)},
}


def signed_in(home: Harness) -> Any:
    """A bot that pays for each message."""
    return home.signed_in(points_chat_cooldown_seconds=0)
