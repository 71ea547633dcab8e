"""Starting on a full disk, and a bot whose disk fills up and is freed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pixel_bot.db.write_outage import FULL
from pixel_bot.errors import DatabaseNotWritable
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.db.disk.awards import REFUSED, SECONDS, mark
from tests.harness.database import findings
from tests.harness.disk import BadDisk, Disk, small_disk
from tests.harness.process import BotProcess, run
from tests.harness.waiting import until

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's"),
]


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
        await mark(services.database, "no")

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
        done = run(tmp_path, *command, data_dir=small.folder)
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


async def is_well(http: aiohttp.ClientSession, home: str) -> bool:
    return not await reasons(http, home)


async def test_a_bot_whose_disk_fills_up_and_is_freed(tmp_path: Path, small: Disk) -> None:
    settings = {"points_chat_cooldown_seconds": 0, "xp_chat_cooldown_seconds": 0, "data_dir": small.folder}
    async with BotProcess(tmp_path, **settings) as running:
        async with at_the_page(running.address) as (http, alice, streamer), asyncio.timeout(SECONDS):
            await alice.says("hello")
            assert await alice.asks("!points") == "You have 1,001 points."
            small.fill()
            while not await reasons(http, running.address):
                await alice.says("there is less and less room")
            assert await reasons(http, running.address) == [str(FULL)]
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
            await until(lambda: is_well(http, running.address), SECONDS)
            assert await alice.asks("!points") == f"You have {1_000 + alice.said:,} points."
            assert "Playing" in await alice.asks("!sound")
        code, words = await running.end(signal.SIGINT)
    assert (code, "Traceback" in words) == (0, False)
    assert (words.count("cannot be written"), words.count("can be written again")) == (1, 1)
    checked = await asyncio.to_thread(run, tmp_path, "db", "check", data_dir=small.folder)
    assert (checked.returncode, "everything is right" in checked.stdout) == (0, True), checked.stderr
