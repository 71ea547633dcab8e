"""Each event of Twitch is worked once, also after a restart."""

from datetime import timedelta
from typing import Any

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.events.event_cases import ALICE, BOB, CASES, NOW, Case, said, scene

GIFTS = 50


GROUPS = [dict(list(CASES.items())[first::4]) for first in range(4)]
"""Events of one kind, whose thanks would be said in one line, are in different groups."""


@pytest.mark.parametrize("cases", GROUPS, ids=", ".join)
async def test_each_event_is_worked_once_also_after_a_restart(home: Harness, cases: dict[str, Case]) -> None:
    paid = [case.paid for case in cases.values() if case.paid]
    lines = [case.line for case in cases.values() if case.line]
    async with scene(home) as first:
        for name, case in cases.items():
            await first.sends(case.kind, case.event, f"event-{name}")
            await first.sends(case.kind, case.event, f"event-{name}")
        assert await first.ledger() == paid
        assert first.heard == [case.heard for case in cases.values() if case.heard]
        assert await first.alerts() == [case.alert for case in cases.values() if case.alert]
    assert said(home) == lines
    async with scene(home) as second:
        for name, case in cases.items():
            await second.sends(case.kind, case.event, f"event-{name}")
        assert await second.ledger() == paid
        # What chat says earns nothing most of the time, and leaves no trace then: cogs hear it again.
        assert second.heard == ([cases["chat"].heard] if "chat" in cases else [])
        assert await second.alerts() == []
    assert said(home) == lines


async def test_a_follow_pays_once_in_a_life(home: Harness) -> None:
    async with scene(home) as first:
        await first.sends("channel.follow", frames.follow(ALICE, NOW), "event-1")
        await first.sends("channel.follow", frames.follow(ALICE, NOW), "event-2")
    async with scene(home) as second:
        await second.sends("channel.follow", frames.follow(ALICE, NOW + timedelta(days=1)), "event-3")
        await second.sends("channel.follow", frames.follow(BOB, NOW), "event-4")
        assert await second.ledger() == [("alice", "follow", 50), ("bob", "follow", 50)]
        assert second.heard == ["bob Follow"]
        assert await second.alerts() == ["Bob followed"]
    assert said(home) == [f"Welcome, {who}! Thank you for the follow." for who in ("Alice", "Bob")]


async def test_a_bomb_of_gifts_is_one_line_one_alert_and_pays_the_giver(home: Harness) -> None:
    fans = [sandbox_user(f"fan_{number}") for number in range(GIFTS)]
    async with scene(home) as show:
        await show.sends("channel.subscription.gift", frames.gift(ALICE, GIFTS), "bomb")
        for fan in fans:
            await show.sends("channel.subscribe", frames.subscribe(fan, gift=True), f"for-{fan.login}")
        assert await show.ledger() == [("alice", "gift", 200 * GIFTS)]
        assert show.heard == ["alice Gift", *(f"{fan.login} Sub" for fan in fans)]
        assert await show.alerts() == ["Alice gifted 50 subs"]
    assert said(home) == ["Alice gifted 50 subs. Thank you!"]


async def test_a_line_that_is_off_is_not_said(home: Harness) -> None:
    off: dict[str, Any] = {f"shoutout_{kind}": "off" for kind in ("follow", "sub", "upgrade", "gift", "raid", "streak")}
    async with scene(home, **off, shoutout_cheer="{user}: {count}") as show:
        for name, case in CASES.items():
            await show.sends(case.kind, case.event, f"event-{name}")
    assert said(home) == ["Alice and somebody: 340 bits"]
