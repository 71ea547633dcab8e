"""What is paid for when work on the server fails: the answer, where chat has it; else nothing."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.testing import Stage, stage

COG = '''
"""A cog of the streamer's own."""

import asyncio

from pixel_bot.plugin import Cog, Context, EffectFailed, Job, Outcome, PixelBot, Run, ShowOverlay, effect, redeem


class Mine(Cog):
    """Own things."""

    @redeem(cost=10)
    async def work(self, ctx: Context, how: str) -> Outcome:
        """Do something."""
        return Outcome("On it.", Run("work", {"how": how}))

    @effect("work", seconds=SECONDS)
    async def do_work(self, job: Job) -> object:
        """Answer, and then do something else."""
        await job.say(f"Done for {job.viewer}.")
        match job.args["how"]:
            case "fails":
                raise EffectFailed("It broke.")
            case "crashes":
                raise ZeroDivisionError("a secret")
            case "hangs":
                await self.bot.answered(job)
                await asyncio.Event().wait()
            case _:
                return ShowOverlay("Never seen.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Mine(bot))
'''

ANSWERED = ["On it. 90 points left.", "Done for alice."]


def cog_in(folder: Path, seconds: float = 20) -> Path:
    where = folder / "own_cogs"
    where.mkdir()
    (where / "mine.py").write_text(COG.replace("SECONDS", str(seconds)), encoding="utf-8")
    return where


async def statuses(chat: Stage) -> list[str]:
    async with chat.bot.readers() as session:
        return list((await session.execute(text("SELECT status FROM queue_items ORDER BY id"))).scalars())


async def answered_and_hanging(chat: Stage) -> None:
    """Work that has answered, and does not end."""
    answered = asyncio.Event()

    async def note(job: object) -> None:
        answered.set()

    chat.bot.answered = note  # pyright: ignore[reportAttributeAccessIssue]
    await chat.viewer("alice", points=100)
    async with asyncio.timeout(10):
        await chat.say("alice", "!work hangs", wait=False)
        await answered.wait()


@pytest.mark.parametrize("how", ["fails", "crashes"])
async def test_what_fails_after_its_answer_is_paid_for(tmp_path: Path, how: str) -> None:
    """Chat has what was bought, so nobody hears of a refund, and nobody gets one."""
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path)) as chat:
        await chat.viewer("alice", points=100)
        assert await chat.say("alice", f"!work {how}") == ANSWERED
        assert (await statuses(chat), await chat.points("alice")) == (["done"], 90)


async def test_what_takes_too_long_after_its_answer_is_paid_for(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path, seconds=0.3)) as chat:
        await answered_and_hanging(chat)
        await chat.settled()
        assert (await statuses(chat), await chat.points("alice")) == (["done"], 90)
        assert chat.sent == ANSWERED


async def test_what_has_answered_cannot_be_skipped_any_more(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path)) as chat:
        await answered_and_hanging(chat)
        (attempt,) = chat.bot.dispatcher.effect_runner.attempts
        assert not attempt.stop("A mod skipped it.")
        attempt.leave_to_next_start()
        await chat.bot.dispatcher.effect_runner.idle()
        assert chat.sent == ANSWERED


async def test_a_failure_before_the_answer_is_taken_gives_back(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path)) as chat:
        await chat.viewer("alice", points=100)
        real = chat.bot.outbox.put

        async def put(message: object) -> str | None:
            return None if getattr(message, "text", "") == "Done for alice." else await real(message)  # pyright: ignore

        chat.bot.outbox.put = put  # pyright: ignore[reportAttributeAccessIssue]
        told = await chat.say("alice", "!work fails")
        assert told[-1] == "@alice work: Chat did not take the answer. Your 10 points are back."
        assert (await statuses(chat), await chat.points("alice")) == (["failed"], 100)
