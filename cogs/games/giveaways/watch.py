"""What chat is listened to for: the keyword of an open giveaway, and winners who are awaited."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from pixel_bot.plugin import PixelBot

from .tables import Answer, Giveaway, Kind, State, Winner

FRESH = timedelta(seconds=2)
"""For so long it may be that another process has changed something, and this one has not noticed."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The id and the keyword of the open giveaway, in one case, and the ids of the viewers who are awaited."""

    giveaway: int = 0
    keyword: str = ""
    awaited: frozenset[int] = frozenset()


class Watch:
    """Knows what to listen for, without asking the database at each message."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot
        self._now = Watched()
        self._read_at: datetime | None = None
        self._version = 0

    def changed(self) -> None:
        """Something was changed: it is read anew."""
        self._version += 1
        self._read_at = None

    async def now(self) -> Watched:
        """What to listen for."""
        now = self._bot.clock.now()
        if self._read_at is None or not timedelta() <= now - self._read_at < FRESH:
            version = self._version
            self._now = await self._read()
            if version == self._version:
                self._read_at = now
        return self._now

    async def _read(self) -> Watched:
        an_open = select(Giveaway.id, Giveaway.keyword)
        an_open = an_open.where(Giveaway.kind == Kind.GIVEAWAY, Giveaway.state == State.OPEN)
        async with self._bot.readers() as session:
            found = (await session.execute(an_open.order_by(Giveaway.id.desc()).limit(1))).first()
            awaited = await session.scalars(select(Winner.viewer).where(Winner.answer == Answer.AWAITED))
            who = frozenset(awaited)
        return Watched(found[0], found[1].casefold(), who) if found is not None else Watched(awaited=who)
