"""Several processes on one PostgreSQL, with the same events delivered to all of them: everything happens once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pixel_bot.cli.login import login
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD, revision, upgrade
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused, StartError
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import SettableClock, Stage, settings_in, stage
from tests.harness.rounds import rounds
from tests.harness.database import findings
from tests.harness.postgres import Cluster, Databases, cluster
from tests.harness.seed import query
from tests.harness.waiting import until

SECONDS = 30


@asynccontextmanager
async def two_on(url: str, folder: Path) -> AsyncGenerator[tuple[Stage, Stage]]:
    """Two bots on one database, each with an overlay page of its own."""
    clock = SettableClock()
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(stage(folder / "one", clock, page="one", database_url=url)),
            await stack.enter_async_context(stage(folder / "two", clock, page="two", database_url=url)),
        )


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Generator[str]:
    """An empty database on the server, at our schema."""
    yield databases.of(tmp_path, "shared")
    databases.drop_all()


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncGenerator[tuple[Stage, Stage]]:
    async with two_on(url, tmp_path) as pair:
        yield pair


async def say_to(both: tuple[Stage, Stage], who: str, text: str, role: str = "viewer", *, message_id: str) -> list[str]:
    """One message, as both hear it. Returns all answers."""
    answers = await asyncio.gather(*(one.say(who, text, role, message_id=message_id) for one in both))  # pyright: ignore[reportArgumentType]
    return [answer for some in answers for answer in some]


async def items_of(one: Stage) -> list[tuple[str, str]]:
    """Redeem and status of all items, as the database has them."""
    return query(one.services.database.url, "SELECT redeem, status FROM queue_items ORDER BY id")  # pyright: ignore[reportReturnType]


async def is_failed(one: Stage) -> bool:
    return await items_of(one) == [("sound", "failed")]


async def test_a_message_that_both_hear_pays_once(both: tuple[Stage, Stage]) -> None:
    for number in range(5):
        await say_to(both, "alice", "hello", message_id=f"m{number}")
        both[0].clock.advance(61)
    assert await both[0].points("alice") == await both[1].points("alice") == 5
    assert await findings(both[1]) == []


async def test_who_hears_something_alone_knows_what_the_other_paid(both: tuple[Stage, Stage]) -> None:
    """The one was cut off for a moment: only the table knows that alice is on cooldown."""
    one, two = both
    await say_to(both, "alice", "hello", message_id="m1")
    one.clock.advance(61)
    await two.say("alice", "only you hear me", message_id="m2")
    one.clock.advance(30)
    await say_to(both, "alice", "and now both", message_id="m3")
    assert await one.points("alice") == 2
    assert await findings(one) == []


async def test_a_command_is_answered_by_one(both: tuple[Stage, Stage]) -> None:
    await both[0].viewer("alice", 50)
    for number in range(10):
        assert len(await say_to(both, "alice", "!points", message_id=f"c{number}")) == 1
    assert sum(len(one.sent) for one in both) == 10


async def test_a_redeem_is_bought_played_and_answered_once(both: tuple[Stage, Stage]) -> None:
    await both[0].viewer("alice", 100)
    answers = await say_to(both, "alice", "!sound ding", message_id="buy")
    await asyncio.gather(*(one.settled() for one in both))
    assert len(answers) == 1
    assert await both[1].points("alice") == 85
    assert await items_of(both[0]) == [("sound", "done")]
    assert sum(len(one.overlay.played) for one in both) == 1
    assert await findings(both[0]) == []


async def test_an_event_pays_once_and_is_thanked_once(both: tuple[Stage, Stage]) -> None:
    event = {
        "user_id": "42",
        "user_login": "bob",
        "user_name": "Bob",
        "broadcaster_user_id": "1",
        "broadcaster_user_login": "pixel_street",
        "broadcaster_user_name": "Pixel",
        "followed_at": "2026-01-01T12:00:00Z",
    }
    await asyncio.gather(*(one.hear("channel.follow", event, "follow-1") for one in both))
    assert await both[0].points("bob") == 50
    await asyncio.gather(*(one.bot.thanks.close() for one in both))
    assert sum("Welcome, Bob" in line for one in both for line in one.sent) == 1
    assert sum(len(one.overlay.alerts) for one in both) == 1


async def test_what_one_sells_plays_where_the_page_is(both: tuple[Stage, Stage]) -> None:
    one, two = both
    one.overlay.close()
    await one.viewer("alice", 100)
    async with asyncio.timeout(SECONDS):
        await one.say("alice", "!sound ding", wait=False)
        await two.overlay.asked(1)
    await two.settled()
    assert await items_of(one) == [("sound", "done")]


async def test_what_is_given_back_is_told_once(both: tuple[Stage, Stage]) -> None:
    one, two = both
    for each in both:
        each.overlay.close()
    await one.viewer("alice", 100)
    await one.say("alice", "!sound ding", wait=False)
    await say_to(both, "mia", "!queue clear", "moderator", message_id="clear")
    async with asyncio.timeout(SECONDS):
        while query(one.services.database.url, "SELECT 1 FROM queue_items WHERE NOT told"):
            await asyncio.gather(*(each.settled() for each in both))
    assert await two.points("alice") == 100
    assert sum("Your 15 points are back" in line for each in both for line in each.sent) == 1


async def test_a_pause_holds_for_both(both: tuple[Stage, Stage]) -> None:
    one, two = both
    await one.say("mia", "!queue pause", "moderator")
    async with asyncio.timeout(SECONDS):
        while two.bot.dispatcher.paused != one.bot.dispatcher.paused:
            await asyncio.sleep(0)
    await two.viewer("alice", 100)
    await two.say("alice", "!sound ding")
    assert await items_of(one) == [("sound", "pending")]
    await two.say("mia", "!queue resume", "moderator")
    async with asyncio.timeout(SECONDS):
        while await items_of(one) != [("sound", "done")]:
            await asyncio.gather(*(each.settled() for each in both))


@pytest.mark.parametrize("typed", ["!panic", "!queue skip", "!refund @alice"])
async def test_a_mod_stops_what_the_other_plays(both: tuple[Stage, Stage], typed: str) -> None:
    one, two = both
    one.overlay.close()
    two.overlay.plays = False
    await two.viewer("alice", 100)
    async with asyncio.timeout(SECONDS):
        await two.say("alice", "!sound ding", wait=False)
        await two.overlay.asked(1)
        await one.say("mia", typed, "moderator", wait=False)
        await until(lambda: is_failed(one))
    assert await one.points("alice") == 100
    assert two.overlay.stopped
    assert await findings(one) == []


async def test_the_leaderboard_agrees(both: tuple[Stage, Stage]) -> None:
    for who, points in (("alice", 30), ("bob", 20), ("carol", 10)):
        await both[0].viewer(who, points)
    boards = [await one.bot.leaderboard.by_points() for one in both]
    assert boards[0] == boards[1]
    assert [place.name for place in boards[0]] == ["alice", "bob", "carol"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["hello", "!points", "!give @bob 3", "!give @alice all", "!sound ding", "!spin", "!cancel"]),
        st.sampled_from(["one", "two", "both", "both", "twice"]),
        st.integers(0, 70),
    ),
    min_size=1,
    max_size=12,
)


def balances_told(both: tuple[Stage, Stage]) -> int:
    """Answers to ``!points``; what became of a spin may be told at any time."""
    return sum(line.startswith("You have ") for one in both for line in one.sent)


@settings(max_examples=rounds(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_happens_the_ledger_is_right_and_nothing_happens_twice(
    steps: list[tuple[str, str, str, int]], databases: Databases, tmp_path: Path
) -> None:
    databases.drop_all()
    async with two_on(databases.of(tmp_path, "any"), tmp_path) as both:
        for who in ("alice", "bob"):
            await both[0].viewer(who, 120)
        for number, (who, text, where, seconds) in enumerate(steps):
            hearers = {"one": both[:1], "two": both[1:]}.get(where, both)
            times = 2 if where == "twice" else 1
            before = balances_told(both)
            await asyncio.gather(
                *(one.say(who, text, message_id=f"s{number}") for one in hearers for _ in range(times))
            )
            if text == "!points":
                assert balances_told(both) == before + 1
            both[0].clock.advance(seconds)
        async with asyncio.timeout(SECONDS):
            # What the one saw running is looked at again by the other within a second.
            while {status for _, status in await items_of(both[0])} - {"done", "failed"}:
                for one in both:
                    one.bot.dispatcher.wake()
                await asyncio.gather(*(one.settled() for one in both))
        assert await findings(both[0]) == []
        played = [message["id"] for one in both for message in one.overlay.played]
        assert len(played) == len(set(played))


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
        child = await asyncio.create_subprocess_exec(
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
