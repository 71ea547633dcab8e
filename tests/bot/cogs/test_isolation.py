"""A cog that crashes, hangs or floods the log costs itself, and nothing else."""

import asyncio
import io
import logging
from pathlib import Path

import pytest

from pixel_bot.logs import set_up_logging
from pixel_bot.logs.floods import MOST
from pixel_bot.plugin import Follow
from pixel_bot.testing import Stage, stage
from tests.bot.cogs.conftest import WriteCog
from tests.harness.logging_state import logging_as_before
from tests.harness.waiting import until

CRASHES = {
    "listener": '@on(Follow)\nasync def crash(self, event):\n    raise KeyError("boom")\n',
    "exit": "@on(Follow)\nasync def crash(self, event):\n    raise SystemExit(1)\n",
    "emit": "@on(Follow)\nasync def crash(self, event):\n    self.bot.emit(3)\n",
}


@pytest.mark.parametrize("body", CRASHES.values(), ids=CRASHES.keys())
async def test_after_three_crashes_in_a_minute_a_cog_is_set_aside(
    tmp_path: Path, cog: WriteCog, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        await chat.happens(Follow, "a")
        await chat.happens(Follow, "b")
        assert _state(chat) == (True, "")
        await chat.passes(61)
        await chat.happens(Follow, "c")
        assert _state(chat)[0]
        await chat.happens(Follow, "d")
        await chat.happens(Follow, "e")
        loaded, problem = _state(chat)
        assert not loaded
        assert problem.startswith("it failed 3 times in a minute, at last with ")
        await chat.passes(120)
        assert "mine (broken for 2m: it failed 3 times" in (await chat.say("", "!cog list", "broadcaster"))[0]
        assert "cog mine (broken for 2m" in (await chat.say("", "!status", "broadcaster"))[0]
        assert "The cog mine is set aside: it failed 3 times in a minute" in caplog.text
        assert await chat.say("", "!cog load mine", "broadcaster") == ["The cog mine runs."]
        assert _state(chat) == (True, "")
        await chat.happens(Follow, "f")
        assert _state(chat)[0]
        assert await chat.points("f") == 50


async def test_a_command_that_crashes_counts_and_one_that_refuses_does_not(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @command()
    async def boom(self, ctx, kind: str):
        raise {"error": KeyError, "refuse": ChatError, "exit": SystemExit}[kind]("No.")
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        for _ in range(4):
            assert await chat.say("bob", "!boom refuse") == ["No."]
        assert _state(chat)[0]
        for kind in ("error", "exit", "error"):
            assert "something went wrong on my side" in (await chat.say("bob", f"!boom {kind}"))[0]
        await chat.settled()
        assert not _state(chat)[0]
        assert await chat.say("bob", "!boom error") == []


CONSTRAINT = '''
from sqlalchemy.orm import Mapped, mapped_column

class Row(CogModel):
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]


class Broken(Cog):
    tables = (Row,)

    @command()
    async def crash(self, ctx) -> None:
        """Break a constraint."""
        async with self.bot.transaction(ctx, "broken") as tx:
            tx.session.add(Row(id=1, word=None))


async def setup(bot) -> None:
    await bot.add_component(Broken(bot))
'''


@pytest.mark.parametrize("language", ["en", "de"])
async def test_what_a_cog_does_wrong_in_the_database_is_its_own_fault_in_any_language(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "broken.py").write_text(f"from pixel_bot.plugin import Cog, CogModel, command\n{CONSTRAINT}")
    async with stage(tmp_path, cogs_dir=folder, bot_language=language) as chat:
        for _ in range(3):
            (answer,) = await chat.say("alice", "!crash")
            assert answer.startswith("Sorry, ")
        assert await chat.say("alice", "!crash") == [], "three crashes in a minute, and it is set aside"
    assert "A command failed: !crash, of the cog broken" in caplog.text
    said = {"NOT NULL constraint failed: cog_broken_row.word", 'null value in column "word"'}  # SQLite, PostgreSQL
    assert any(words in caplog.text for words in said)


async def test_what_was_done_before_is_no_crash(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    body = """
    @on(Follow)
    async def thank(self, event):
        async with self.bot.transaction("the first follow", "thanks") as tx:
            await tx.credit(event.person, 7)
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        for login in ("a", "b", "c", "d"):
            await chat.happens(Follow, login)
        assert _state(chat) == (True, "")
        assert [await chat.points(login) for login in ("a", "b")] == [57, 50]
        assert "failed" not in caplog.text


async def test_an_event_pays_who_it_names_once(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @on(Follow)
    async def thank(self, event):
        for _ in range(2):
            async with self.bot.transaction(event, "thanks") as tx:
                await tx.credit(event.person, 7)
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        for login in ("a", "b"):
            await chat.happens(Follow, login)
        assert [await chat.points(login) for login in ("a", "b")] == [57, 57]


async def test_the_cog_that_loads_others_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path) as chat:

        def crash() -> None:
            raise KeyError

        monkeypatch.setattr(chat.bot.cogs, "states", crash)
        for _ in range(4):
            await chat.say("", "!cog list", "broadcaster")
        monkeypatch.undo()
        assert (await chat.say("", "!cog list", "broadcaster"))[0].startswith("Cogs: admin, ")


async def test_a_method_that_hangs_is_ended_and_others_go_on(
    tmp_path: Path, cog: WriteCog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.bot.cogs.workers.LONGEST_SECONDS", 0.05)
    monkeypatch.setattr("pixel_bot.bot.cogs.workers.LOOK_SECONDS", 0.05)
    body = """
    @on(ChatMessage)
    async def hang(self, m):
        if m.text == "hang":
            await __import__("asyncio").Event().wait()
        await self.bot.announce(m.text)
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        asking = asyncio.create_task(chat.say("alice", "hang"))
        await until(lambda: "mine" in chat.bot.runtime.faults.last)
        await asking
        assert "it takes longer than" in chat.bot.runtime.faults.last["mine"][0]
        assert await chat.say("alice", "hello") == ["hello"]


async def test_what_a_cog_is_doing_ends_with_it(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @on(Follow)
    async def wait(self, event):
        try:
            await __import__("asyncio").Event().wait()
        finally:
            self.bot.ended = True
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        chat.happenings.event(Follow, None, {})
        await chat.bot.channels["twitch"].settled()
        await asyncio.sleep(0)
        await chat.bot.cogs.unload("mine")
        await until(lambda: hasattr(chat.bot, "ended"))
        await chat.settled()


async def test_a_cog_that_floods_the_log_hides_no_other_line(tmp_path: Path, cog: WriteCog) -> None:
    body = f"""
    @command()
    async def flood(self, ctx):
        import logging
        words = [chr(97 + n % 26) * (1 + n // 26) for n in range({MOST + 50})]
        for word in words:
            logging.getLogger(__name__).info(word)
            logging.getLogger("another").error(word)
    """
    out = io.StringIO()
    with logging_as_before():
        set_up_logging("INFO", out)
        async with stage(tmp_path, cogs_dir=cog(body)) as chat:
            await chat.say("bob", "!flood")
            logging.getLogger("pixel_bot").info("still here")
    lines = out.getvalue().splitlines()
    assert len(lines) < MOST + 20
    (told,) = [line for line in lines if "writes more than" in line]
    assert "The cog mine writes more than 100 lines a minute into the log." in told
    assert any("still here" in line for line in lines)


async def test_a_worker_keeps_no_key_of_the_message_that_woke_it(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @command()
    async def go(self, ctx):
        self.bot.emit(Went())
    @on(Went)
    async def went(self, event):
        from pixel_bot.points.idempotency import unprocessed_message
        await self.bot.announce(f"key: {unprocessed_message()!r}")
    """
    async with stage(tmp_path, cogs_dir=cog(body, before="class Went(Event): ...")) as chat:
        assert await chat.say("bob", "!go") == ["key: ''"]


def _state(chat: Stage) -> tuple[bool, str]:
    return next((s.loaded, s.problem) for s in chat.bot.cogs.states() if s.name == "mine")
