"""Channel points of a near Twitch."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.testing import SettableClock
from tests.redeems.channel_points import Channel, channel_in
from tests.redeems.near_twitch import NearTwitch


@pytest.fixture
def twitch(clock: SettableClock) -> NearTwitch:
    return NearTwitch(clock)


@pytest.fixture
async def channel(tmp_path: Path, twitch: NearTwitch) -> AsyncGenerator[Channel]:
    async with channel_in(tmp_path, twitch) as built:
        yield built


BROKEN = '''
"""Cogs that do what they must not."""

from pixel_bot.plugin import Cog, Job, Outcome, Run, command, effect, redeem


class Odd(Cog):
    @redeem()
    async def breaks(self, ctx) -> Outcome:
        """Breaks."""
        raise RuntimeError("nobody foresaw this")

    @redeem()
    async def asks(self, ctx, *, question: str = "") -> Outcome:
        """Answers."""
        await ctx.send("Hm.")
        return Outcome("Thinking.", Run("asks", {"question": question}))

    @command("asks off")
    async def other(self, ctx) -> None:
        """Another command, whose name begins like the redeem's."""
        await ctx.reply("Something else happened.")

    @effect("asks")
    async def answer(self, job: Job) -> None:
        """Answer."""
        await job.say(f"You asked: {job.args['question']}")


async def setup(bot) -> None:
    await bot.add_component(Odd(bot))
'''


@pytest.fixture
async def odd(tmp_path: Path, twitch: NearTwitch) -> AsyncGenerator[Channel]:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "odd.py").write_text(BROKEN, encoding="utf-8")
    async with channel_in(tmp_path, twitch, cogs_dir=tmp_path / "own") as built:
        yield built
