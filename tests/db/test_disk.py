"""A disk that is full or read-only: the bot says so, charges nothing, chats on, and goes on by itself."""

import asyncio
import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pixel_bot.bot import channel as channel_module
from pixel_bot.bot.error_replies import LATER, NO_DATABASE, reply_for
from pixel_bot.db import write_outage as outage_module
from pixel_bot.db.engine import Database
from pixel_bot.db.write_outage import (
    AWAY,
    BROKEN,
    FULL,
    LOCKED,
    READ_ONLY,
    UNREACHABLE,
    Problem,
    WriteOutage,
    problem_of,
)
from pixel_bot.earning import awards as awards_module
from pixel_bot.earning import backlog as backlog_module
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import DatabaseNotWritable
from pixel_bot.model.channel_events import Follow
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.queue import refund_notifier as notifier_module
from pixel_bot.queue import result_writer as writer_module
from pixel_bot.run.running_bot import health, opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, settings_in
from pixel_bot.upkeep.check import check
from tests.cli.test_cli import Running, bot
from tests.harness.disk import BadDisk, Disk, bad_disk, small_disk
from tests.harness.seed import query

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's"),
]

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFUSED = "I cannot save anything right now: the disk is full. Nothing was charged or changed."
SECONDS = 60.0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Generator[BadDisk]:
    """The disk of this process's databases, and a bot that looks often whether it is well again."""
    monkeypatch.setattr(outage_module, "PROBE_SECONDS", 0.02)
    with bad_disk() as made:
        yield made
        made.free()


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name)


def line(message_id: str, seconds: float = 0, name: str = "alice") -> ChatMessage:
    return chat_message(person(name), message_id, START + timedelta(seconds=seconds))


def event(event_id: str, name: str = "alice") -> EventAward:
    return EventAward(event_id, "follow", person(name), 50, 10, START)


async def becomes(trouble: WriteOutage, wanted: Problem | None) -> None:
    """Wait until the trouble is that."""
    changed = asyncio.Event()
    trouble.changed.add(changed.set)
    async with asyncio.timeout(SECONDS):
        while trouble.now != wanted:
            changed.clear()
            await changed.wait()
    trouble.changed.discard(changed.set)


async def pester(services: Services) -> None:
    """Make the bot see that its disk is full."""
    services.awards.chat(line("pester", 0, "pester"))
    await becomes(services.awards.write_outage, FULL)


async def findings(services: Services) -> list[str]:
    async with services.database.readers() as session:
        return await check(session, services.levels.curve.level_of)


async def balances(services: Services) -> dict[str, int]:
    async with services.database.readers() as session:
        rows = await session.execute(text("SELECT name, points FROM users"))
        return {row.name: row.points for row in rows}


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


# What an error means


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words that nobody looks at")
    error.sqlite_errorcode = code
    return error


class OfPostgres(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("cause", "problem"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), FULL),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), READ_ONLY),
        (of_sqlite(sqlite3.SQLITE_BUSY), LOCKED),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), BROKEN),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), UNREACHABLE),
        (of_sqlite(sqlite3.SQLITE_ERROR), None),
        (OfPostgres("53100"), FULL),
        (OfPostgres("25006"), READ_ONLY),
        (OfPostgres("55P03"), LOCKED),
        (OfPostgres("57P01"), AWAY),
        (OfPostgres("40P01"), None),
        (ConnectionRefusedError("nobody listens"), AWAY),
    ],
)
def test_an_error_means(cause: Exception, problem: Problem | None) -> None:
    assert problem_of(OperationalError("COMMIT", {}, cause)) == problem


def test_what_is_no_error_of_a_database_means_nothing() -> None:
    assert problem_of(ValueError("of something else")) is None


def test_a_full_disk_is_known_also_by_another_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite cannot make its index of the write-ahead log larger, and calls that an I/O error."""
    error = of_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE)
    assert problem_of(error, tmp_path) == BROKEN
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)

    def full(_: Path) -> Any:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", full)
    assert problem_of(error, tmp_path) == FULL
    assert problem_of(of_sqlite(sqlite3.SQLITE_BUSY), tmp_path) == LOCKED


def test_a_command_is_answered_with_the_reason() -> None:
    def answer(cause: Exception) -> str | None:
        return reply_for(OperationalError("COMMIT", {}, cause), "!give @user N")

    assert answer(of_sqlite(sqlite3.SQLITE_FULL)) == REFUSED
    assert answer(of_sqlite(sqlite3.SQLITE_READONLY)) == REFUSED.replace("full", "read-only")
    assert answer(of_sqlite(sqlite3.SQLITE_IOERR)) == NO_DATABASE
    assert {REFUSED, REFUSED.replace("full", "read-only"), NO_DATABASE} == LATER


# The connection that writes


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_a_write_that_fails_leaves_nothing_and_the_next_one_works(
    services: Services, disk: BadDisk, code: int
) -> None:
    database = services.database
    for wrong in (code, 0, code, 0):
        disk.writing = wrong
        before = await balances(services)
        try:
            async with database.write() as session:
                known = await services.viewers.upsert(session, [person(f"user{i}") for i in range(len(before) + 3)])
                assert len(known) == len(before) + 3
        except OperationalError:
            assert wrong
            assert await balances(services) == before
        else:
            assert not wrong
            assert len(await balances(services)) == len(before) + 3
    assert query(_file(services), "PRAGMA integrity_check") == [("ok",)]
    assert await findings(services) == []


async def test_a_connection_that_was_opened_read_only_is_opened_anew(services: Services, disk: BadDisk) -> None:
    database = Database(services.database.url)
    try:
        trouble = WriteOutage(database)
        await database.look_up("SELECT 1 FROM meta", {})
        disk.opening = errno.EROFS
        for _ in range(2):
            with pytest.raises(OperationalError, match="readonly"):
                await _mark(database, "no")
        assert trouble.now == READ_ONLY
        disk.free()
        await _mark(database, "yes")
        assert await database.look_up("SELECT value FROM meta WHERE key = 'test'", {}) == [("yes",)]
    finally:
        await database.close()


async def _mark(database: Database, value: str) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO meta (key, value) VALUES ('test', :value)"), {"value": value})


def _file(services: Services) -> Path:
    assert services.database.path is not None
    return services.database.path


# Awards


async def test_awards_wait_and_are_paid_once_when_there_is_room(
    services: Services, disk: BadDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pixel_bot")
    trouble = services.awards.write_outage
    disk.fill()
    events = [asyncio.create_task(services.awards.event(event(f"e{i}"))) for i in (1, 1, 2)]
    for i in range(50):
        services.awards.chat(line(f"m{i}", i, f"user{i}"))
    await becomes(trouble, FULL)
    assert await health(services, lambda: ["Twitch is away."]) == [str(FULL), "Twitch is away."]
    services.awards.chat(line("late", 61, "user1"))
    assert await balances(services) == {}
    disk.free()
    async with asyncio.timeout(SECONDS):
        assert sorted(await asyncio.gather(*events)) == [False, True, True]
        await services.awards.drained()
    await becomes(trouble, None)
    assert await balances(services) == {f"user{i}": 1 + (i == 1) for i in range(50)} | {"alice": 100}
    assert await health(services, list) == []
    assert await findings(services) == []
    assert (said(caplog, "cannot be written"), said(caplog, "can be written again")) == (1, 1)


async def test_trouble_that_nobody_writes_in_lasts_as_long_as_it_is_there(
    services: Services, disk: BadDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "pixel_bot")
    disk.fill()
    with pytest.raises(OperationalError):
        await _mark(services.database, "no")
    async with asyncio.timeout(SECONDS):
        while said(caplog, "still cannot be written") < 3:
            await asyncio.sleep(0.01)
    assert services.awards.write_outage.now == FULL
    disk.free()
    await becomes(services.awards.write_outage, None)
    assert query(_file(services), "SELECT key FROM meta WHERE key IN ('probe', 'test')") == []


async def test_it_is_not_over_while_awards_cannot_be_written(
    services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that is nearly full the small look may fit where many awards do not."""
    tried = asyncio.Event()
    write = services.awards._transaction.write

    async def too_much(batch: Any) -> Any:
        tried.set()
        raise OperationalError("COMMIT", {}, of_sqlite(sqlite3.SQLITE_FULL))

    monkeypatch.setattr(services.awards._transaction, "write", too_much)
    services.awards.chat(line("m1"))
    for _ in range(4):
        tried.clear()
        async with asyncio.timeout(SECONDS):
            await tried.wait()
    assert services.awards.write_outage.now == FULL
    monkeypatch.setattr(services.awards._transaction, "write", write)
    await becomes(services.awards.write_outage, None)
    assert await balances(services) == {"alice": 1}


async def test_chat_is_heard_on_and_what_waits_is_bounded(
    services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    monkeypatch.setattr(backlog_module, "MAX_LINES", 100)
    disk.fill()
    for i in range(30):
        services.awards.chat(line(f"early{i}", 0, f"early{i}"))
    assert services.awards.is_full
    async with asyncio.timeout(SECONDS):
        await services.awards.wait_for_capacity()  # whoever reads the socket
    await becomes(services.awards.write_outage, FULL)
    for i in range(300):
        for again in range(3):
            services.awards.chat(line(f"m{i}-{again}", 5 * again, f"user{i}"))
    assert not services.awards.is_full
    assert said(caplog, "some of what chat earns is lost") == 1
    disk.free()
    await becomes(services.awards.write_outage, None)
    await services.awards.drained()
    expected = {f"early{i}": 1 for i in range(30)} | {f"user{i}": 1 for i in range(100)}
    assert await balances(services) == expected
    # Of the 200 others each of the three messages could have earned something.
    assert said(caplog, "600 awards found no room to wait") == 1
    assert await findings(services) == []


async def test_events_that_wait_are_bounded(services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "MAX_EVENTS", 3)
    disk.fill()
    await pester(services)
    events = [asyncio.create_task(services.awards.event(event(f"e{i}"))) for i in range(5)]
    done, waiting = await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
    assert [await one for one in done] == [False, False]
    disk.free()
    async with asyncio.timeout(SECONDS):
        assert await asyncio.gather(*waiting) == [True] * 3
    assert (await balances(services))["alice"] == 150


@pytest.mark.parametrize("seed", range(3))
async def test_what_chat_earns_is_the_same_with_trouble_and_without(tmp_path: Path, disk: BadDisk, seed: int) -> None:
    """Messages a little out of order, and a disk that is full for a while in the middle."""
    dice = random.Random(seed)
    chat = [line(f"m{i}", dice.uniform(0, 600), f"user{dice.randrange(5)}") for i in range(400)]
    chat.sort(key=lambda one: one.at + dice.uniform(0, 4_000_000))
    first = [line(f"first{i}", -100, f"user{i}") for i in range(5)]
    paid: list[dict[str, int]] = []
    for full in (False, True):
        async with _running(tmp_path / str(full)) as services:
            for one in first:
                services.awards.chat(one)
            await services.awards.drained()
            if full:
                disk.fill()
                await pester(services)
            for one in chat[:200]:
                services.awards.chat(one)
            disk.free()
            await becomes(services.awards.write_outage, None)
            await services.awards.drained()
            for one in chat[200:]:
                services.awards.chat(one)
            await services.awards.drained()
            assert await findings(services) == []
            paid.append({name: points for name, points in (await balances(services)).items() if name != "pester"})
    assert paid[0] == paid[1]


@asynccontextmanager
async def _running(folder: Path) -> AsyncGenerator[Services]:
    async with opened(settings_in(folder), "sandbox", SettableClock()) as services:
        services.awards.start()
        try:
            yield services
        finally:
            await services.awards.stop()


async def test_who_asks_does_not_wait_for_the_end_of_the_trouble(services: Services, disk: BadDisk) -> None:
    disk.fill()
    services.awards.chat(line("m1"))
    await becomes(services.awards.write_outage, FULL)
    async with asyncio.timeout(1):
        await services.awards.flushed_for(person("alice"))


async def test_who_asked_before_the_trouble_began_does_not_wait_either(services: Services, disk: BadDisk) -> None:
    disk.fill()
    services.awards.chat(line("m1"))
    async with asyncio.timeout(1):
        await services.awards.flushed_for(person("alice"))
    assert services.awards.write_outage.now == FULL


async def test_the_end_comes_also_on_a_full_disk_and_names_what_is_lost(
    tmp_path: Path, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0.01))
    monkeypatch.setattr(awards_module, "MAX_BATCH", 5)
    async with _running(tmp_path) as services:
        disk.fill()
        await pester(services)
        for i in range(20):
            services.awards.chat(line(f"m{i}", 0, f"user{i}"))
        waiter = asyncio.create_task(services.awards.event(event("e1", "alice")))
        await asyncio.sleep(0)
        async with asyncio.timeout(SECONDS):
            await services.awards.stop()
        with pytest.raises(OperationalError):
            await waiter
    assert said(caplog, "22 awards lost.") == 1
    assert said(caplog, "Lost: follow, 50 points for alice.") == 1


# Chat


async def test_commands_that_read_are_answered_and_the_others_refused(chat: Stage, disk: BadDisk) -> None:
    await chat.viewer("alice", points=100)
    await chat.viewer("bob")
    disk.fill()
    assert await chat.say("alice", "!give @bob 5") == [REFUSED]
    assert await chat.say("alice", "!sound") == [REFUSED]
    assert await chat.say("newcomer", "!points") == [REFUSED]
    assert await chat.say("", "!points add @bob 5", role="broadcaster") == [REFUSED]
    assert await chat.say("alice", "!points") == ["You have 100 points."]
    assert await chat.say("bob", "!top") != [REFUSED]
    (status,) = await chat.say("", "!status", role="broadcaster")
    assert "nothing can be saved: the disk is full" in status
    assert (await chat.points("alice"), chat.overlay.played) == (100, [])
    disk.free()
    await becomes(chat.services.awards.write_outage, None)
    (answer,) = await chat.say("alice", "!sound")
    assert answer.endswith("85 points left.")
    assert await chat.say("newcomer", "!points") == ["You have 0 points."]
    (status,) = await chat.say("", "!status", role="broadcaster")
    assert "saved" not in status
    assert await findings(chat.services) == []


async def test_what_plays_when_the_disk_fills_up_ends_once_when_there_is_room(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.02)
    await chat.viewer("alice", points=100)
    chat.overlay.plays = False
    await chat.say("alice", "!sound", wait=False)
    async with asyncio.timeout(SECONDS):
        await chat.overlay.asked(1)
    chat.overlay.started()
    disk.fill()
    chat.overlay.finished()
    await becomes(chat.services.awards.write_outage, FULL)
    assert query(_file(chat.services), "SELECT status FROM queue_items") == [("running",)]
    disk.free()
    async with asyncio.timeout(SECONDS):
        await chat.bot.dispatcher.settled()
    assert query(_file(chat.services), "SELECT status FROM queue_items") == [("done",)]
    assert (len(chat.overlay.played), await chat.points("alice")) == (1, 85)
    assert said(caplog, "The queue cannot be written") == 1
    assert await findings(chat.services) == []


async def test_what_cannot_be_noted_as_told_is_told_once_all_the_same(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_module, "RETRY_SECONDS", 0.02)
    post = chat.bot.http.post_chat_message

    async def post_and_fill(**message: Any) -> Any:
        disk.fill()
        return await post(**message)

    await chat.viewer("alice", points=100)
    chat.overlay.close()
    await chat.say("alice", "!sound")
    chat.sent.clear()
    monkeypatch.setattr(chat.bot.http, "post_chat_message", post_and_fill)
    chat.clock.advance(120)
    chat.bot.dispatcher.wake()
    await becomes(chat.services.awards.write_outage, FULL)
    await asyncio.sleep(0.2)  # several tries
    disk.free()
    monkeypatch.setattr(chat.bot.http, "post_chat_message", post)
    async with asyncio.timeout(SECONDS):
        await chat.bot.dispatcher.settled()
    assert chat.sent == ["@alice sound: The overlay was away for too long. Your 15 points are back."]
    assert query(_file(chat.services), "SELECT told FROM queue_items") == [(1,)]


async def test_events_that_wait_do_not_keep_chat_from_being_heard(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "MAX_COMMANDS", 5)
    disk.fill()
    for i in range(20):
        who = Person(f"id-fan{i}", f"fan{i}", f"fan{i}")
        chat.bot.events.start(Follow(f"follow{i}", who, START), chat.bot.channels["twitch"])
    await becomes(chat.services.awards.write_outage, FULL)
    assert not chat.bot.notifications.is_congested
    disk.free()
    await chat.settled()
    assert await chat.points("fan7") == 50


# The start


@pytest.mark.usefixtures("no_file_yet")
async def test_a_new_database_needs_room(tmp_path: Path, disk: BadDisk) -> None:
    disk.fill()
    with pytest.raises(DatabaseNotWritable, match=r"sandbox\.db cannot be written: the disk is full\. Make room"):
        await _open(tmp_path)
    disk.free()
    await _open(tmp_path)


async def test_what_fails_later_in_a_start_is_told_in_plain_words(tmp_path: Path, disk: BadDisk) -> None:
    async def begin(services: Services) -> None:
        disk.fill()
        await _mark(services.database, "no")

    with pytest.raises(DatabaseNotWritable, match="the disk is full"):
        await _open(tmp_path, begin)


async def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    async def begin(services: Services) -> None:
        async with services.database.readers() as session:
            await session.execute(text("SELECT 1 FROM nowhere"))

    with pytest.raises(OperationalError, match="no such table"):
        await _open(tmp_path, begin)


async def _open(folder: Path, begin: Callable[[Services], Awaitable[object]] = findings) -> None:
    async with opened(settings_in(folder), "sandbox", SettableClock()) as services:
        await begin(services)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Disk]:
    """A small disk; the command lines of this test are run on it."""
    with small_disk(tmp_path) as made:
        monkeypatch.setattr(sys, "executable", str(made.python))
        yield made


def test_a_start_on_a_full_or_read_only_disk_ends_with_a_sentence(tmp_path: Path, small: Disk) -> None:
    def start() -> tuple[int, str]:
        command = ("sandbox", "--replay", os.devnull, "--exit-when-done")
        done = bot(tmp_path, *command, DATA_DIR=str(small.folder))
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    small.fill()
    code, words = start()
    assert (code, "the disk is full. Make room on it, then try again." in words) == (1, True)
    small.free()
    small.lock()
    code, words = start()
    assert (code, "cannot be written" in words) == (1, True)


# All of it


class Somebody:
    """A person on the page of the sandbox, in a bot that runs in another process."""

    def __init__(self, page: aiohttp.ClientWebSocketResponse) -> None:
        self._page = page
        self.said = 0
        """Lines that earn something."""

    async def pick(self, login: str, role: str = "viewer") -> None:
        await self._page.send_json({"do": "pick", "login": login, "role": role})
        await self._news("viewer")

    async def says(self, words: str) -> None:
        self.said += not words.startswith("!")
        await self._page.send_json({"do": "say", "text": words})

    async def asks(self, words: str) -> str:
        """Returns the bot's next answer."""
        await self.says(words)
        heard = False
        while True:
            for one in (await self._news("chat"))["lines"]:
                heard = heard or one["text"] == words
                if heard and one["bot"]:
                    return one["text"]

    async def _news(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            while True:
                news = json.loads((await self._page.receive()).data)
                if news["type"] == kind:
                    return news


@asynccontextmanager
async def at_the_page(home: str) -> AsyncGenerator[tuple[aiohttp.ClientSession, Somebody, Somebody]]:
    """Alice and the streamer, each at a page of their own."""
    page = home.replace("http", "ws", 1) + "/live"
    async with aiohttp.ClientSession() as http, http.ws_connect(page) as first, http.ws_connect(page) as second:
        alice, streamer = Somebody(first), Somebody(second)
        await alice.pick("alice")
        await streamer.pick("pixel_street", "broadcaster")
        yield http, alice, streamer


async def reasons(http: aiohttp.ClientSession, home: str) -> list[str]:
    async with http.get(home.replace("/sandbox", "/healthz")) as answer:
        found = (await answer.json()).get("reasons", [])
        assert answer.status == (503 if found else 200)
        return found


async def test_a_bot_whose_disk_fills_up_and_is_freed(tmp_path: Path, small: Disk) -> None:
    settings = {"POINTS_CHAT_COOLDOWN_SECONDS": "0", "XP_CHAT_COOLDOWN_SECONDS": "0", "DATA_DIR": str(small.folder)}
    with Running(tmp_path, **settings) as running:
        async with at_the_page(running.home) as (http, alice, streamer), asyncio.timeout(SECONDS):
            await alice.says("hello")
            assert await alice.asks("!points") == "You have 1,001 points."
            small.fill()
            while not await reasons(http, running.home):
                await alice.says("there is less and less room")
            assert await reasons(http, running.home) == [str(FULL)]
            for _ in range(20):
                await alice.says("chat goes on")
            began = asyncio.get_running_loop().time()
            saved = await alice.asks("!points")
            assert saved.startswith("You have 1,0")
            assert await alice.asks("!sound") == REFUSED
            assert await alice.asks("!points") == saved
            assert asyncio.get_running_loop().time() - began < 10
            assert "nothing can be saved: the disk is full" in await streamer.asks("!status")
            small.free()
            while await reasons(http, running.home):
                await asyncio.sleep(0.1)
            assert await alice.asks("!points") == f"You have {1_000 + alice.said:,} points."
            assert "Playing" in await alice.asks("!sound")
        code, words = await asyncio.to_thread(running.end, signal.SIGINT)
    assert (code, "Traceback" in words) == (0, False)
    assert (words.count("cannot be written"), words.count("can be written again")) == (1, 1)
    checked = await asyncio.to_thread(bot, tmp_path, "db", "check", DATA_DIR=str(small.folder))
    assert (checked.returncode, "everything is right" in checked.stdout) == (0, True), checked.stderr
