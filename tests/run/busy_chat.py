"""A busy chat around a bot in a process of its own: a crowd that writes, and a streamer who adds points."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.harness.process import SECONDS, BotProcess

MESSAGES_A_SECOND = 300
BURST_SECONDS = 0.05
ANSWER_SECONDS = 2.0
"""Of a crowded chat the page shows the last lines alone, so an answer may not be seen."""
ADDED = re.compile(r"Added ([\d,]+) points?: bob has ([\d,]+)\.")


class BusyChat:
    """What chat was told while the crowd wrote."""

    def __init__(self) -> None:
        self.added: list[tuple[int, int]] = []
        """Amount and balance of each ``!points add`` that was acknowledged."""
        self.told: list[str] = []
        """Everything else that the bot said, the oldest first."""
        self.written = 0
        """Messages of the crowd."""
        self._news = asyncio.Condition()
        self._is_crowded = True

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what was told makes the condition true."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(condition)

    async def added_more(self, number: int) -> None:
        """Wait until so many more commands were acknowledged."""
        enough = len(self.added) + number
        await self.until(lambda: len(self.added) >= enough)

    def missing_in(self, database: Path) -> list[tuple[int, int]]:
        """What was acknowledged, and does not stand in the ledger of that file."""
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT amount, balance_after FROM transactions t JOIN users u ON u.id = t.user_id "
                "WHERE u.name = 'bob' AND reason = 'mod:add'"
            ).fetchall()
        assert len(rows) == len({amount for amount, _ in rows}), "a command was obeyed twice"
        return sorted(set(self.added) - set(rows))

    def crowd_goes(self) -> None:
        """Nobody but the streamer writes any more."""
        self._is_crowded = False

    async def write(self, page: aiohttp.ClientWebSocketResponse) -> None:
        """The crowd."""
        while self._is_crowded:
            for _ in range(round(MESSAGES_A_SECOND * BURST_SECONDS)):
                self.written += 1
                await page.send_json({"do": "say", "text": f"line {self.written}"})
            await asyncio.sleep(BURST_SECONDS)  # the pace of the crowd; nobody waits for it

    async def add(self, page: aiohttp.ClientWebSocketResponse) -> None:
        """The streamer: another amount each time, the next one after the answer."""
        for amount in range(1, 1_000_000):
            answers = len(self.added) + len(self.told)
            await page.send_json({"do": "say", "text": f"!points add @bob {amount}"})
            try:
                async with asyncio.timeout(ANSWER_SECONDS), self._news:
                    await self._news.wait_for(lambda known=answers: len(self.added) + len(self.told) > known)
            except TimeoutError:
                continue

    async def read(self, page: aiohttp.ClientWebSocketResponse) -> None:
        """What the bot says."""
        async for message in page:
            news: dict[str, Any] = json.loads(message.data)
            if news["type"] != "chat":
                continue
            async with self._news:
                for line in news["lines"]:
                    if line["bot"]:
                        self._note(line["text"])
                self._news.notify_all()

    def _note(self, words: str) -> None:
        if found := ADDED.search(words):
            amount, balance = (int(number.replace(",", "")) for number in found.groups())
            self.added.append((amount, balance))
        else:
            self.told.append(words)


@asynccontextmanager
async def busy_chat(bot: BotProcess) -> AsyncGenerator[BusyChat]:
    """The crowd and the streamer are at work for the length of the block; the bot may die in it."""
    address = bot.address.replace("http", "ws", 1) + "/live"
    chat = BusyChat()
    async with aiohttp.ClientSession() as http, http.ws_connect(address) as crowd, http.ws_connect(address) as streamer:
        await crowd.send_json({"do": "pick", "login": "bob", "role": "viewer"})
        await crowd.send_json({"do": "say", "text": "hello"})
        await streamer.send_json({"do": "pick", "login": "pixel_street", "role": "broadcaster"})
        work = [
            asyncio.create_task(chat.read(streamer)),
            asyncio.create_task(chat.write(crowd)),
            asyncio.create_task(chat.add(streamer)),
        ]
        try:
            yield chat
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def logged(bot: BotProcess, words: str) -> str:
    """Read what the bot prints up to the line with these words in it, and return that."""
    while words not in (line := await bot.line("")):
        pass
    return line
