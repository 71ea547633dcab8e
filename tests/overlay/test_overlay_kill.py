"""The real page in a real browser goes on after the bot was killed, without a reload, and nothing plays twice."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import ClientConnection, connect

from tests.harness.obs_studio import free_port
from tests.harness.seed import query
from tests.sandbox.page.visit import chromium

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system"),
]

KEY = "a-key-for-the-test"
COUNT = """
window.mine = Math.random();
window.heard = 0;
document.addEventListener("ended", () => { window.heard += 1; }, true);
"""


class Bot:
    """The bot in a process of its own, on one port and in one folder over all its starts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self._process: Process | None = None

    async def start(self) -> None:
        environment = os.environ | {
            "WEB_PORT": str(self.port),
            "DATA_DIR": str(self.folder),
            "OVERLAY_KEY": KEY,
            "PYTHONUNBUFFERED": "1",
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pixel_bot", "sandbox", env=environment, stdout=PIPE, stderr=DEVNULL
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while b"Cogs:" not in await self._process.stdout.readline():
                pass

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.communicate()
            self._process = None

    @asynccontextmanager
    async def visitor(self) -> AsyncGenerator[ClientConnection]:
        """The sandbox page's own connection, without a page."""
        async with connect(f"ws://127.0.0.1:{self.port}/sandbox/live") as socket:
            await socket.send(json.dumps({"do": "pick", "login": "viewer_vi", "role": "viewer"}))
            await told(socket, '"points":1000', '"type":"viewer"')
            yield socket


async def told(socket: ClientConnection, *words: str) -> str:
    """Wait for a message that holds one of these words."""
    async with asyncio.timeout(20):
        while True:
            message = str(await socket.recv())
            if any(word in message for word in words):
                return message


async def say(socket: ClientConnection, line: str, answer: str) -> None:
    await socket.send(json.dumps({"do": "say", "text": line}))
    await told(socket, answer)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncGenerator[Bot]:
    made = Bot(tmp_path)
    await made.start()
    yield made
    await made.kill()


@asynccontextmanager
async def overlay(bot: Bot) -> AsyncGenerator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"],
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)
        page.set_default_timeout(30_000)
        await page.goto(f"http://127.0.0.1:{bot.port}/overlay?key={KEY}")
        await page.evaluate(COUNT)
        yield page
        await browser.close()


async def ended(path: Path, count: int) -> list[tuple[str, int]]:
    """Wait until so many items have ended; another process writes them, so the file has to be looked at."""
    rows: list[tuple[str, int]] = []
    async with asyncio.timeout(30):
        while len(rows) < count:
            await asyncio.sleep(0.1)
            rows = query(path, "SELECT status, cost FROM queue_items WHERE finished_at IS NOT NULL ORDER BY id")
    return rows


async def test_killed_while_it_speaks(bot: Bot) -> None:
    database = bot.folder / "sandbox.db"
    async with overlay(bot) as page:
        async with bot.visitor() as visitor:
            await say(visitor, "!tts one two three four five six seven eight nine ten", "Coming up!")
            await page.wait_for_function("[...document.querySelectorAll('audio')].some((a) => a.currentTime > 0.2)")
        mine = await page.evaluate("window.mine")
        await bot.kill()
        await page.wait_for_function("window.heard === 1")
        await bot.start()
        assert await ended(database, 1) == [("done", 25)]

        async with bot.visitor() as visitor:
            await say(visitor, "!sound coin", "Playing coin!")
            await page.wait_for_function("window.heard === 2")
        assert await ended(database, 2) == [("done", 25), ("done", 15)]
        assert await page.evaluate("[window.mine, window.heard]") == [mine, 2]
    assert query(database, "SELECT reason FROM transactions WHERE reason LIKE 'refund%'") == []


async def test_killed_while_the_wheel_turns(bot: Bot) -> None:
    database = bot.folder / "sandbox.db"
    async with overlay(bot) as page:
        async with bot.visitor() as visitor:
            await say(visitor, "!spin", "The wheel is yours!")
            async with asyncio.timeout(20):
                while not query(database, "SELECT id FROM queue_items WHERE begun_at IS NOT NULL"):
                    await asyncio.sleep(0.05)
        mine = await page.evaluate("window.mine")
        await bot.kill()
        await bot.start()
        assert await ended(database, 1) == [("done", 100)]
        assert await page.evaluate("window.mine") == mine
    assert query(database, "SELECT COUNT(*) FROM draws WHERE landed_at IS NOT NULL AND cancelled_at IS NULL") == [(1,)]
    assert query(database, "SELECT reason FROM transactions WHERE reason LIKE 'refund%'") == []
