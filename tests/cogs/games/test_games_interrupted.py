"""Games whose cog is unloaded in the middle, whose messages come twice, or whose viewers are linked."""

import random
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.testing import stage
from tests.cogs.games.audit import is_exact
from tests.cogs.games.bets_scene import OTHERS, all_is_over, game, owned
from tests.cogs.games.mortal_games import NO, YES, Typed, play, program
from tests.harness.database import rows


@pytest.mark.parametrize("away", [120, 400])
async def test_a_cog_that_is_unloaded_goes_on_or_all_is_given_back(tmp_path: Path, away: int) -> None:
    async with game(tmp_path) as chat:
        await chat.say("mia", '!bet open "Q?" yes|no 60', "moderator")
        await chat.say("alice", "!bet yes 100")
        await chat.say("bob", "!bet no 100")
        await chat.say("alice", "!heist 100")
        await chat.say("bob", "!duel @carol 100")
        for cog in ("bets", "heist", "duel"):
            await chat.say("", f"!cog unload {cog}", "broadcaster")
        await chat.passes(away)
        for cog in ("bets", "heist", "duel"):
            await chat.say("", f"!cog load {cog}", "broadcaster")
        await chat.passes(1)
        await chat.say("mia", "!bet settle yes", "moderator")
        await chat.passes(200)
        await all_is_over(chat)
        states = {state for (state,) in await rows(chat, "SELECT state FROM rounds")}
        if away > 300:
            assert states == {"returned"}
            for table in ("cog_bets_bet", "cog_bets_stake", "cog_heist_plan", "cog_heist_robber", "cog_duel_challenge"):
                assert await rows(chat, f"SELECT * FROM {table}") == []
            assert await owned(chat) == [1_000] * 3
            said = await chat.say("mia", '!bet open "Next?" yes|no', "moderator") + await chat.passes(1)
            assert said == ["Bet: Next? yes | no. Type !bet yes 10, within 2m."]
        else:
            assert any(line.startswith("No more bets! Q? yes: 100 points (x2.00)") for line in chat.sent)
            assert await rows(chat, "SELECT kind, state FROM rounds ORDER BY id") == [
                ("bet", "ended"), ("heist", "ended"), ("duel", "returned"),
            ]  # fmt: skip


async def test_messages_that_come_twice_count_once(tmp_path: Path) -> None:
    async with stage(tmp_path, games=True, games_day_loss=0, cogs_off=OTHERS, heist_wait=0, bets_give_back=1) as chat:
        await chat.goes_live()
        for name in (*YES, *NO):
            await chat.viewer(name, points=100_000)
        for number in range(3):
            steps = program(number, random.Random(number))
            await play(chat, [step for step in steps for _ in range(2)])
            await play(chat, [step for step in steps if isinstance(step, Typed)])
            await is_exact(chat)
        await chat.passes(2 * 3_600)
        assert all(one.state != "open" for one in (await is_exact(chat)).values())


async def test_stakes_follow_when_two_accounts_are_linked(tmp_path: Path) -> None:
    async with game(tmp_path) as chat:
        await chat.say("mia", '!bet open "Q?" yes|no', "moderator")
        await chat.say("alice", "!bet yes 100")
        await chat.say("bob", "!bet no 100")
        await chat.say_there("Alice2", "hello")
        await chat.services.economy.add(
            await chat.bot.viewers.find("alice"), await chat.bot.viewers.find("alice2@joystick"), 500
        )
        await chat.say_there("Alice2", "!bet yes 50")
        await chat.say("alice", "!heist 10")
        await chat.say_there("Alice2", "!heist 20")
        one, other = [await chat.bot.viewers.find(name) for name in ("alice", "alice2@joystick")]
        request = await chat.services.links.ask(one, public=False)
        await chat.services.links.give(other, request.code)
        assert await rows(chat, "SELECT option, points FROM cog_bets_stake ORDER BY option") == [(0, 150), (1, 100)]
        assert await rows(chat, "SELECT points FROM cog_heist_robber") == [(30,)]
        await chat.say("mia", "!bet settle yes", "moderator")
        await chat.passes(100)
        assert "Q? yes! alice +250." in chat.sent
        await all_is_over(chat)


async def test_what_a_failed_schedule_left_open_is_ended_all_the_same(tmp_path: Path) -> None:
    async with game(tmp_path, bets_remind=0, bets_give_back=1) as chat:
        await chat.say("mia", '!bet open "Q?" yes|no 60', "moderator")
        await chat.say("alice", "!bet yes 100")
        await chat.say("alice", "!heist 100")
        await chat.say("bob", "!duel @carol 100")
        await chat.passes(1)
        for _ in range(2):  # the second time, that the bet is given back
            async with chat.bot.write() as session:
                await session.execute(text("DELETE FROM stored_calls"))
            await chat.passes(240)
        assert await rows(chat, "SELECT kind, state FROM rounds ORDER BY id") == [
            ("bet", "open"), ("heist", "ended"), ("duel", "returned"),
        ]  # fmt: skip
        await chat.passes(3_600)
        assert "Nobody said how this bet ended: Q? 100 points went back." in chat.sent
        await all_is_over(chat)
