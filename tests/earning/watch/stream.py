"""A stream and its crowd, for watch time."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import text

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.watch_time import PresenceUnknown, WatchRole, WatchTime
from pixel_bot.model.people import Person
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings

SLOT = 600
BOT, STREAMER = "900", "901"


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name.title())


class Crowd:
    """Who is there, as the test has it."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.roles_of: dict[str, set[WatchRole]] = {}
        self.failures: list[PresenceUnknown] = []
        self.no_roles = False
        self.asked = 0
        self.wanted: list[set[WatchRole]] = []
        self.was_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def here(self) -> Sequence[Person]:
        self.asked += 1
        self.was_asked.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return [person(name) for name in self.names]

    async def roles(self, people: Sequence[Person], wanted: Collection[WatchRole]) -> Mapping[str, set[WatchRole]]:
        self.wanted.append(set(wanted))
        if self.no_roles:
            raise PresenceUnknown("Twitch cannot be reached: no answer.")
        return {p.platform_id: self.roles_of[p.login] & set(wanted) for p in people if p.login in self.roles_of}


class WatchedStream:
    """A stream of a test, and the watch time of one run of the bot after the other."""

    def __init__(self, services: Services, clock: SettableClock, crowd: Crowd) -> None:
        self.services = services
        self.clock = clock
        self.crowd = crowd
        self.stream = Stream()
        self.options = services.settings
        self.paid: list[EventAward] = []
        self.begin()

    def begin(self, **options: Any) -> None:
        """The bot starts, and remembers nothing of before but what is in the database."""
        if options:
            self.options = settings_in(self.services.settings.data_dir, **options)
        self.watch = self.another()

    def another(self, services: Services | None = None) -> WatchTime:
        """One more bot on the same database."""
        of = services or self.services
        return WatchTime(
            self.options, self.clock, self.stream, of.database, self.pay, self.crowd, (BOT, STREAMER), of.ignore_list
        )

    async def pay(self, award: EventAward) -> bool:
        self.paid.append(award)
        return await self.services.awards.event(award)

    def live(self, stream_id: str = "1", since: datetime | None = None) -> None:
        self.stream.went_live(Broadcast(stream_id, since or self.clock.now()))

    async def passes(self, seconds: float) -> float | None:
        self.clock.advance(seconds)
        return await self.watch.look()

    async def points(self) -> dict[str, int]:
        """What everybody earned by watching, as it stands in the ledger."""
        assert await findings(self.services) == []
        async with self.services.database.readers() as session:
            rows = await session.execute(
                text(
                    "SELECT u.name, SUM(t.amount) FROM transactions t JOIN users u ON u.id = t.user_id "
                    "WHERE t.reason = 'watch' GROUP BY u.name"
                )
            )
            return {name: int(amount) for name, amount in rows}


async def kill(show: WatchedStream, after: int) -> None:
    """The bot ends while it pays, after so many people were handed over."""
    left = after
    reached = asyncio.Event()

    async def pay(award: EventAward) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            reached.set()
            await asyncio.Event().wait()
        return await show.pay(award)

    show.watch._pay = pay
    looking = asyncio.create_task(show.watch.look())
    stopped = asyncio.create_task(reached.wait())
    await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (looking, stopped):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await show.services.awards.drained()
