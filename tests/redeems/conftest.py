"""Channel points of a near Twitch, and bots that are killed."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.routing import Mount

from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.users import SandboxUsers
from pixel_bot.testing import SettableClock
from pixel_bot.web.server import WebServer
from tests.harness.process import end, free_port, start
from tests.redeems.channel_points import Channel, channel_in
from tests.redeems.mortal_bot import Harness, fund
from tests.redeems.mortal_program import MORTAL, PRIZE
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Process]:
    """The process that starts bots, and ends with the module."""
    script = tmp_path_factory.mktemp("mortal") / "mortal.py"
    script.write_text(MORTAL, encoding="utf-8")
    process = await start(script)
    try:
        yield process
    finally:
        await end(process)


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path, mortal: Process) -> AsyncGenerator[Harness]:
    """A place for bots, with fans who have points, and a page that looks for the bot."""
    twitch = TwitchDouble(SandboxUsers())
    web = WebServer("127.0.0.1", 0)
    await web.start([Mount(SANDBOX, routes=Endpoints(twitch).routes())], [])
    prizes = [{"name": "Win", "weight": 1, "grant_points": PRIZE}]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes), encoding="utf-8")
    await fund(tmp_path)
    built = Harness(mortal, tmp_path, twitch, f"{web.address}{SANDBOX}", free_port())
    looking = asyncio.create_task(built.page.run())
    try:
        yield built
    finally:
        if built.pid:
            await built.kill()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await web.stop()
