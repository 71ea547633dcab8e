"""A bot on real sockets whose redeems are paid for, and its page."""

import asyncio

from sqlalchemy import text

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.testing import Live
from tests.harness.database import findings


class RunningRedeems:
    """A running bot, a viewer with 1,000 points, and all that the bot says."""

    def __init__(self, running: Live) -> None:
        self.live = running
        self.said: list[str] = []
        self._news = asyncio.Event()
        running.twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.role == "bot":
            self.said.append(line.text)
            self._news.set()

    @property
    def address(self) -> str:
        return self.live.app.web.address

    @property
    def key(self) -> str:
        return self.live.bot.overlay.key

    async def hears(self, words: str) -> str:
        """Wait until the bot says something that holds these words."""
        async with asyncio.timeout(20):
            while not (found := [line for line in self.said if words in line]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def ended(self, count: int = 1) -> list[str]:
        """Wait until so many items have ended. Returns how."""
        changed = asyncio.Event()
        self.live.bot.services.database.committed.add(changed.set)
        query = text("SELECT status FROM queue_items WHERE finished_at IS NOT NULL ORDER BY id")
        async with asyncio.timeout(20):
            while True:
                changed.clear()
                async with self.live.bot.readers() as session:
                    found = list((await session.execute(query)).scalars())
                if len(found) >= count:
                    return found
                await changed.wait()

    async def points(self) -> int:
        return (await self.live.bot.viewers.find("alice")).points

    async def clean(self) -> None:
        assert await findings(self.live.bot) == []


async def begin(running: Live) -> RunningRedeems:
    await running.ask("alice", "!points")
    await running.ask("", "!points add @alice 1000", "broadcaster")
    return RunningRedeems(running)
