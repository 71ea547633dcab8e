"""Commands over real sockets, and what earns."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.testing import Live, live
from tests.bot.sockets.frames import ALICE, AMOUNTS, NOW, RecordingListener, fire, fund, known, points, speak, wrong

# Commands


async def test_a_command_is_answered_as_a_reply(show: Live) -> None:
    listener = RecordingListener(show)
    line = await show.say("alice", "!points")
    await show.settled()
    assert [(answer.text, answer.reply_id, answer.reply_to) for answer in listener.lines] == [
        ("You have 0 points.", line.id, "alice")
    ]


async def test_the_same_message_twice_is_answered_and_paid_once(show: Live) -> None:
    await fund(show, "alice", 100)
    await show.ask("bob", "!points")
    listener = RecordingListener(show)
    for _ in range(2):
        await show.say("alice", "!give @bob 10", message_id="twice")
        await show.say("carol", "hello", message_id="twice too")
    await show.settled()
    assert len(listener.lines) == 1
    assert (await points(show, "bob"), await points(show, "carol")) == (10, 1)


async def test_chat_is_not_paid_again_after_a_restart(tmp_path: Path) -> None:
    rules: dict[str, Any] = {"points_chat_cooldown_seconds": 0, "xp_chat_cooldown_seconds": 0}
    for _ in range(3):
        async with live(tmp_path, **rules) as show:
            await show.say("alice", "hello", message_id="same")
            assert await points(show, "alice") == 1
            assert await wrong(show) == []


async def test_events_are_not_paid_again_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        async with live(tmp_path) as show:
            await fire(show, "channel.bits.use", frames.bits_use(sandbox_user("alice"), 70), "same")
            assert await points(show, "alice") == 70


async def test_a_command_is_not_obeyed_again_after_a_restart(tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        await fund(show, "alice", 100)
        await show.ask("bob", "!points")
        await show.say("alice", "!give @bob 10", message_id="same")
        assert await points(show, "bob") == 10
    async with live(tmp_path) as show:
        await show.say("alice", "!give @bob 10", message_id="same")
        assert await points(show, "bob") == 10


UNSEEN = [
    "!points \U000e0000",
    "\U000e0000!points",
    "!points \u034f",
    "!po\u034fints",
    "\u200b!points\u200b",
    "\u200f!points\u200e",
    "\u202e!points\u202c",
    "\ufeff!points",
    "  !points  ",
    "!POINTS",
    "! points",
]
"""``!points`` with signs that nobody sees."""


async def test_what_nobody_sees_does_not_hinder_a_command(show: Live) -> None:
    for number, typed in enumerate(UNSEEN):
        assert await show.ask(f"alice{number}", typed) == "You have 0 points.", ascii(typed)


async def test_a_name_with_invisible_characters_is_found(show: Live) -> None:
    await fund(show, "bob", 7)
    assert await show.ask("alice", "!points @bob\U000e0000") == "bob has 7 points."


async def test_a_reply_can_be_a_command(show: Live) -> None:
    parent = await show.say("Some_Body", "hello")
    listener = RecordingListener(show)
    await show.twitch.say(sandbox_user("alice"), "@Some_Body !points", reply_to=parent.id)
    await show.settled()
    assert listener.words == ["You have 0 points."]


async def test_unknown_commands_are_left_to_other_bots(show: Live) -> None:
    listener = RecordingListener(show)
    for typed in ("!discord", "!", "!!", "!!points", "! ", "!points2", "!give2 @bob all"):
        await show.say("alice", typed)
    await show.settled()
    assert listener.lines == []


async def test_names_that_differ_by_case_are_one_person(show: Live) -> None:
    await fund(show, "alice", 10)
    assert await show.ask("bob", "!points @ALICE") == "alice has 10 points."
    at = show.twitch.users.settle(sandbox_user("alice", name="ALICE"))
    await show.twitch.say(at, "hello")
    assert await points(show, "alice") == 11
    assert await known(show) == 3  # alice, bob and the streamer


LONG = ["x" * 10_000, "!points " + "x" * 10_000, "!give @bob " + "9" * 10_000]
"""Longer than Twitch takes them."""


async def test_a_very_long_message_harms_nothing(show: Live) -> None:
    for number, words in enumerate(LONG):
        await show.say(f"alice{number}", words)
        assert await show.ask(f"bob{number}", "!points") == "You have 0 points."


async def test_text_from_right_to_left(show: Live) -> None:
    await show.say("alice", "\u202eשלום לכולם\u202c")
    assert await points(show, "alice") == 1
    assert await show.ask("alice", "!points @שלום") == "I have not seen שלום here yet."


async def test_fifty_times_all_is_paid_once(show: Live) -> None:
    await fund(show, "alice", 100)
    await show.ask("bob", "!points")
    answers = await show.ask_all([("alice", "!give @bob all")] * 50)
    assert sorted(set(answers)) == [
        "You gave bob 100 points. You have 0 left, bob has 100.",
        "You have no points to give.",
    ]
    assert answers.count("You have no points to give.") == 49
    assert (await points(show, "alice"), await points(show, "bob")) == (0, 100)


async def test_hostile_words_stay_words(show: Live) -> None:
    for words in ("'; DROP TABLE users; --", "!points '; DROP TABLE users; --", "{0}%s%n\x00", "!give @bob\x00 5"):
        await show.say("alice", words)
    assert await show.ask("alice", "!points") == "You have 1 point."


# What earns


async def test_messages_with_the_prefix_earn_nothing(show: Live) -> None:
    for typed in ("!hello", "!points", "!!", " !hello", "\u200b!hello"):
        await show.say("alice", typed)
    assert await points(show, "alice") == 0
    assert await show.ask("alice", "!level") == "You are level 1 with 0 XP; 100 XP to level 2."


async def test_another_prefix_is_the_only_prefix(tmp_path: Path) -> None:
    async with live(tmp_path, command_prefix="?", points_chat_cooldown_seconds=0) as show:
        assert await show.ask("alice", "?points") == "You have 0 points."
        await show.say("alice", "!points")
        assert await points(show, "alice") == 1


async def test_guests_of_a_shared_chat_neither_earn_nor_get_answers(show: Live) -> None:
    listener = RecordingListener(show)
    guest = {"source_broadcaster_user_id": "4711", "source_broadcaster_user_login": "elsewhere"}
    await speak(show, "gast", "hello", "g1", **guest)
    await speak(show, "gast", "!points", "g2", **guest)
    assert await known(show) == 0
    assert listener.lines == []


async def test_ones_own_viewers_earn_while_the_chat_is_shared(show: Live) -> None:
    home = {"source_broadcaster_user_id": STREAMER.id, "source_broadcaster_user_login": STREAMER.login}
    await speak(show, "alice", "hello", "s1", **home)
    assert await points(show, "alice") == 1


async def test_the_bots_own_words_earn_nothing(show: Live) -> None:
    await show.twitch.say(BOT, "!points")
    await show.twitch.say(BOT, "hello")
    assert await known(show) == 0


@pytest.mark.parametrize(
    ("kind", "event", "paid", "xp"),
    [
        ("channel.follow", frames.follow(ALICE, NOW), 11, 5),
        ("channel.subscribe", frames.subscribe(ALICE), 20, 6),
        ("channel.subscribe", frames.subscribe(ALICE, gift=True), 0, 0),
        ("channel.subscription.message", frames.subscribe(ALICE) | {"cumulative_months": 30, "is_gift": None}, 20, 6),
        ("channel.subscription.gift", frames.gift(ALICE, 5), 100, 30),
        ("channel.bits.use", frames.bits_use(ALICE, 99), 29, 9),
        ("channel.raid", frames.raid(ALICE, 1_000), 40, 0),
    ],
    ids=["follow", "sub", "gifted sub", "resub", "gift", "cheer", "raid"],
)
async def test_events_pay_by_the_settings_and_once_for_their_id(
    tmp_path: Path, kind: str, event: frames.Json, paid: int, xp: int
) -> None:
    async with live(tmp_path, **AMOUNTS) as show:
        for _ in range(2):
            await fire(show, kind, event, "one")
        assert await points(show, "alice") == paid
        assert f"with {xp} XP" in await show.ask("bob", "!level @alice")
        await fire(show, kind, event | {"cumulative_months": 31}, "two", NOW + timedelta(days=31))
        follows = kind == "channel.follow"
        assert await points(show, "alice") == (paid if follows else 2 * paid)
        assert await wrong(show) == []


async def test_a_follow_pays_once_in_a_life(tmp_path: Path) -> None:
    for event_id in ("monday", "tuesday"):
        async with live(tmp_path) as show:
            await fire(show, "channel.follow", frames.follow(ALICE, NOW), event_id)
            assert await points(show, "alice") == 50
            renamed = sandbox_user("alice_2").login
            event = frames.follow(ALICE, NOW) | {"user_login": renamed, "user_name": renamed}
            await fire(show, "channel.follow", event, f"{event_id}, renamed")
            assert await points(show, "alice_2") == 50


async def test_nobody_is_paid_for_what_is_anonymous(show: Live) -> None:
    await fire(show, "channel.subscription.gift", frames.gift(None, 5), "a1")
    await fire(show, "channel.bits.use", frames.bits_use(None, 500), "a2")
    named = frames.bits_use(ALICE, 500) | {"is_anonymous": True}
    await fire(show, "channel.bits.use", named, "a3")
    assert await known(show) == 0
    assert await show.ask("bob", "!points") == "You have 0 points."


async def test_many_events_at_once_pay_each_once(show: Live) -> None:
    people = [sandbox_user(f"fan_{i}") for i in range(40)]
    await asyncio.gather(
        *(
            fire(show, "channel.bits.use", frames.bits_use(who, i + 1), f"cheer-{i}")
            for _ in range(3)
            for i, who in enumerate(people)
        )
    )
    assert [await points(show, who.login) for who in people] == list(range(1, 41))
