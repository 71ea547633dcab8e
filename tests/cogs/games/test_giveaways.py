"""Giveaways: who enters and how, what tickets cost, who wins, and what happens when a winner does not answer."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.plugin import pick
from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.loaded import cog_class
from tests.harness.database import findings, rows

GAMES_OFF = (
    "That is a game with points, and games are off. The streamer says yes on the set-up page, step Games with points, "
    "or with GAMES=true in .env."
)


async def say(chat: Stage, who: str, text: str, role: Role = "viewer", **more: Any) -> list[str]:
    """What is said at once, and by schedules that are due at once."""
    return [*await chat.say(who, text, role, **more), *await chat.passes(0)]


async def mod(chat: Stage, text: str) -> list[str]:
    return await say(chat, "mia", text, "moderator")


async def news(chat: Stage, seconds: float = 12) -> list[str]:
    """What is said while time passes, and what that leads to."""
    return [*await chat.passes(seconds), *await chat.passes(0)]


@pytest.fixture
async def opened(chat: Stage) -> Stage:
    (said,) = await mod(chat, "!giveaway open win")
    assert re.fullmatch(r"Giveaway: type win to enter\. The SHA-256 of the seed that draws \(1\): [0-9a-f]{64}", said)
    return chat


@pytest.fixture
async def games(tmp_path: Path) -> Any:
    async with stage(tmp_path, games=True) as chat:
        yield chat


async def test_the_keyword_enters_once_and_chat_hears_in_one_line(opened: Stage) -> None:
    for who, text in [("alice", "win"), ("bob", " WIN "), ("alice", "win"), ("carol", "win?"), ("dave", "I win")]:
        assert await say(opened, who, text) == []
    assert await news(opened) == ["alice and bob are in. So far 2 viewers."]
    assert await say(opened, "bob", "!enter") == ["You are in already."]
    assert await say(opened, "bob", "!giveaway") == [
        "Giveaway: type win to enter. 2 viewers. You have 1 ticket. Check it: !fair 1"
    ]


async def test_without_a_giveaway_there_is_nothing_to_do(chat: Stage) -> None:
    assert await say(chat, "alice", "!giveaway") == ["There is no giveaway."]
    assert await say(chat, "alice", "!ticket") == ["Nothing is open to enter just now."]
    for text in ("close", "draw", "redraw", "cancel"):
        (refused,) = await mod(chat, f"!giveaway {text}")
        assert refused
    assert await say(chat, "alice", "!giveaway open win") == ["Only mods can do that."]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "win cost",
            "After the keyword may come: cost N, max N (tickets for each) and subs N (a sub's ticket counts N times).",
        ),
        (
            "win price 3",
            "After the keyword may come: cost N, max N (tickets for each) and subs N (a sub's ticket counts N times).",
        ),
        ("win max 0", "max is a number up to 1,000,000."),
        ("!points", "!points is a command. Choose another keyword."),
        ("x" * 41, "A keyword has up to 40 characters."),
        ("win cost 5", GAMES_OFF),
    ],
)
async def test_what_cannot_be_opened_is_refused(chat: Stage, typed: str, said: str) -> None:
    assert await mod(chat, f"!giveaway open {typed}") == [said]
    assert await rows(chat, "SELECT id FROM cog_giveaways_giveaway") == []


async def test_a_closed_one_lets_nobody_in_and_one_that_was_not_drawn_is_in_the_way(opened: Stage) -> None:
    await say(opened, "alice", "win")
    assert await mod(opened, "!giveaway open gold") == ["There is one already that was not drawn yet."]
    assert await mod(opened, "!giveaway close") == ["The giveaway is closed: 1 viewer."]
    assert await say(opened, "bob", "!enter") == ["Nothing is open to enter just now."]
    await say(opened, "bob", "win")
    assert await rows(opened, "SELECT COUNT(*) FROM cog_giveaways_entry") == [(1,)]
    assert await mod(opened, "!giveaway open gold") == ["There is one already that was not drawn yet."]


async def test_tickets_are_staked_and_a_cancelled_giveaway_gives_all_back(games: Stage) -> None:
    await games.viewer("alice", points=50)
    await games.viewer("bob", points=5)
    await mod(games, "!giveaway open win cost 10 max 3")
    await say(games, "alice", "win")
    await say(games, "bob", "win")
    assert await news(games) == ["alice is in. So far 1 viewer. A ticket costs 10 points; no ticket for bob."]
    assert await say(games, "alice", "!ticket 3") == ["At most 3 tickets for each, and you have 1."]
    await say(games, "alice", "!ticket 2")
    (refused,) = await say(games, "bob", "!ticket")
    assert refused == "That takes 10 points, you have 6 (4 short)."
    staked = "SELECT amount, reason FROM transactions WHERE round_id = 1 ORDER BY id"
    assert await rows(games, staked) == [(-10, "giveaway"), (-20, "giveaway")]
    assert await mod(games, "!giveaway cancel") == ["The giveaway is cancelled. One viewer has 30 points back."]
    assert (await rows(games, staked))[2:] == [(30, "giveaway:back")]
    assert await findings(games.bot) == []


async def test_after_the_draw_what_tickets_cost_is_the_houses(games: Stage) -> None:
    await games.viewer("alice", points=50)
    await mod(games, "!giveaway open win cost 10")
    await say(games, "alice", "win")
    assert await mod(games, "!giveaway draw") == ["The winner: @alice! Write something within 1m. Check it: !fair 1"]
    assert await rows(games, "SELECT state, house FROM rounds") == [("ended", 10)]
    assert await mod(games, "!giveaway cancel") == ["There is no giveaway that could be cancelled."]
    assert await findings(games.bot) == []


async def test_a_winner_who_writes_in_time_is_heard(opened: Stage) -> None:
    await say(opened, "alice", "win")
    await mod(opened, "!giveaway draw")
    assert await say(opened, "bob", "hello") == []
    assert await say(opened, "alice", "hello") == ["@alice is here!"]
    assert await say(opened, "alice", "hello") == []
    assert await news(opened, 70) == []
    assert await mod(opened, "!giveaway redraw") == ["No winner has missed their time, so nobody is replaced."]


async def test_who_does_not_answer_is_replaced_and_nobody_wins_twice(opened: Stage) -> None:
    for who in ("alice", "bob", "carol"):
        await say(opened, who, "win")
    (first,) = await mod(opened, "!giveaway draw")
    name = first[len("The winner: @") : first.index("!")]
    assert await mod(opened, "!giveaway redraw") == ["No winner has missed their time, so nobody is replaced."]
    assert await news(opened, 60) == [f"@{name} did not answer. A mod draws somebody else with !giveaway redraw."]
    (second,) = await mod(opened, "!giveaway redraw")
    assert second.startswith("The winner: @")
    await mod(opened, "!giveaway draw 9")
    assert await mod(opened, "!giveaway draw") == ["Nobody is left to be drawn."]
    drawn = await rows(opened, "SELECT viewer, answer FROM cog_giveaways_winner ORDER BY place")
    assert len({viewer for viewer, _ in drawn}) == 3
    assert [answer for _, answer in drawn] == ["replaced", "awaited", "awaited"]
    (status,) = await say(opened, "dave", "!giveaway")
    assert name not in status.partition(".")[0]


async def test_by_a_setting_winners_are_replaced_by_themselves(tmp_path: Path) -> None:
    async with stage(tmp_path, giveaways_redraws=1, giveaways_answer_seconds=30) as chat:
        await mod(chat, "!giveaway open win")
        for who in ("alice", "bob", "carol"):
            await say(chat, who, "win")
        await mod(chat, "!giveaway draw")
        (replaced,) = await news(chat, 30)
        assert re.fullmatch(
            r"@\w+ did not answer\. The winner: @\w+! Write .* within 30s\. Check it: !fair 1", replaced
        )
        (last,) = await news(chat, 30)
        assert last.endswith("A mod draws somebody else with !giveaway redraw.")


async def test_who_is_ignored_a_guest_or_the_bot_does_not_enter(opened: Stage) -> None:
    await mod(opened, "!ignore @mallory")
    assert await say(opened, "mallory", "!enter") == ["Who is ignored cannot take part."]
    for who in ("mallory", "nightbot"):
        await say(opened, who, "win")
    await say(opened, "gus", "win", source_broadcaster_user_id="1", source_broadcaster_user_login="other")
    assert await news(opened) == []
    assert await rows(opened, "SELECT COUNT(*) FROM cog_giveaways_entry") == [(0,)]


async def test_linked_accounts_are_one_entry(games: Stage) -> None:
    await mod(games, "!giveaway open win")
    await say(games, "alice", "win")
    await games.say_there("alice", "win")
    assert await rows(games, "SELECT COUNT(*) FROM cog_giveaways_entry") == [(2,)]
    (code,) = [word for word in (await games.say("alice", "!link"))[0].split() if re.fullmatch("[A-Z0-9]{6}", word)]
    await games.say_there("alice", f"!link {code}")
    await games.say("alice", "!link yes")
    assert await rows(games, "SELECT tickets FROM cog_giveaways_entry") == [(1,)]
    await games.say_there("alice", "!enter")
    assert games.sent[-1].endswith("You are in already.")
    await mod(games, "!giveaway draw 2")
    assert await rows(games, "SELECT COUNT(*) FROM cog_giveaways_winner") == [(1,)]


async def test_a_message_that_comes_again_does_nothing_again(games: Stage, tmp_path: Path) -> None:
    await games.viewer("alice", points=50)
    await mod(games, "!giveaway open win cost 10 max 5")
    messages = [
        ("alice", "win", "viewer", "m-1"),
        ("alice", "!ticket 2", "viewer", "m-2"),
        ("mia", "!giveaway cancel", "moderator", "m-3"),
    ]
    for who, text, role, message in messages:
        await say(games, who, text, role, message_id=message)  # pyright: ignore[reportArgumentType]
    await mod(games, "!giveaway open win cost 10 max 5")
    for channel in games.bot.channels.values():
        channel.forget_messages()  # as after a restart
    for who, text, role, message in messages:
        assert await say(games, who, text, role, message_id=message) == []  # pyright: ignore[reportArgumentType]
    assert await rows(games, "SELECT giveaway, tickets FROM cog_giveaways_entry") == [(1, 3)]
    assert await rows(games, "SELECT state FROM cog_giveaways_giveaway ORDER BY id") == [("cancelled",), ("open",)]


async def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await mod(chat, "!giveaway open win")
        await say(chat, "alice", "win")
    async with stage(tmp_path) as chat:
        await say(chat, "bob", "win")
        assert await news(chat) == ["alice and bob are in. So far 2 viewers."]


async def test_a_winner_whose_time_ran_out_while_the_bot_was_down_has_it_again(tmp_path: Path) -> None:
    clock = SettableClock()
    async with stage(tmp_path, clock) as chat:
        await mod(chat, "!giveaway open win")
        await say(chat, "alice", "win")
        await mod(chat, "!giveaway draw")
    clock.advance(600)
    async with stage(tmp_path, clock) as chat:
        await chat.passes(0)
        await chat.passes(0)
        assert "The winner: @alice! Write something within 1m. Check it: !fair 1" in chat.sent
        assert await say(chat, "alice", "hello") == ["@alice is here!"]


async def test_a_cog_that_is_away_for_a_while_goes_on_and_for_long_gives_back(games: Stage) -> None:
    await games.viewer("alice", points=50)
    await mod(games, "!giveaway open win cost 10")
    await say(games, "alice", "win")
    await say(games, "pixel_street", "!cog unload giveaways", "broadcaster")
    await games.passes(240)
    await say(games, "pixel_street", "!cog load giveaways", "broadcaster")
    assert "alice is in. So far 1 viewer." in games.sent
    await say(games, "pixel_street", "!cog unload giveaways", "broadcaster")
    assert await news(games, 420) == ["The giveaway is off: one viewer has 10 points back."]
    await say(games, "pixel_street", "!cog load giveaways", "broadcaster")
    assert await mod(games, "!giveaway draw") == ["There is no giveaway."]
    assert await games.points("alice") >= 50
    assert await findings(games.bot) == []


async def test_who_is_forgotten_has_not_entered(opened: Stage) -> None:
    await say(opened, "alice", "win")
    giveaways, alice = cog_class(opened.bot, "Giveaways"), await opened.viewer("alice")
    async with opened.bot.write() as session:
        await giveaways.forget(alice, session)
    assert await mod(opened, "!giveaway draw") == ["Nobody is left to be drawn."]


async def test_a_ticket_of_a_sub_counts_as_often_as_was_said(chat: Stage) -> None:
    await mod(chat, "!giveaway open win max 4 subs 3")
    for who, text, role in [
        ("alice", "!ticket 1", "viewer"),
        ("bob", "!ticket 4", "viewer"),
        ("sue", "win", "subscriber"),
    ]:
        await say(chat, who, text, role)  # pyright: ignore[reportArgumentType]
    await mod(chat, "!giveaway draw")
    draw = await chat.bot.stored_draw(2)
    assert draw is not None
    assert draw.odds == (("alice", 1.0), ("bob", 4.0), ("sue", 3.0))


LIMIT = 27.9
"""Chi-square of 4 outcomes is above that once in 250,000 times."""


async def test_winners_are_drawn_in_proportion_to_their_tickets(chat: Stage) -> None:
    """Over the seeds that promises made: the winner of each of 1,000 rounds, all with the same tickets."""
    tickets = {"alice": 1, "bob": 2, "carol": 3, "dave": 4}
    won = Counter[str]()
    async with chat.services.transactions.open("luck", "giveaways", "giveaway") as tx:
        for _ in range(100):
            promise = await tx.promise()
            for _ in range(3):
                won[(await tx.draw(tickets, promise=promise.id)).choice] += 1
    times, total = sum(won.values()), sum(tickets.values())
    expected = {name: times * n / total for name, n in tickets.items()}
    assert sum((won[name] - e) ** 2 / e for name, e in expected.items()) < LIMIT
    even = times / len(tickets)
    assert sum((won[name] - even) ** 2 / even for name in tickets) > LIMIT


def test_a_seed_picks_in_proportion_and_the_next_draw_of_it_is_another_one() -> None:
    odds = [("alice", 1.0), ("bob", 2.0), ("carol", 3.0), ("dave", 4.0)]
    pairs = Counter((pick(f"s{n}-1", odds), pick(f"s{n}-2", odds)) for n in range(20_000))
    expected = {(a, b): 20_000 * (a + 1) * (b + 1) / 100 for a in range(4) for b in range(4)}
    assert sum((pairs[pair] - e) ** 2 / e for pair, e in expected.items()) < 50  # 15 degrees: once in 100,000 times
