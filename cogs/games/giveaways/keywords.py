"""Entering by the keyword: many people type it at once, so they enter together, and chat hears of them in one line."""

import asyncio
import secrets
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import or_, select

from pixel_bot.plugin import (
    ChatError,
    ChatMessage,
    Cog,
    PixelBot,
    Scheduled,
    Transaction,
    Viewer,
    count,
    joined,
    on,
    scheduled,
    texts,
)

from . import pool as pools
from .settings import Settings
from .tables import Entry, Giveaway, Kind, State
from .watch import Watch

_ = texts(__name__)

MOST_TOGETHER = 25
"""Entries in one transaction, during which nobody else writes."""

MOST_NAMES = 5
MOST_REMEMBERED = 100_000


class Keywords(Cog):
    """Hears the keyword, and tells who is in."""

    settings = Settings

    def __init__(self, bot: PixelBot, watch: Watch) -> None:
        super().__init__(bot)
        self._watch = watch
        self._giveaway = 0
        self._entered: set[str] = set()
        """Who is known to have entered that giveaway, so that the keyword again costs nothing."""
        self._waiting: list[ChatMessage] = []
        self._is_entering = False
        self._refused: dict[str, str] = {}
        """Who typed the keyword and got no ticket, by key; they are named in the next line."""

    @on(ChatMessage)
    async def hear(self, message: ChatMessage) -> None:
        """Somebody typed the keyword: they enter, once."""
        watched = await self._watch.now()
        if not watched.keyword or message.is_guest or message.text.strip().casefold() != watched.keyword:
            return
        if watched.giveaway != self._giveaway or len(self._entered) > MOST_REMEMBERED:
            self._giveaway, self._entered = watched.giveaway, set()
        if message.viewer.key in self._entered:
            return
        self._waiting.append(message)
        if not self._is_entering:
            self._is_entering = True
            self.spawn(self._enter_waiting())

    async def _enter_waiting(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._enter(some, self._giveaway)
        finally:
            self._is_entering = False

    async def _enter(self, messages: Sequence[ChatMessage], giveaway: int) -> None:
        viewers = await asyncio.gather(*(self.bot.viewers.meet(message.viewer) for message in messages))
        entered, refused = set[str](), dict[str, str]()
        async with self.bot.transaction(f"keyword:{secrets.token_hex(8)}", "giveaway") as tx:
            found = await pools.current(tx, Kind.GIVEAWAY, {State.OPEN})
            if found is None or found.id != giveaway:
                self._watch.changed()
                return
            done = await _done(tx, found, messages, viewers)
            for message, viewer in zip(messages, viewers, strict=True):
                if viewer.id not in done and message.id not in done and await tx.plays(viewer):
                    try:
                        entry = pools.Entering(viewer, 1, "sub" in message.roles, message.id)
                        await pools.enter(self.bot, tx, found, None, entry)
                    except ChatError:
                        refused[message.viewer.key] = str(message.viewer)
                        continue
                    done.add(viewer.id)
                if viewer.id in done:
                    entered.add(message.viewer.key)
            if refused:
                await pools.tell_soon(self.bot, tx, found)
        self._entered |= entered
        self._refused |= refused

    @scheduled(pools.ENTERED)
    async def tell(self, call: Scheduled) -> None:
        """Chat hears who came in since the last line, and who could not."""
        async with self.bot.transaction(call.key, "giveaway") as tx:
            found = await tx.session.get(Giveaway, call.args["id"], with_for_update=True)
            if found is None:
                return
            found.is_telling, found.told_at = False, tx.now
            if found.state != State.OPEN:
                return
            said = [*await self._news(tx, found), *self._refusals(found)]
            if said:
                await pools.say(self.bot, tx, *said)
        self._refused = {}

    async def _news(self, tx: Transaction, found: Giveaway) -> list[str]:
        """Who came in, who is told from now on."""
        new = select(Entry).where(Entry.giveaway == found.id, Entry.is_told.is_(False)).order_by(Entry.number)
        entries = (await tx.session.scalars(new)).all()
        if not entries:
            return []
        for entry in entries:
            entry.is_told = True
        viewers = await self.bot.viewers.by_ids([entry.viewer for entry in entries[:MOST_NAMES]])
        names = self._listed([str(viewer) for viewer in viewers.values()], len(entries))
        size = pools.size_words(*await pools.totals(tx.session, found))
        return [_("{names} is in.", "{names} are in.", n=len(entries), names=names), _("So far {size}.", size=size)]

    def _refusals(self, found: Giveaway) -> list[str]:
        if not self._refused:
            return []
        names = self._listed(list(islice(self._refused.values(), MOST_NAMES)), len(self._refused))
        cost = count(found.cost, "point")
        return [_("A ticket costs {cost}; no ticket for {names}.", cost=cost, names=names)]

    def _listed(self, names: Sequence[str], how_many: int) -> str:
        shown = [self.bot.text_filter.name(name) for name in names]
        more = how_many - len(shown)
        return joined([*shown, _("{n} more", n=more)] if more > 0 else shown)


async def _done(
    tx: Transaction, found: Giveaway, messages: Sequence[ChatMessage], viewers: Sequence[Viewer]
) -> set[int | str]:
    """Which of these viewers have entered, and by which of these messages somebody has, also an earlier giveaway."""
    mine = (Entry.giveaway == found.id) & Entry.viewer.in_([viewer.id for viewer in viewers])
    query = select(Entry).where(or_(mine, Entry.message.in_([message.id for message in messages])))
    entries = (await tx.session.scalars(query)).all()
    return {entry.viewer for entry in entries if entry.giveaway == found.id} | {entry.message for entry in entries}
