"""Fields of Twitch's events that are new, missing or odd."""

import logging
from copy import deepcopy
from typing import Any, cast

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER
from tests.harness.rounds import rounds
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.events.event_cases import BOB, CASES, NOW, Case, scene


def everywhere(part: Any) -> Any:
    """The same, with fields that nobody knows in each object of it."""
    if isinstance(part, dict):
        known = cast(frames.Json, part)
        return {key: everywhere(value) for key, value in known.items()} | {"brand_new": {"a": [1, None]}, "x": None}
    return [everywhere(value) for value in cast(list[Any], part)] if isinstance(part, list) else part


def frame_of(case: Case, message_id: str, event: Any = None, version: str = "1") -> frames.Json:
    """The whole frame of a case."""
    subscription: frames.Json = {"id": "s", "status": "enabled", "type": case.kind, "version": version, "cost": 0}
    subscription |= {"condition": {"broadcaster_user_id": STREAMER.id}, "created_at": frames.timestamp(NOW)}
    subscription["transport"] = {"method": "websocket", "session_id": "x"}
    return deepcopy(frames.notification(subscription, case.event if event is None else event, message_id, NOW))


EMOTES = [{"begin": 0, "end": 4, "id": "25"}]
MENTION = {"user_id": BOB.id, "user_name": BOB.name, "user_login": BOB.login}

FULL = {
    "chat": {
        "message": {
            "text": "hello",
            "fragments": [
                {
                    "type": "cheermote",
                    "text": "Cheer100",
                    "cheermote": {"prefix": "cheer", "bits": 100, "tier": 100},
                    "emote": {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static", "animated"]},
                    "mention": MENTION,
                }
            ],
        },
        "badges": [{"set_id": "subscriber", "id": "12", "info": "16"}],
        "message_type": "channel_points_highlighted",
        "channel_points_animation_id": "simmer",
        "reply": {
            "parent_message_id": "p",
            "parent_message_body": "hey",
            "parent_user_id": BOB.id,
            "parent_user_name": BOB.name,
            "parent_user_login": BOB.login,
            "thread_message_id": "p",
            "thread_user_id": BOB.id,
            "thread_user_name": BOB.name,
            "thread_user_login": BOB.login,
        },
        "source_broadcaster_user_id": STREAMER.id,
        "source_broadcaster_user_login": STREAMER.login,
        "source_broadcaster_user_name": STREAMER.name,
        "source_message_id": "message-1",
        "source_badges": [{"set_id": "subscriber", "id": "12", "info": "16"}],
        "is_source_only": False,
    },
    "resub": {"message": {"text": "hi", "emotes": EMOTES}, "streak_months": 5, "duration_months": 3, "tier": "Prime"},
    "gift": {"cumulative_total": 284, "tier": "1000"},
    "anonymous gift": {"cumulative_total": None},
}
"""What else Twitch may send where ``CASES`` has null, or little."""


@pytest.mark.parametrize("version", ["1", "99"])
async def test_more_than_we_know_changes_nothing(home: Harness, version: str) -> None:
    async with scene(home) as show:
        for name, case in CASES.items():
            frame = frame_of(case, f"event-{name}", case.event | FULL.get(name, {}), version)
            await show.sends_raw(case.kind, everywhere(frame))
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]
        assert show.heard == [case.heard for case in CASES.values() if case.heard]
        assert await show.alerts() == [case.alert for case in CASES.values() if case.alert]


async def test_types_that_nobody_asked_for_do_nothing(home: Harness) -> None:
    follow = CASES["follow"]
    async with scene(home) as show:
        for kind in ("channel.hype_train.begin", "channel.poll.end", "", "nonsense", None, 7):
            frame = frame_of(follow, "event-1")
            frame["metadata"]["subscription_type"] = frame["payload"]["subscription"]["type"] = kind
            await show.sends_raw(follow.kind, frame)
            assert await show.ledger() == []
        await show.sends(follow.kind, follow.event, "event-1")
        assert await show.ledger() == [follow.paid]


PERSON = ("user_id", "user_login")
CHATTER = ("message_id", "notice_type", "chatter_user_id", "chatter_user_login")

NEEDED = {
    "chat": ("chatter_user_id", "chatter_user_login", "message_id", "message"),
    "follow": PERSON,
    "sub": PERSON,
    "gifted sub": (*PERSON, "is_gift"),
    "resub": PERSON,
    "gift": (*PERSON, "total"),
    "anonymous gift": ("total", "is_anonymous"),
    "cheer": ("user_login", "bits"),
    "anonymous cheer": ("bits",),
    "power-up": ("user_login", "bits"),
    "upgrade": (*CHATTER, "prime_paid_upgrade"),
    "pay it forward": (*CHATTER, "pay_it_forward"),
    "watch streak": (*CHATTER, "watch_streak"),
    "charity": (*CHATTER, "charity_donation"),
    "bits badge": (*CHATTER, "bits_badge_tier"),
    "announcement": (*CHATTER, "message"),
    "hype train": ("id",),
    "highlighted message": ("id", *PERSON, "reward"),
    "raid": ("from_broadcaster_user_id", "from_broadcaster_user_login"),
    "redemption of another's reward": ("id", *PERSON, "reward", "status", "redeemed_at"),
    "redemption settled": ("id", *PERSON, "reward", "status", "redeemed_at"),
    "stream on": ("id", "started_at"),
    "message deleted": ("message_id",),
    "messages cleared": ("target_user_id",),
    "ban": ("user_id",),
    "mod added": ("user_id",),
}
"""The fields without which an event is another one, or none."""

KEPT = {"cheer": ("user_id",), "power-up": ("user_id", "type")}
"""Without them it is another event, which is fine, too."""


async def test_an_event_without_a_needed_field_is_left_out_and_logged(
    home: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(home) as show:
        for name, fields in NEEDED.items():
            case = CASES[name]
            for field in set(fields) - {"is_gift"}:
                caplog.clear()
                event = {key: value for key, value in case.event.items() if key != field}
                await show.sends_raw(case.kind, frame_of(case, f"{name} without {field}", event))
                assert [r for r in caplog.records if "left out" in r.getMessage()], f"{name} without {field}"
        assert (await show.ledger(), show.heard, await show.alerts()) == ([], [], [])
        for name, case in CASES.items():
            await show.sends(case.kind, case.event, f"event-{name}")
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]


async def test_an_event_without_all_other_fields_is_worked(home: Harness, caplog: pytest.LogCaptureFixture) -> None:
    async with scene(home) as show:
        for name, case in CASES.items():
            channel = {field for field in case.event if field.startswith("broadcaster_")}
            kept = {*NEEDED.get(name, PERSON), *KEPT.get(name, ()), *channel}
            event = {key: value for key, value in case.event.items() if key in kept}
            await show.sends_raw(case.kind, frame_of(case, f"event-{name}", event))
        assert await show.ledger() == [case.paid for case in CASES.values() if case.paid]
        assert show.heard == [case.heard for case in CASES.values() if case.heard]
        assert not [r for r in caplog.records if "left out" in r.getMessage()]


ODD: tuple[Any, ...] = (None, True, 5, -1, 1.5, 2**63, "", "x" * 1_000, ["x"], {"id": {}})

STEP = max(1, 2 // rounds(1))
"""Fields take turns with the odd values, unless ``PIXEL_ROUNDS`` asks for all."""

GROUPS = [dict(list(CASES.items())[first::6]) for first in range(6)]
"""Each with a bot of its own."""


@pytest.mark.parametrize("cases", GROUPS, ids=", ".join)
async def test_whatever_stands_in_a_field_harms_nothing(
    home: Harness, caplog: pytest.LogCaptureFixture, cases: dict[str, Case]
) -> None:
    follow = CASES["follow"]
    async with scene(home, points_chat_cooldown_seconds=0) as show:
        for name, case in cases.items():
            before = len(await show.ledger())
            for at, field in enumerate(case.event):
                odd_ones: list[frames.Json] = []
                for number, odd in list(enumerate(ODD))[at % STEP :: STEP]:
                    own = {"message_id": f"message-{field}-{number}"} if name == "chat" else {}
                    event = case.event | own | {field: odd}
                    odd_ones.append(frame_of(case, f"{name}-{field}-{number}", event))
                await show.sends_raw(case.kind, *odd_ones)
            assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
            # What a good number in the place of another one is worth.
            paid = {case.paid and case.paid[1:], ("gift", 1_000), ("cheer", 5)}
            assert {row[1:] for row in (await show.ledger())[before:]} <= paid
        await show.sends(follow.kind, frames.follow(BOB, NOW), "last")
        assert ("bob", "follow", 50) in await show.ledger()


@pytest.mark.parametrize("where", ["metadata", "payload"])
async def test_a_frame_of_odd_parts_harms_nothing(home: Harness, caplog: pytest.LogCaptureFixture, where: str) -> None:
    follow = CASES["follow"]
    async with scene(home) as show:
        for odd in ODD:
            for field in ("subscription_type", "message_id", "message_timestamp", "subscription", "event"):
                whole = frame_of(follow, f"event-{field}")
                await show.sends_raw(follow.kind, whole | {where: whole[where] | {field: odd}})
        for field in ("message_id", "message_timestamp", "subscription_type", "event"):
            whole = frame_of(follow, f"without-{field}")
            whole[where].pop(field, None)
            await show.sends_raw(follow.kind, whole)
        assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
        await show.sends(follow.kind, frames.follow(BOB, NOW), "last")
        assert (await show.ledger())[-1] == ("bob", "follow", 50)
