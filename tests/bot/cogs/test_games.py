"""Cogs that are games: silent and unlisted until the streamer has said yes, and from that moment on there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cog_data.games import Games
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.plugin import Cheer, Tip
from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import Stage, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows
from tests.harness.waiting import until

DICE = cog_with(
    """
    is_game = True

    @command(aliases=["d"], usage="N")
    async def dice(self, ctx: Context, stake: Amount) -> None:
        \"\"\"Stake.\"\"\"
        async with self.bot.transaction(ctx, "dice") as tx:
            open_ones = await tx.rounds.all_open()
            round = open_ones[0] if open_ones else await tx.rounds.open("dice")
            await tx.rounds.stake(round.id, ctx.viewer, stake)
        await ctx.reply("Staked.")

    @command("dice rules")
    @mods_only()
    async def rules(self, ctx: Context) -> None:
        \"\"\"The rules.\"\"\"
        await ctx.reply("Six sides.")

    @redeem(cost=1)
    async def reroll(self, ctx: Context) -> Outcome:
        \"\"\"Roll again.\"\"\"
        return Outcome("Rolled.", ShowOverlay("Rolled"))
    """,
    "Dice",
)
OFF = "Games with points are off. In the sandbox, GAMES=true in .env switches them on."


@asynccontextmanager
async def dice(folder: Path, *, games: bool = False) -> AsyncGenerator[Stage]:
    async with stage(folder, cogs_dir=cogs_in(folder, dice=DICE), games=games) as chat:
        await chat.viewer("alice", 100)
        yield chat
        assert await findings(chat) == []


async def test_without_a_yes_its_commands_are_not_there(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        assert chat.bot.games is False
        for words in ("!dice 5", "!d 5", "!dice", "!reroll", "!dice rules"):
            assert await chat.say("alice", words) == [], words
        assert await chat.points("alice") == 100
        who: list[tuple[str, Role]] = [("mia", "moderator"), ("pixel_street", "broadcaster")]
        for login, role in who:
            for words in ("!dice 5", "!d", "!reroll", "!dice rules"):
                assert await chat.say(login, words, role) == [OFF], words
        assert await chat.say("alice", "!help dice") == ["There is no such command here. !help lists them."]
        assert "dice" not in " ".join(await chat.say("mia", "!help mod", "moderator"))
        assert "reroll" not in " ".join([*await chat.say("alice", "!redeems"), *await chat.say("alice", "!help")])


MAKER = cog_with(
    """
    @command()
    async def make(self, ctx: Context) -> None:
        \"\"\"Make a command with the name of a game's.\"\"\"
        async def say(_: Cog, ctx: Context) -> None:
            \"\"\"Says so.\"\"\"
            await ctx.reply("A text of the streamer's.")
        await self.bot.put_command(self, command("dice")(say))
    """,
    "Maker",
)


async def test_a_made_command_may_have_the_name_of_a_game_that_is_off(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, dice=DICE, maker=MAKER)) as chat:
        await chat.viewer("alice", 100)
        assert await chat.say("alice", "!make") == []
        assert await chat.say("alice", "!dice") == ["A text of the streamer's."]
        assert "!dice" in (await chat.say("alice", "!help"))[0]
        await chat.bot.services.games.say(yes=True)
        assert await chat.say("alice", "!dice 5") == ["Staked."]


async def test_with_the_setting_they_work(tmp_path: Path) -> None:
    async with dice(tmp_path, games=True) as chat:
        assert chat.bot.games is True
        assert await chat.say("alice", "!d 5") == ["Staked."]
        assert await chat.say("alice", "!reroll") == ["Rolled. 94 points left."]
        assert await chat.say("mia", "!dice rules", "moderator") == ["Six sides."]
        assert await chat.say("alice", "!help dice") == ["Type !dice N (also !d): Stake."]
        await chat.bot.services.games.say(yes=False)  # the setting goes before
        assert await chat.say("alice", "!d 5") == ["Staked."]


async def test_a_yes_holds_at_once_and_after_a_restart_and_a_no_gives_back_what_is_staked(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        await chat.bot.services.games.say(yes=True)
        assert await chat.say("alice", "!dice 5") == ["Staked."]
        assert "!reroll 1" in " ".join(await chat.say("alice", "!redeems"))
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:
        assert await chat.say("alice", "!dice 5") == ["Staked."]
        assert await chat.passes(600) == []
        await chat.bot.services.games.say(yes=False)
        assert await chat.say("alice", "!dice 5") == []
        assert await chat.passes(600) == ["The dice is off: one viewer has 10 points back."]
        assert await findings(chat) == []


async def test_another_process_learns_of_it(tmp_path: Path) -> None:
    async with dice(tmp_path) as chat:
        here, told = chat.bot.services.games, chat.bot.services.cluster
        other = Games(chat.bot.services.database, Cluster(chat.bot.services.database), is_set=False, day_loss=0)
        await other.say(yes=True)
        assert here.on is False
        for subscriber in told.subscribers["games"]:
            subscriber("")  # as the message of the other process
        await until(lambda: here.on)
        assert await chat.say("alice", "!dice 5") == ["Staked."]


@pytest.mark.parametrize(
    ("games", "settings", "points"),
    [
        (False, {}, 140), (True, {}, 0),
        (True, {"points_cheer_per_bit": 1}, 100), (True, {"points_tip_per_token": 1.0}, 40),
    ],
)  # fmt: skip
async def test_while_games_are_on_bits_and_tips_pay_only_by_a_setting(
    tmp_path: Path, games: bool, settings: dict[str, Any], points: int
) -> None:
    async with stage(tmp_path, **settings) as chat:
        await chat.bot.services.games.say(yes=games)
        await chat.happens(Cheer, "alice", bits=100)
        await chat.happens(Tip, "alice", tokens=40)
        assert await chat.points("alice") == points
        assert await rows(chat, "SELECT xp FROM xp_records") == [(14,)]
