"""Processes that are killed, start at once, or lose their server."""

import asyncio
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pixel_bot.cli.login import login
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused, StartError
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import SettableClock, settings_in, stage
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness import ready_python
from tests.harness.database import findings
from tests.harness.postgres import Cluster, Databases, cluster
from tests.harness.seed import query
from tests.harness.waiting import until
from tests.queue.cluster.two_bots import SECONDS, items_of

CHILD = """
import asyncio, sys
from pathlib import Path
from pixel_bot.testing import stage

async def main():
    async with stage(Path(sys.argv[1]), page="child", database_url=sys.argv[2]) as chat:
        chat.overlay.plays = False
        await chat.viewer("alice", 100)
        await chat.say("alice", "!sound ding", wait=False)
        await chat.overlay.asked(1)
        print("playing", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_what_a_killed_process_was_playing_is_played_by_another(url: str, tmp_path: Path) -> None:
    async with stage(tmp_path / "heir", database_url=url) as heir:
        heir.overlay.close()
        child = await ready_python.start(
            sys.executable, "-c", CHILD, str(tmp_path / "child"), url, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert child.stdout is not None
            async with asyncio.timeout(SECONDS):
                assert await child.stdout.readline() == b"playing\n"
            await heir.overlay.open()
            assert heir.overlay.played == []
        finally:
            os.kill(child.pid, signal.SIGKILL)
            await child.wait()
        async with asyncio.timeout(SECONDS):
            await heir.overlay.asked(1)
            while await items_of(heir) != [("sound", "done")]:
                await heir.settled()
        assert await heir.points("alice") == 85
        assert await findings(heir) == []


async def test_nobody_signs_in_behind_the_back_of_one_that_runs(url: str, tmp_path: Path) -> None:
    choices = settings_in(tmp_path / "login", database_url=url, twitch_client_id="app", twitch_client_secret="secret")
    async with opened(settings_in(tmp_path / "bot", database_url=url), "live", SettableClock()) as services:
        await services.cluster.start()
        with pytest.raises(StartError, match=r"A bot runs on .* Sign in on its set-up page"):
            await login(choices)
        await services.cluster.stop()


async def test_two_that_start_at_once_make_one_schema(databases: Databases, tmp_path: Path) -> None:
    fresh = databases.empty(tmp_path)

    async def start(name: str) -> str | None:
        async with opened(settings_in(tmp_path / name, database_url=fresh), "sandbox", SettableClock()) as services:
            return await revision(services.database)

    assert await asyncio.gather(start("one"), start("two"), start("three")) == [HEAD] * 3
    databases.drop_all()


# When the server goes away


@pytest.fixture
def server() -> Generator[Cluster]:
    with cluster() as made:
        yield made


async def test_a_server_that_is_restarted_loses_no_award(server: Cluster, tmp_path: Path) -> None:
    async with stage(tmp_path, database_url=server.url) as chat:
        await chat.viewer("alice", 100)
        await chat.say("alice", "hello")
        await asyncio.to_thread(server.stop)
        chat.clock.advance(61)
        waiting = asyncio.create_task(chat.say("alice", "is anybody there?"))
        asked = asyncio.create_task(chat.say("bob", "!points"))
        await until(lambda: any("database" in line for line in chat.sent), SECONDS)
        await asyncio.to_thread(server.start)
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(waiting, asked)
            await chat.settled()
        assert await chat.points("alice") == 102
        assert await chat.say("alice", "!sound ding") != []
        assert await chat.points("alice") == 87
        assert await findings(chat) == []


async def test_who_is_cancelled_in_the_middle_of_writing_ends(url: str) -> None:
    ours, theirs = Database(url), Database(url)
    try:
        async with ours.write() as session:
            await session.execute(text("SELECT 1"))
            waiting = asyncio.create_task(_write_for_ever(theirs))
            locks = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            await until(lambda: query(url, locks), SECONDS)
            waiting.cancel()
            await asyncio.wait([waiting], timeout=SECONDS)
            assert waiting.cancelled()
    finally:
        await ours.close()
        await theirs.close()


async def _write_for_ever(database: Database) -> None:
    """As the bot's own tasks do: a database that is away is waited for."""
    while True:
        try:
            async with database.write() as session:
                await session.execute(text("SELECT 1"))
                return
        except DBAPIError:
            await asyncio.sleep(0.01)


def test_a_server_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    async def start() -> None:
        where = "postgresql+asyncpg://somebody:secretword@127.0.0.1:9/pixel"
        async with opened(settings_in(tmp_path, database_url=where), "sandbox", SettableClock()):
            raise AssertionError("it cannot start")

    with pytest.raises(DatabaseRefused, match=r"pixel on 127\.0\.0\.1 cannot be used: .*Check DATABASE_URL") as told:
        asyncio.run(start())
    assert "secretword" not in str(told.value)


async def test_one_writes_at_a_time_whichever_process_it_is(url: str) -> None:
    """What was read in a writing session is still so when it commits."""
    ours, theirs = Database(url), Database(url)
    try:
        await upgrade(ours, Path("unused"))
        async with ours.write() as session:
            await session.execute(Base.metadata.tables["meta"].insert().values(key="n", value="0"))

        async def add(database: Database) -> None:
            for _ in range(20):
                async with database.write() as session:
                    row = (await session.execute(Base.metadata.tables["meta"].select().where(IS_N))).one()
                    values = {"value": str(int(row.value) + 1)}
                    await session.execute(Base.metadata.tables["meta"].update().where(IS_N).values(**values))

        await asyncio.gather(add(ours), add(theirs))
        assert query(url, "SELECT value FROM meta WHERE key = 'n'") == [("40",)]
    finally:
        await ours.close()
        await theirs.close()


IS_N = Base.metadata.tables["meta"].c.key == "n"
