"""Raffles: how much they may give away, who wins, and what !join, !enter and !ticket mean while one is open."""

from pathlib import Path
from typing import Any

import pytest

from pixel_bot.model.people import Person
from pixel_bot.points import ledger
from pixel_bot.testing import Stage, stage
from tests.cogs.games.test_giveaways import mod, news, say
from tests.harness.database import findings, rows


async def earn(chat: Stage, points: int) -> None:
    """Somebody earns points by chatting."""
    rita = await chat.bot.viewers.meet(Person("99", "rita", "Rita"))
    async with chat.services.database.write() as session:
        await ledger.post(session, [ledger.Entry(rita.id, points, "chat", chat.clock.now())])


@pytest.fixture
async def games(tmp_path: Path) -> Any:
    async with stage(tmp_path, games=True) as chat:
        await earn(chat, 500)
        yield chat


async def test_without_a_yes_to_games_there_are_none(chat: Stage) -> None:
    await earn(chat, 500)
    (refused,) = await mod(chat, "!raffle 50")
    assert "GAMES=true" in refused
    assert await rows(chat, "SELECT id FROM rounds") == []


async def test_who_enters_in_time_may_win_and_is_paid_by_the_house(games: Stage) -> None:
    (opened,) = await mod(games, "!raffle 101 2")
    assert opened.startswith("A raffle of 101 points for 2 winners! Type !enter within 1m. The SHA-256 of the seed")
    for who, text in [("alice", "!enter"), ("bob", "!ticket"), ("carol", "!join"), ("carol", "!enter")]:
        said = await say(games, who, text)
        assert said == (["You are in already."] if (who, text) == ("carol", "!enter") else [])
    *_, last = await news(games, 60)
    assert last.endswith("win 50 points each! Check it: !fair 1")
    paid = await rows(games, "SELECT amount, reason FROM transactions WHERE round_id = 1")
    assert paid == [(50, "raffle:won"), (50, "raffle:won")]
    assert await rows(games, "SELECT state, house FROM rounds") == [("ended", -100)]
    assert await say(games, "dave", "!enter") == ["Nothing is open to enter just now."]
    assert await findings(games.bot) == []


async def test_nobody_enters(games: Stage) -> None:
    await mod(games, "!raffle 50")
    assert await news(games, 60) == ["Nobody entered the raffle."]
    assert await rows(games, "SELECT state, house FROM rounds") == [("ended", 0)]


async def test_at_most_an_hours_income_and_once_in_half_an_hour(games: Stage) -> None:
    await games.viewer("alice", points=1_000)  # from a mod, so nobody earned it
    assert await mod(games, "!raffle 501") == ["At most 500 points: so much did all viewers earn in the last 1h."]
    assert await mod(games, "!raffle 3 4") == ["A raffle has 1 to 10 winners, and a point for each at least."]
    assert len(await mod(games, "!raffle 500")) == 1
    await news(games, 60)
    assert await mod(games, "!raffle 5") == ["The next raffle can begin in 29m."]
    games.clock.advance(3_600)
    assert await mod(games, "!raffle 5") == ["At most 0 points: so much did all viewers earn in the last 1h."]


async def test_it_is_drawn_after_a_restart(tmp_path: Path, games: Stage) -> None:
    await mod(games, "!raffle 100")
    await say(games, "alice", "!enter")
    await say(games, "pixel_street", "!cog unload giveaways", "broadcaster")
    await games.passes(200)
    before = len(games.sent)
    await say(games, "pixel_street", "!cog load giveaways", "broadcaster")
    await games.passes(1)
    assert any(line.startswith("@alice wins 100 points!") for line in [*games.sent[before:], *await games.passes(0)])


async def test_one_that_the_bot_ended_meanwhile_pays_nothing(games: Stage) -> None:
    await mod(games, "!raffle 100")
    await say(games, "alice", "!enter")
    await say(games, "pixel_street", "!cog unload giveaways", "broadcaster")
    await games.passes(420)
    await say(games, "pixel_street", "!cog load giveaways", "broadcaster")
    await news(games)
    assert await rows(games, "SELECT amount FROM transactions WHERE round_id IS NOT NULL") == []
    assert await rows(games, "SELECT state FROM cog_giveaways_giveaway") == [("cancelled",)]


async def test_an_open_raffle_goes_before_the_lineup_and_where_both_are_open_it_asks(games: Stage) -> None:
    assert await say(games, "alice", "!join") == ["The lineup is closed."]
    await mod(games, "!raffle 100")
    assert await say(games, "alice", "!join") == []
    assert await rows(games, "SELECT COUNT(*) FROM cog_giveaways_entry") == [(1,)]
    await mod(games, "!lineup open")
    (asked,) = await say(games, "bob", "!join")
    assert asked.startswith("Which one do you mean? ")
    assert {"!enter (raffle)", "!queue join (lineup)"} == set(asked.partition("? ")[2].split(" · "))
    assert await say(games, "bob", "!queue join") == ["You are 1st in the lineup."]
    await news(games, 60)
    assert await say(games, "carol", "!join") == ["You are 2nd in the lineup."]


async def test_without_the_lineup_join_is_the_raffles(tmp_path: Path) -> None:
    async with stage(tmp_path, games=True, cogs_off="lineup") as chat:
        await earn(chat, 500)
        assert await say(chat, "alice", "!join") == []
        await mod(chat, "!raffle 100")
        await say(chat, "alice", "!join")
        assert await rows(chat, "SELECT COUNT(*) FROM cog_giveaways_entry") == [(1,)]


async def test_with_a_giveaway_beside_it_each_can_be_entered(games: Stage) -> None:
    await mod(games, "!giveaway open win")
    await mod(games, "!raffle 100")
    await say(games, "alice", "!enter")
    await say(games, "alice", "!ticket")
    assert await rows(games, "SELECT giveaway FROM cog_giveaways_entry ORDER BY giveaway") == [(1,), (2,)]
