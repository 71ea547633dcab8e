"""!gamble, !slots and !roulette, as chat sees them, and with a bot that is killed at its commits."""

import asyncio
import os
import random
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.games.chance_lives import GAMES, PLAYERS, RULES, Typed, is_exact, live, play, program
from tests.harness.database import rows
from tests.harness.rounds import rounds

OFF = "Games with points are off. In the sandbox, GAMES=true in .env switches them on."


@asynccontextmanager
async def casino(folder: Path, **settings: Any) -> AsyncGenerator[Stage]:
    async with stage(folder, games=True, **settings) as chat:
        await chat.viewer("alice", points=1_000)
        await chat.goes_live()
        yield chat
        await is_exact(chat)


@pytest.mark.parametrize(
    ("typed", "settings", "said", "points"),
    [
        ("!gamble 50", {"gamble_chance": 100, "gamble_force": True}, r"You win: 100 points back, 1,050 now\.", 1_050),
        ("!gamble all", {"gamble_chance": 0.0001}, r"You lose 500 points, 500 left\.", 500),
        ("!gamble half", {"gamble_chance": 0.0001, "gamble_max": 9_000}, r"You lose 500 points, 500 left\.", 500),
        (
            "!slots 10",
            {"slots_reel": "🍒 1", "slots_pays": "🍒🍒🍒 3", "slots_force": True},
            r"🍒 🍒 🍒 pays 30 points: 1,020 now\.",
            1_020,
        ),
        ("!slots 10", {"slots_pays": "💎💎💎 0"}, r"\S+ \S+ \S+ pays nothing: 990 left\.", 990),
        (
            "!roulette 10 red",
            {"roulette_pays": 1},
            r"(?:🔴|⚫|🟢) \d+! red (?:pays 10|loses 10) points: (?:1,000|990) \w+\.",
            None,
        ),
        ("!roulette 10 36", {"roulette_pays_number": 1}, r"\S+ \d+! 36 (?:pays|loses) 10 points: [\d,]+ \w+\.", None),
        ("!roulette 10", {"roulette_pays": 1}, r"\S+ \d+! (?:red|black) (?:pays|loses) 10 points: [\d,]+ \w+\.", None),
    ],
)
async def test_what_is_said_and_paid(
    tmp_path: Path, typed: str, settings: dict[str, Any], said: str, points: int | None
) -> None:
    async with casino(tmp_path, **settings) as chat:
        (answer,) = await chat.say("alice", typed)
        found = re.fullmatch(said + r" \(!fair (\d+(?:, \d+)*)\)", answer)
        assert found is not None, answer
        for number in found[1].split(", "):
            (fair,) = await chat.say("alice", f"!fair {number}")
            assert fair.startswith(f"Draw {number} ({typed.split()[0][1:]})")
        if points is not None:
            assert await chat.points("alice") == points


@pytest.mark.parametrize("game", GAMES)
async def test_what_is_refused_takes_nothing_and_begins_no_wait(tmp_path: Path, game: str) -> None:
    async with casino(tmp_path) as chat:
        for stake in ("9", "501"):
            assert await chat.say("alice", f"!{game} {stake}") == ["A stake is from 10 to 500 points."]
        (how,) = await chat.say("alice", f"!{game}")
        assert how.startswith(f"Type it like this: !{game} N")
        await chat.viewer("bob")
        assert "That takes" in (await chat.say("bob", f"!{game} 10"))[0]
        assert await chat.points("alice") == 1_000
        assert await rows(chat, "SELECT COUNT(*) FROM fair_draws") == [(0,)]
        assert "!fair" in (await chat.say("alice", f"!{game} 10"))[0]
        assert await chat.say("alice", f"!{game} 10") == [f"You are on cooldown for !{game}: 1m left."]
        await chat.passes(60)
        assert "!fair" in (await chat.say("alice", f"!{game} 10"))[0]
        await chat.goes_offline()
        await chat.passes(60)
        assert await chat.say("alice", f"!{game} 10") == ["That works only while the stream is on."]


@pytest.mark.parametrize("game", GAMES)
async def test_without_a_stream_and_a_wait_by_its_settings(tmp_path: Path, game: str) -> None:
    settings: dict[str, Any] = {f"{game}_only_live": False, f"{game}_wait": 5}
    async with stage(tmp_path, games=True, **settings) as chat:
        await chat.viewer("alice", points=100)
        assert "!fair" in (await chat.say("alice", f"!{game} 10"))[0]
        assert await chat.say("alice", f"!{game} 10") == [f"You are on cooldown for !{game}: 5s left."]
    off: dict[str, Any] = {f"{game}_on": False}
    async with casino(tmp_path, **off) as chat:
        assert await chat.say("alice", f"!{game} 10") == ["That is switched off."]


@pytest.mark.parametrize("game", GAMES)
async def test_without_a_yes_or_the_cog_there_is_no_game(tmp_path: Path, game: str) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        await chat.goes_live()
        assert await chat.say("alice", f"!{game} 10") == []
        assert await chat.say("mia", f"!{game} 10", "moderator") == [OFF]
        await chat.bot.services.games.say(yes=True)
        assert "!fair" in (await chat.say("alice", f"!{game} 10"))[0]
        await chat.say("", f"!cog unload {game}", "broadcaster")
        assert await chat.say("alice", f"!{game} 10") == []
    too_little: dict[str, Any] = {f"{game}_max": 5}
    async with stage(tmp_path, games=True, **too_little) as chat:
        assert len(chat.bot.cogs.broken()) == 1
        assert chat.bot.cogs.is_loaded(game) is False


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("rot", "Rot"), ("Schwarz", "Schwarz"), ("odd", "Ungerade"), ("00", "0"),
        ("37", None), ("blue", None), ("-1", None), ("1 2", None), ("²", None),
    ],
)  # fmt: skip
async def test_a_field_is_known_in_both_languages(tmp_path: Path, typed: str, answer: str | None) -> None:
    async with casino(tmp_path, bot_language="de", games_day_loss=0) as chat:
        (said,) = await chat.say("alice", f"!roulette 10 {typed}")
        if answer is None:
            assert said == "Setzen kann man auf Rot, Schwarz, Gerade, Ungerade oder eine Zahl von 0 bis 36."
            assert await chat.points("alice") == 1_000
        else:
            assert f"! {answer} " in said


async def test_a_day_loses_so_much_over_the_three(tmp_path: Path) -> None:
    losing: dict[str, Any] = {"gamble_chance": 0.0001, "slots_pays": "💎💎💎 0"}
    async with casino(tmp_path, **losing, games_day_loss=600, gamble_wait=0) as chat:
        await chat.say("alice", "!gamble 500")
        await chat.say("alice", "!slots 50")
        (said,) = await chat.say("alice", "!roulette 51 red")
        assert said.startswith("One can lose 600 points a day at games. You have 50 left for the next ")
        await chat.say("alice", "!gamble 50")
        (said,) = await chat.say("alice", "!gamble 10")
        assert said.startswith("One can lose 600 points a day at games, and you have. You can play again in ")
        assert await chat.points("alice") == 400


async def test_messages_that_come_twice_count_once(tmp_path: Path) -> None:
    async with stage(tmp_path, **RULES, games_day_loss=0) as chat:
        await chat.goes_live()
        for name in PLAYERS:
            await chat.viewer(name, points=100_000)
        typed = program(0, random.Random(5), rounds(20))
        await play(chat, typed)
        played = await is_exact(chat)
        points = [await chat.points(name) for name in PLAYERS]
        await play(chat, typed)
        assert await is_exact(chat) == played > 5
        assert [await chat.points(name) for name in PLAYERS] == points


@pytest.mark.sqlite
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not there")
def test_killed_at_commits_each_stake_is_played_once_or_not_taken(tmp_path: Path) -> None:
    """Each life dies some commits later than the one before; then its messages come again."""
    asyncio.run(_begin(tmp_path))
    path, stride, lives, played = tmp_path / "sandbox.db", max(1, round(2 / rounds(1))), count(1), 0
    before: list[Typed] = []
    for at in ("before", "after"):
        for nth in count(1, stride):
            typed = program(life := next(lives), random.Random(life))
            died = live(tmp_path, [*before, *typed], at, nth)
            before, last, played = typed, played, asyncio.run(is_exact(path))
            assert played >= last
            if not died:
                assert nth > 3
                break
    assert played >= 10


async def _begin(folder: Path) -> None:
    async with stage(folder, SettableClock(), **RULES) as chat:
        for name in PLAYERS:
            await chat.viewer(name, points=100_000)
