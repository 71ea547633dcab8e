"""Work on the server: @effect, !pixel, !clip, and what a restart or an unloaded cog does to it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.queue.effects import effect
from pixel_bot.testing import Stage, stage
from tests.queue.funded import rich

COG = '''
"""A cog of the streamer's own."""

import asyncio

from pixel_bot.plugin import Cog, Context, EffectFailed, Job, Outcome, PixelBot, Run, ShowOverlay, effect, redeem

GATES: dict[str, asyncio.Event] = {}


class Mine(Cog):
    """Own things."""

    @redeem(cost=10)
    async def work(self, ctx: Context, how: str) -> Outcome:
        """Do something."""
        return Outcome("On it.", Run("work", {"how": how}))

    @effect("work", seconds=SECONDS, again=AGAIN)
    async def do_work(self, job: Job) -> object:
        """Do it."""
        how = job.args["how"]
        if how == "fails":
            raise EffectFailed("It broke.")
        if how == "crashes":
            raise ZeroDivisionError("a secret")
        if how == "hangs":
            await self.bot.begun(job)
            await asyncio.Event().wait()
        if how == "says":
            await job.say(f"Done for {job.viewer}.")
        return {"shows": ShowOverlay("Done!"), "tells": "it is done."}.get(how)


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Mine(bot))
'''


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    """Settings with a cog of the streamer's own."""
    return {"cogs_dir": cog_in(tmp_path)}


def cog_in(folder: Path, *, seconds: float = 20, again: bool = True) -> Path:
    where = folder / "own_cogs"
    where.mkdir(exist_ok=True)
    source = COG.replace("SECONDS", str(seconds)).replace("AGAIN", str(again))
    (where / "mine.py").write_text(source, encoding="utf-8")
    return where


async def statuses(chat: Stage) -> list[str]:
    async with chat.bot.readers() as session:
        return list((await session.execute(text("SELECT status FROM queue_items ORDER BY id"))).scalars())


async def hanging(chat: Stage) -> None:
    """Work that has begun, and does not end."""
    begun = asyncio.Event()

    async def note(job: object) -> None:
        begun.set()

    chat.bot.begun = note  # pyright: ignore[reportAttributeAccessIssue]
    async with asyncio.timeout(10):
        await chat.say("alice", "!work hangs", wait=False)
        await begun.wait()


async def test_it_answers_in_chat(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        assert await chat.say("alice", "!work says") == ["On it. 90 points left.", "Done for alice."]
        assert await statuses(chat) == ["done"]


async def test_a_sentence_is_told_to_the_buyer(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        assert (await chat.say("alice", "!work tells"))[-1] == "@alice it is done."


async def test_another_effect_follows(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await chat.say("alice", "!work shows")
        assert [m["text"] for m in chat.overlay.played] == ["Done!"]
        assert (await statuses(chat), await chat.points("alice")) == (["done", "done"], 90)


@pytest.mark.parametrize(("how", "sentence"), [("fails", "It broke."), ("crashes", "Something went wrong on my side.")])
async def test_a_failure_gives_the_points_back(tmp_path: Path, own: dict[str, Any], how: str, sentence: str) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        assert (await chat.say("alice", f"!work {how}"))[-1] == f"@alice work: {sentence} Your 10 points are back."
        assert (await statuses(chat), await chat.points("alice")) == (["failed"], 100)


async def test_what_takes_too_long_is_given_back(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cog_in(tmp_path, seconds=0.1)) as chat:
        await rich(chat)
        await hanging(chat)
        await chat.settled()
        assert chat.sent[-1] == "@alice work: It took too long. Your 10 points are back."


async def test_a_body_that_refuses_costs_nothing(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        assert await chat.say("alice", "!work") == ["Type it like this: !work HOW"]
        assert await chat.points("alice") == 100


async def test_mods_stop_it(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await hanging(chat)
        answers = await chat.say("mila", "!queue skip effect", "moderator")
        assert "@alice work: A mod skipped it. Your 10 points are back." in answers


async def test_slow_work_holds_up_nothing_else(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await hanging(chat)
        await chat.say("alice", "!sound ding", wait=False)
        async with asyncio.timeout(10):
            assert (await chat.overlay.asked(1))["name"] == "ding"
        await chat.say("mila", "!panic", "moderator")


async def test_a_restart_in_the_middle_begins_anew(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await hanging(chat)
        await kill(chat)
    source = (tmp_path / "own_cogs" / "mine.py").read_text().replace('how == "hangs"', 'how == "never"')
    source += "\n# Longer than before: Python takes a file of the same second and size for unchanged.\n"
    (tmp_path / "own_cogs" / "mine.py").write_text(source)
    async with stage(tmp_path, **own) as again:
        await again.settled()
        assert (await statuses(again), await again.points("alice")) == (["done"], 90)


async def test_a_restart_in_the_middle_gives_back_what_cannot_begin_anew(tmp_path: Path) -> None:
    cogs = cog_in(tmp_path, again=False)
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await rich(chat)
        await hanging(chat)
        await kill(chat)
    async with stage(tmp_path, cogs_dir=cogs) as again:
        await again.settled()
        assert again.sent == ["@alice work: The bot was restarted in the middle of it. Your 10 points are back."]
        assert await again.points("alice") == 100


async def test_a_restart_while_the_answer_is_said_gives_back(tmp_path: Path, own: dict[str, Any]) -> None:
    """Nobody knows whether chat has it: a second answer would be the greater evil."""
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await chat.say("alice", "!work says")
        async with chat.services.database.write() as session:
            await session.execute(text("UPDATE queue_items SET status = 'running', finished_at = NULL"))
    async with stage(tmp_path, **own) as again:
        await again.settled()
        assert (await statuses(again), await again.points("alice")) == (["failed"], 100)


async def kill(chat: Stage) -> None:
    """What is under way ends without a word, as by SIGKILL."""
    for task in list(chat.bot.dispatcher.effect_runner._tasks.values()):
        task.cancel()


async def test_unloading_a_cog_gives_back_what_waits(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await chat.say("mila", "!queue pause", "moderator")
        await chat.say("alice", "!work says")
        answers = await chat.say("", "!cog unload mine", "broadcaster")
        assert "@alice work: The cog mine was taken away. Your 10 points are back." in answers
        assert "!work" not in (await chat.say("alice", "!redeems"))[0]
        assert await chat.say("", "!cog load mine", "broadcaster") == ["The cog mine runs."]
        assert "!work 10" in (await chat.say("alice", "!redeems"))[0]


async def test_reloading_a_cog_keeps_what_waits(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await chat.say("mila", "!queue pause", "moderator")
        await chat.say("alice", "!work says")
        assert await chat.say("", "!cog reload mine", "broadcaster") == ["The cog mine runs in its new version."]
        assert "Done for alice." in await chat.say("mila", "!calm", "moderator")


async def test_an_item_whose_cog_is_gone_is_given_back_at_the_start(tmp_path: Path, own: dict[str, Any]) -> None:
    async with stage(tmp_path, **own) as chat:
        await rich(chat)
        await chat.say("mila", "!queue pause", "moderator")
        await chat.say("alice", "!work says")
    async with stage(tmp_path) as again:
        await again.settled()
        assert again.sent == ["@alice work: The feature behind it is gone. Your 10 points are back."]


async def test_two_cogs_cannot_offer_the_same(tmp_path: Path) -> None:
    where = cog_in(tmp_path)
    source = (where / "mine.py").read_text().replace("Mine", "Other").replace("def work(", "def rest(")
    (where / "other.py").write_text(source)
    async with stage(tmp_path, cogs_dir=where) as chat:
        states = {s.name: s.problem for s in chat.bot.cogs.states()}
        assert states["mine"] == ""
        assert "the effect work exists already, in another cog" in states["other"]
        assert "rest" not in chat.bot.redeems.keys
        assert (await chat.say("alice", "!rest x")) == []


def test_an_effect_must_be_async() -> None:
    with pytest.raises(TypeError, match="must be an async method"):

        @effect("x")
        def not_async() -> None: ...


async def test_items_that_a_hand_has_queued_are_ended(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat, chat.services.database.write() as session:
        await session.execute(
            text("INSERT INTO queue_items (kind, payload_json) VALUES ('tts', '{\"text\": \"hi\"}'), ('x', NULL)")
        )
    async with stage(tmp_path) as again:
        await again.settled()
        assert (await statuses(again), again.sent, again.overlay.played) == (["failed", "failed"], [], [])
