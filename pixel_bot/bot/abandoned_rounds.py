"""Gives stakes back where the cog of a game is gone: it was switched off, taken away, or does not load any more."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from pixel_bot.bot.cogs.timing import every
from pixel_bot.clock import Clock
from pixel_bot.cog_data import rounds
from pixel_bot.cog_data.rounds import Round, RoundOver, RoundState
from pixel_bot.db.engine import Database
from pixel_bot.texts import count
from pixel_bot.wording.texts import texts

log = logging.getLogger(__name__)
_ = texts(__name__)

GONE_FOR = timedelta(minutes=5)
"""So long a cog may be away with its rounds open: somebody may be mending it."""


class AbandonedRounds:
    """Looks each minute for open rounds whose cog is not loaded.

    Args:
        is_loaded: whether a cog of that name is.
        announce: tells chat.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        is_loaded: Callable[[str], bool],
        announce: Callable[[str], Awaitable[object]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_loaded = is_loaded
        self._announce = announce
        self._gone_since: dict[str, datetime] = {}

    @every(minutes=1)
    async def look(self) -> None:
        """Give back what is staked in rounds of cogs that have been away for long enough."""
        async with self._database.readers() as session:
            found = await rounds.open_rounds(session)
        now = self._clock.now()
        gone = {r.cog for r in found if not self._is_loaded(r.cog)}
        self._gone_since = {cog: self._gone_since.get(cog, now) for cog in gone}
        for one in found:
            if one.cog in gone and now - self._gone_since[one.cog] >= GONE_FOR:
                await self._give_back(one)

    async def _give_back(self, one: Round) -> None:
        now = self._clock.now()
        try:
            async with self._database.write() as session:
                given = await rounds.give_back(session, one.id, one.kind, now)
                await rounds.end_round(session, one.id, now, RoundState.RETURNED)
        except RoundOver:
            return  # another process was quicker
        log.warning("The cog %s is gone: its open %s (round %d) is given back.", one.cog, one.kind, one.id)
        if given:
            await self._announce(
                _(
                    "The {game} is off: one viewer has {points} back.",
                    "The {game} is off: {n} viewers have {points} back.",
                    n=len(given),
                    game=one.kind,
                    points=count(sum(given.values()), "point"),
                )
            )
