"""The real page in a real browser goes on after the bot was killed, without a reload, and nothing plays twice."""

import asyncio
import json
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from websockets.asyncio.client import ClientConnection, connect

from tests.harness.browser import is_true_of
from tests.harness.database import rows
from tests.harness.pattern import fresh
from tests.harness.process import BotProcess, free_port
from tests.harness.waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system"),
]

KEY = "a-key-for-the-test"
SECONDS = 30.0
COUNT = """
window.mine = Math.random();
window.heard = 0;
document.addEventListener("ended", () => { window.heard += 1; }, true);
"""
ENDED = "SELECT status, cost FROM queue_items WHERE finished_at IS NOT NULL ORDER BY id"
REFUNDS = "SELECT reason FROM transactions WHERE reason LIKE 'refund%'"


@asynccontextmanager
async def visitor(bot: BotProcess) -> AsyncGenerator[ClientConnection]:
    """The sandbox page's own connection, without a page."""
    async with connect(f"ws://127.0.0.1:{bot.environment['WEB_PORT']}/sandbox/live") as socket:
        await socket.send(json.dumps({"do": "pick", "login": "viewer_vi", "role": "viewer"}))
        await told(socket, '"points":1000', '"type":"viewer"')
        yield socket


async def told(socket: ClientConnection, *words: str) -> str:
    """Wait for a message that holds one of these words."""
    async with asyncio.timeout(SECONDS):
        while True:
            message = str(await socket.recv())
            if any(word in message for word in words):
                return message


async def say(socket: ClientConnection, line: str, answer: str) -> None:
    await socket.send(json.dumps({"do": "say", "text": line}))
    await told(socket, answer)


@pytest_asyncio.fixture(loop_scope="session")
async def bot(tmp_path: Path) -> AsyncGenerator[BotProcess]:
    """The bot in a process of its own, on one port and in one folder over all its starts."""
    fresh(tmp_path / "sandbox.db")
    async with BotProcess(tmp_path, "sandbox", data_dir=tmp_path, web_port=free_port(), overlay_key=KEY) as started:
        yield started


@asynccontextmanager
async def overlay(browser: Browser, bot: BotProcess) -> AsyncGenerator[Page]:
    page = await browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    page.set_default_timeout(30_000)
    await page.goto(f"http://127.0.0.1:{bot.environment['WEB_PORT']}/overlay?key={KEY}")
    await page.evaluate(COUNT)
    yield page
    await page.close()


async def ended(path: Path, count: int) -> list[tuple[str, int]]:
    """Wait until so many items have ended; another process writes them, so the file has to be looked at."""
    found: list[tuple[str, int]] = []

    async def look() -> bool:
        found[:] = [(status, cost) for status, cost in await rows(path, ENDED)]
        return len(found) >= count

    await until(look, SECONDS)
    return found


async def test_killed_while_it_speaks(browser: Browser, bot: BotProcess) -> None:
    database = bot.folder / "sandbox.db"
    async with overlay(browser, bot) as page:
        async with visitor(bot) as socket:
            await say(socket, "!tts one two three four five six seven eight nine ten", "Coming up!")
            await is_true_of(page, "[...document.querySelectorAll('audio')].some((a) => a.currentTime > 0.2)")
        mine = await page.evaluate("window.mine")
        await bot.kill()
        await is_true_of(page, "window.heard === 1")
        await bot.start()
        assert await ended(database, 1) == [("done", 25)]

        async with visitor(bot) as socket:
            await say(socket, "!sound coin", "Playing coin!")
            await is_true_of(page, "window.heard === 2")
        assert await ended(database, 2) == [("done", 25), ("done", 15)]
        assert await page.evaluate("[window.mine, window.heard]") == [mine, 2]
    assert await rows(database, REFUNDS) == []


async def test_killed_while_the_wheel_turns(browser: Browser, bot: BotProcess) -> None:
    database = bot.folder / "sandbox.db"
    async with overlay(browser, bot) as page:
        async with visitor(bot) as socket:
            await say(socket, "!spin", "The wheel is yours!")
            await until(lambda: rows(database, "SELECT id FROM queue_items WHERE begun_at IS NOT NULL"), SECONDS)
        mine = await page.evaluate("window.mine")
        await bot.kill()
        await bot.start()
        assert await ended(database, 1) == [("done", 100)]
        assert await page.evaluate("window.mine") == mine
    landed = "SELECT COUNT(*) FROM draws WHERE landed_at IS NOT NULL AND cancelled_at IS NULL"
    assert await rows(database, landed) == [(1,)]
    assert await rows(database, REFUNDS) == []
