"""Duels: both stake the same, and one of the two gets it all."""

from pathlib import Path

import pytest

from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.games.bets_scene import all_is_over, game, owned
from tests.harness.database import rows

ASKED = "@bob, alice wants a duel: 100 points each. !accept or !decline, within 2m."


async def say(chat: Stage, who: str, typed: str) -> list[str]:
    """Somebody types it. Returns what the bot said, also by and by."""
    return await chat.say(who, typed) + await chat.passes(1)


async def test_both_stake_the_same_and_one_has_it_all(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        assert await say(chat, "alice", "!duel 100 @bob") == [ASKED]
        assert await owned(chat) == [900, 1_000, 1_000]
        assert await say(chat, "carol", "!accept") == ["Nobody has asked you for a duel."]
        (said,) = await say(chat, "bob", "!accept")
        winner = "alice" if "alice wins" in said else "bob"
        assert said == f"alice and bob duel: {winner} wins 200 points! (!fair 1)"
        assert await owned(chat) == ([1_100, 900, 1_000] if winner == "alice" else [900, 1_100, 1_000])
        (fair,) = await chat.say("carol", "!fair 1")
        assert ("challenger" if winner == "alice" else "challenged") in fair
        assert "50.0%" in fair
        assert await say(chat, "bob", "!accept") == ["Nobody has asked you for a duel."]
        await all_is_over(chat)


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        ("bob", "!decline", "bob declines: alice has 100 points back."),
        ("bob", "!deny", "bob declines: alice has 100 points back."),
        ("alice", "!cancelduel", "The duel is off: alice has 100 points back."),
        ("alice", "!cancel", "The duel is off: alice has 100 points back."),
    ],
)
async def test_the_stake_goes_back(tmp_path: Path, who: str, typed: str, said: str) -> None:
    async with game(tmp_path) as chat:
        await say(chat, "alice", "!duel @bob 100")
        assert await say(chat, who, typed) == [said]
        assert await owned(chat) == [1_000] * 3
        await all_is_over(chat)


async def test_cancel_is_for_a_duel_first_and_then_for_a_redeem(tmp_path: Path) -> None:
    async with game(tmp_path, cogs_off="") as chat:
        await chat.say("mila", "!queue pause effect", "moderator")
        await chat.say("alice", "!pixel why", wait=False)
        await chat.say("alice", "!duel @bob 100", wait=False)
        await chat.say("alice", "!cancel", wait=False)
        await chat.passes(1)
        assert await chat.points("alice") == 950
        assert await chat.say("alice", "!cancel") == ["Cancelled pixel: 50 points back."]
        assert await chat.say("alice", "!cancel") == ["You have nothing waiting that could be cancelled."]
        assert "The duel is off: alice has 100 points back." in chat.sent


async def test_without_an_answer_the_stake_goes_back_also_over_a_restart(tmp_path: Path) -> None:
    clock = SettableClock()
    async with game(tmp_path, clock) as chat:
        await say(chat, "alice", "!duel @bob 100")
        assert await chat.passes(118) == []
    async with stage(tmp_path, clock, games=True) as chat:
        assert await chat.passes(2) == ["bob did not answer: alice has 100 points back."]
        assert await owned(chat) == [1_000] * 3
        await all_is_over(chat)


async def test_one_at_a_time_and_a_wait_between_two(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        await say(chat, "alice", "!duel @bob 100")
        assert await say(chat, "alice", "!duel @carol 10") == ["You have a duel already."]
        assert await say(chat, "bob", "!duel @carol 10") == ["You have a duel already."]
        assert await say(chat, "carol", "!duel @bob 10") == ["bob has a duel already."]
        await say(chat, "bob", "!decline")
        assert (await say(chat, "alice", "!duel @bob 100"))[0].startswith("You can ask for a duel again in 5")
        await chat.passes(60)
        assert await say(chat, "alice", "!duel @bob 100") == [ASKED]


async def test_what_is_no_duel(tmp_path: Path) -> None:
    async with game(tmp_path, duel_max=300) as chat:
        assert await say(chat, "alice", "!duel @alice 10") == ["A duel needs two."]
        assert await say(chat, "alice", "!duel @bob 301") == ["A stake is from 10 to 300 points."]
        assert await say(chat, "alice", "!cancelduel") == ["You have not asked for a duel."]
        assert (await say(chat, "alice", "!duel @bob all"))[0].startswith("@bob, alice wants a duel: 300 points each.")
        await chat.say("bob", "!give @carol 800")
        assert (await say(chat, "bob", "!accept"))[0].startswith("That takes 300 points, you have ")
        await chat.goes_offline()
        assert await say(chat, "bob", "!accept") == ["That works only while the stream is on."]
        assert await chat.passes(120) == ["bob did not answer: alice has 300 points back."]
        await all_is_over(chat)


async def test_a_house_that_keeps_something(tmp_path: Path) -> None:
    async with game(tmp_path, duel_back=95) as chat:
        await say(chat, "alice", "!duel @bob 10")
        assert "wins 19 points" in (await say(chat, "bob", "!accept"))[0]
        assert await rows(chat, "SELECT house FROM rounds") == [(1,)]


async def test_switched_off_or_a_tap(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with game(tmp_path, duel_on=False) as chat:
        assert await say(chat, "alice", "!duel @bob 10") == ["Duels are switched off."]
    async with game(tmp_path, duel_back=101) as chat:
        assert await say(chat, "alice", "!duel @bob 10") == []
    assert any("DUEL_BACK: would pay more than comes in." in line for line in caplog.messages)


async def test_who_is_ignored_takes_part_in_nothing(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        await chat.say("mia", '!bet open "Q?" yes|no', "moderator")
        await chat.say("mia", "!ignore @alice", "moderator")
        for typed in ("!bet yes 10", "!heist 10", "!duel @bob 10"):
            assert "Who is ignored cannot take part." in await say(chat, "alice", typed)
        assert await say(chat, "bob", "!duel @alice 10") == ["alice does not play along."]
        assert await rows(chat, "SELECT id FROM transactions WHERE round_id IS NOT NULL") == []
