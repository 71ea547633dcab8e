"""Bits, raids and streaks as chat, ledger and overlay show them: once, whichever events tell of them."""

from typing import Any

import pytest

from pixel_bot.model.channel_events import HypeTrain
from pixel_bot.model.event import Event
from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.testing import Stage
from tests.cogs.loaded import thanks_said
from tests.earning.claims.test_subs_in_chat import NOTICE, alerts, ledger, xp

ALICE = sandbox_user("alice", name="Alice")
NOBODY = SandboxUser("ananonymouscheerer", "AnAnonymousCheerer")


def in_chat(bits: int, message_id: str, who: SandboxUser = ALICE) -> tuple[str, Json, str]:
    event = frames.chat_message(who, f"Cheer{bits} hello", message_id, bits=bits)
    return "channel.chat.message", event, message_id


BITS, CHEER = ("channel.bits.use", frames.bits_use(ALICE, 150)), ("channel.cheer", frames.cheer(ALICE, 150))


@pytest.mark.parametrize(
    "told",
    [[BITS], [CHEER], [in_chat(150, "m1")], [BITS, in_chat(150, "m1")], [in_chat(150, "m1"), BITS], [CHEER, BITS]],
)
async def test_a_cheer_is_paid_once(chat: Stage, told: list[tuple[Any, ...]]) -> None:
    for one in told:
        await chat.hear(*one)
    assert [row for row in await ledger(chat) if row[1] == "cheer"] == [("alice", "cheer", 150)]
    assert alerts(chat) == ["Alice cheered 150 bits"]
    assert await xp(chat, "alice") == 15 + any(one[0] == "channel.chat.message" for one in told)


async def test_two_equal_cheers_are_two(chat: Stage) -> None:
    both: list[tuple[Any, ...]] = [BITS, in_chat(150, "m1"), in_chat(150, "m2"), BITS]
    for one in both:
        await chat.hear(*one)
    assert [row for row in await ledger(chat) if row[1] == "cheer"] == [("alice", "cheer", 150)] * 2


@pytest.mark.parametrize("used_for", ["power_up", "custom_power_up"])
async def test_power_ups_are_paid_as_bits(chat: Stage, used_for: str) -> None:
    await chat.hear("channel.bits.use", frames.bits_use(ALICE, 40, used_for))
    await thanks_said(chat.bot)
    assert await ledger(chat) == [("alice", "cheer", 40)]
    assert await xp(chat, "alice") == 4
    assert chat.sent == ["Alice cheered 40 bits. Thank you!"]
    assert alerts(chat) == ["Alice used 40 bits for a power-up"]


@pytest.mark.parametrize("told_by", ["bits", "chat", "both"])
async def test_an_anonymous_cheer_pays_nobody_and_is_shown_once(chat: Stage, told_by: str) -> None:
    if told_by != "chat":
        await chat.hear("channel.bits.use", frames.bits_use(None, 60))
    if told_by != "bits":
        kind, event, message_id = in_chat(60, "m1", NOBODY)
        await chat.hear(kind, event | {"chatter_user_id": "407665396"}, message_id)
    assert await ledger(chat) == []
    assert alerts(chat) == ["Somebody cheered 60 bits"]


async def test_bits_in_another_channel_of_a_shared_chat_are_not_ours(chat: Stage) -> None:
    kind, event, message_id = in_chat(60, "m1")
    await chat.hear(kind, event | {"source_broadcaster_user_id": "77"}, message_id)
    notice = notices.notice(ALICE, "watch_streak", "n1", streak_count=5) | {"source_broadcaster_user_id": "77"}
    await chat.hear(NOTICE, notice)
    assert (await ledger(chat), alerts(chat)) == ([], [])


async def test_a_raid_is_paid_once(chat: Stage) -> None:
    details: Json = {"user_id": ALICE.id, "user_login": "alice", "user_name": "Alice", "viewer_count": 11}
    await chat.hear(NOTICE, notices.notice(ALICE, "raid", "n1", **details))
    await chat.hear("channel.raid", frames.raid(ALICE, 12))
    assert await ledger(chat) == [("alice", "raid", 100)]
    assert alerts(chat) == ["Alice raids with 11 viewers"]


async def test_a_watch_streak_is_paid_once_and_its_words_count_as_chat(chat: Stage) -> None:
    event = notices.notice(ALICE, "watch_streak", "n1", "hello again!", streak_count=7, channel_points_awarded=450)
    for message_id in ("m1", "m2"):
        await chat.hear(NOTICE, event, message_id)
    await thanks_said(chat.bot)
    assert sorted(await ledger(chat)) == [("alice", "chat", 1), ("alice", "streak", 20)]
    assert chat.sent == ["Alice watched 7 streams in a row. Welcome back!"]


async def test_a_hype_train_is_shown_at_each_level_once(chat: Stage) -> None:
    now = chat.clock.now()
    for kind, level in (("begin", 1), ("progress", 1), ("progress", 2), ("progress", 2), ("progress", 3)):
        await chat.hear(f"channel.hype_train.{kind}", frames.hype_train("t1", level, now))
    for _ in range(2):
        await chat.hear("channel.hype_train.end", frames.hype_train("t1", 3, now, ended=True))
    await thanks_said(chat.bot)
    assert alerts(chat) == [
        "A hype train!",
        "The hype train is at level 2!",
        "The hype train is at level 3!",
        "The hype train reached level 3",
    ]
    assert chat.sent == ["The hype train reached level 3. Thank you, all of you!"]


async def test_cogs_hear_each_phase_and_step_of_a_hype_train_once(chat: Stage) -> None:
    heard: list[tuple[str, int, int]] = []
    publish = chat.bot.runtime.bus.publish

    def note(event: Event, *, already_stored: bool = False) -> None:
        if isinstance(event, HypeTrain):
            heard.append((event.phase, event.level, event.total))
        publish(event, already_stored=already_stored)

    chat.bot.events._publish = note
    now = chat.clock.now()
    for kind, level, total in (("begin", 1, 100), ("progress", 1, 300), ("progress", 1, 300), ("progress", 2, 900)):
        await chat.hear(f"channel.hype_train.{kind}", frames.hype_train("t1", level, now, total=total))
    for _ in range(2):
        await chat.hear("channel.hype_train.end", frames.hype_train("t1", 2, now, total=950, ended=True))
    told = [("begin", 1, 100), ("progress", 1, 300), ("level", 2, 900), ("progress", 2, 900), ("end", 2, 950)]
    assert sorted(heard) == sorted(told)
