"""What a cog does in the background."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.testing import stage
from tests.harness.waiting import until

COG = '''
import asyncio

from pixel_bot.plugin import Cog, command


class Slow(Cog):
    @command()
    async def begin(self, ctx) -> None:
        """Begin."""
        self.spawn(self.tell())
        await ctx.reply("Begun.")

    @command()
    async def fail(self, ctx) -> None:
        """Fail later."""
        self.spawn(self.break_down())

    @command()
    async def hang(self, ctx) -> None:
        """Never end."""
        self.spawn(self.wait())
        await asyncio.sleep(0)
        await ctx.reply("I wait.")

    async def tell(self) -> None:
        await asyncio.sleep(0)
        await self.bot.announce("Done.")

    async def break_down(self) -> None:
        raise ValueError("too much")

    async def wait(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.bot.clock.ended = True
            raise


async def setup(bot) -> None:
    await bot.add_component(Slow(bot))
'''


@pytest.fixture
def cogs(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "slow.py").write_text(COG, encoding="utf-8")
    return folder


async def test_it_is_done_beside_the_command(tmp_path: Path, cogs: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        assert sorted(await chat.say("alice", "!begin")) == ["Begun.", "Done."]


async def test_what_it_raises_is_a_crash_of_the_cog(
    tmp_path: Path, cogs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        assert await chat.say("alice", "!fail") == []
        assert "The cog slow failed in the background." in caplog.text
        await chat.say("alice", "!fail")
        await chat.say("alice", "!fail")
        assert await chat.say("alice", "!begin") == [], "three crashes in a minute, and it is set aside"


async def test_it_ends_with_the_cog(tmp_path: Path, cogs: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        asked = asyncio.create_task(chat.say("alice", "!hang"))
        await until(lambda: chat.sent == ["I wait."])
        await chat.bot.cogs.unload("slow")
        await asked
        assert vars(chat.clock)["ended"]
