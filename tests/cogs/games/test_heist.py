"""Heists: viewers stake points together, and each one gets away or is caught."""

from pathlib import Path

import pytest

from pixel_bot.plugin import pick
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.games.bets_scene import all_is_over, game, owned
from tests.harness.database import rows


async def say(chat: Stage, who: str, typed: str) -> list[str]:
    """Somebody types it. Returns what the bot said, also by and by."""
    return await chat.say(who, typed) + await chat.passes(1)


async def test_each_gets_away_or_is_caught_by_a_seed_of_before(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        assert await say(chat, "alice", "!heist 100") == ["alice plans a heist! !heist N to join, within 1m 30s."]
        assert await say(chat, "bob", "!heist half") == ["You are in with 500 points, as number 2."]
        assert await say(chat, "alice", "!heist 10") == ["You are in already."]
        assert await owned(chat) == [900, 500, 1_000]
        (said,) = await chat.passes(90)
        stored = await chat.bot.stored_promise(1)
        assert stored is not None
        odds = [("away", 50.0), ("caught", 50.0)]
        away = [not pick(f"{stored.seed}-{turn}", odds) for turn in (1, 2)]
        assert await owned(chat) == [900 + 180 * away[0], 500 + 900 * away[1], 1_000]
        assert "(!fair 1)" in said
        assert [name in said for name in ("alice 180", "bob 900")] == away
        assert (await rows(chat, "SELECT house FROM rounds")) == [(600 - 180 * away[0] - 900 * away[1],)]
        await all_is_over(chat)


async def test_the_next_one_has_to_wait_and_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    clock = SettableClock()
    async with game(tmp_path, clock) as chat:
        await say(chat, "alice", "!heist 10")
    async with game(tmp_path, clock, points=0) as chat:
        assert "(!fair 1)" in (await chat.passes(90))[0]
        assert await say(chat, "bob", "!heist 10") == [
            "The police are still about. The next heist can begin in 14m 59s."
        ]
        await chat.passes(15 * 60)
        assert await say(chat, "bob", "!heist 10") == ["bob plans a heist! !heist N to join, within 1m 30s."]


@pytest.mark.parametrize(("chance", "said"), [(99, "Away with the loot: "), (1, "caught")])
async def test_one_alone(tmp_path: Path, chance: int, said: str) -> None:
    async with game(tmp_path, heist_chance=chance, heist_back=100) as chat:
        await say(chat, "alice", "!heist 10")
        assert said in (await chat.passes(90))[0]


async def test_what_is_no_stake_and_when_there_is_no_heist(tmp_path: Path) -> None:
    async with game(tmp_path, heist_max=300, heist_crew=1) as chat:
        assert await say(chat, "alice", "!heist 9") == ["A stake is from 10 to 300 points."]
        assert await rows(chat, "SELECT id FROM rounds") == []
        await say(chat, "alice", "!heist all")
        assert await owned(chat) == [700, 1_000, 1_000]
        assert await say(chat, "bob", "!heist 10") == ["The crew is complete."]
        await chat.goes_offline()
        assert await say(chat, "bob", "!heist 10") == ["That works only while the stream is on."]
        assert len(await chat.passes(90)) == 1
        await all_is_over(chat)


async def test_switched_off_or_a_tap(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with game(tmp_path, heist_on=False) as chat:
        assert await say(chat, "alice", "!heist 10") == ["Heists are switched off."]
    async with game(tmp_path, heist_back=101) as chat:
        assert await say(chat, "alice", "!heist 10") == []
    assert any("HEIST_BACK: would pay more than comes in." in line for line in caplog.messages)
    async with stage(tmp_path, games=True, heist_only_live=False) as chat:
        assert len(await say(chat, "alice", "!heist 10")) == 1


async def test_what_may_be_typed_joins_it(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        assert "heist" not in await chat.bot.what_is_open()
        await say(chat, "alice", "!heist 10")
        (line,) = (await chat.bot.what_is_open())["heist"]
        assert await say(chat, "bob", f"!{line}") == ["You are in with 10 points, as number 2."]
        await chat.passes(90)
        assert "heist" not in await chat.bot.what_is_open()
