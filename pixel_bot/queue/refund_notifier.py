"""Tells chat how items ended, so that no refund goes unsaid: also one of the last run."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.model.people import Platform
from pixel_bot.queue.effects import Say
from pixel_bot.queue.result_writer import RETRY_SECONDS
from pixel_bot.queue.worker import Worker
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Told
from pixel_bot.services import Services
from pixel_bot.texts import count

log = logging.getLogger(__name__)

AT_ONCE = 50
MENTIONS = 10
LOOK_SECONDS = 2.0
"""How often one that does not tell looks whether it should."""

LINE = 450
"""Characters of one message."""


class RefundNotifier(Worker):
    """Says what one platform's chat must still hear, many endings in one message."""

    def __init__(self, services: Services, say: Say, platform: Platform, is_there: Callable[[Platform], bool]) -> None:
        super().__init__()
        self._is_there = is_there
        self._services = services
        self._say = say
        self._platform: Platform = platform
        self._said: set[int] = set()
        """Items that chat was told of, but of which that could not be noted yet."""
        self._role = f"teller:{platform}"
        self._waits_for_others = False

    async def run(self) -> None:
        """Work until stopped; what was not said then is said by the next run."""
        while not self._stopping:
            self._wake.clear()
            try:
                said = await self._tell_some()
            except DBAPIError as exc:
                self._complain(exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._works()
            if not said:
                await self._rest(LOOK_SECONDS if self._waits_for_others else None)

    async def _tell_some(self) -> bool:
        if not self._is_there(self._platform):
            await self._services.cluster.resign(self._role)
            return False  # it is told when it comes
        # Where several processes share the database, one of them tells, for as long as it lives.
        self._waits_for_others = not await self._services.cluster.leads(self._role)
        if self._waits_for_others:
            return False
        # Of the last try first: while the database cannot be written, chat would else hear it every second.
        await self._note(list(self._said))
        async with self._services.database.readers() as session:
            news = await queue_items.untold(session, AT_ONCE, self._platform)
        for words, told in messages(news):
            # Said first, noted then: a kill in between tells twice, which is better than never.
            if words and not await self._say(words, None, self._platform):
                log.warning("Chat could not be told: %s", words)
            self._said.update(told)
            await self._note(told)
        return bool(news)

    async def _note(self, told: Sequence[int]) -> None:
        if told:
            async with self._services.database.write() as session:
                await session.execute(update(QueueItem).where(QueueItem.id.in_(told)).values(told=True))
            self._said.difference_update(told)


def messages(news: Sequence[Told]) -> list[tuple[str, list[int]]]:
    """The messages for so much news, each with the ids of the items that it covers."""
    spoken = [n for n in news if n.note and n.item.buyer]
    lines = [(n.note, [n.item.id]) for n in spoken if n.item.status == "done"]
    refunds = [n for n in spoken if n.item.status != "done"]
    for reason in dict.fromkeys(n.note for n in refunds):
        lines += _refunds(reason, [n for n in refunds if n.note == reason])
    silent = [n.item.id for n in news if n not in spoken]
    return _joined([*lines, *([("", silent)] if silent else [])])


def _refunds(reason: str, refunds: Sequence[Told]) -> list[tuple[str, list[int]]]:
    if len(refunds) == 1:
        (one,) = refunds
        return [(f"@{one.item.buyer} {one.item.redeem}: {reason}{_back(one)}", [one.item.id])]
    parts: list[list[Told]] = [[]]
    for one in refunds:
        if parts[-1] and (len(parts[-1]) == MENTIONS or len(_gathered(reason, [*parts[-1], one])) > LINE):
            parts.append([])
        parts[-1].append(one)
    return [(_gathered(reason, part), [n.item.id for n in part]) for part in parts]


def _gathered(reason: str, refunds: Sequence[Told]) -> str:
    who = ", ".join(f"@{n.item.buyer} ({n.item.redeem}{_back_in_short(n)})" for n in refunds)
    return f"{reason} Refunded: {who}."


def _back(news: Told) -> str:
    if news.item.redemption:
        return " Your channel points are back."
    return f" Your {count(news.back, 'point')} {'is' if news.back == 1 else 'are'} back." if news.back else ""


def _back_in_short(news: Told) -> str:
    if news.item.redemption:
        return ", channel points back"
    return f", {news.back} back" if news.back else ""


def _joined(lines: Sequence[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """As few messages as hold all lines."""
    joined: list[tuple[str, list[int]]] = []
    for words, ids in lines:
        if joined and len(joined[-1][0]) + len(words) + 3 <= LINE:
            before, covered = joined[-1]
            joined[-1] = (" · ".join(w for w in (before, words) if w), covered + ids)
        else:
            joined.append((words, ids))
    return joined
