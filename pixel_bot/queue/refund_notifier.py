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
from pixel_bot.redeems.queue_items import UnannouncedResult
from pixel_bot.services import Services
from pixel_bot.texts import count

log = logging.getLogger(__name__)

FETCH_LIMIT = 50
MENTIONS = 10
LOOK_SECONDS = 2.0
"""How often one that does not tell looks whether it should."""

MESSAGE_LENGTH = 450
"""Characters of one message."""


class RefundNotifier(Worker):
    """Says what one platform's chat must still hear, many endings in one message."""

    def __init__(self, services: Services, say: Say, platform: Platform, is_there: Callable[[Platform], bool]) -> None:
        super().__init__()
        self._is_there = is_there
        self._services = services
        self._say = say
        self._platform: Platform = platform
        self._unmarked: set[int] = set()
        """Items that chat was told of, but of which that could not be noted yet."""
        self._role = f"teller:{platform}"
        self._is_follower = False

    async def run(self) -> None:
        """Work until stopped; what was not said then is said by the next run."""
        while not self._stopping:
            self._wake.clear()
            try:
                said = await self._announce_some()
            except DBAPIError as exc:
                self._log_failure(exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._log_success()
            if not said:
                await self._sleep(LOOK_SECONDS if self._is_follower else None)

    async def _announce_some(self) -> bool:
        if not self._is_there(self._platform):
            await self._services.cluster.resign(self._role)
            return False  # it is told when it comes
        # Where several processes share the database, one of them tells, for as long as it lives.
        self._is_follower = not await self._services.cluster.leads(self._role)
        if self._is_follower:
            return False
        # Of the last try first: while the database cannot be written, chat would else hear it every second.
        await self._mark_announced(list(self._unmarked))
        async with self._services.database.readers() as session:
            news = await queue_items.unannounced(session, FETCH_LIMIT, self._platform)
        for words, told in messages(news):
            # Said first, noted then: a kill in between tells twice, which is better than never.
            if words and not await self._say(words, None, self._platform):
                log.warning("Chat could not be told: %s", words)
            self._unmarked.update(told)
            await self._mark_announced(told)
        return bool(news)

    async def _mark_announced(self, told: Sequence[int]) -> None:
        if told:
            async with self._services.database.write() as session:
                await session.execute(update(QueueItem).where(QueueItem.id.in_(told)).values(told=True))
            self._unmarked.difference_update(told)


def messages(news: Sequence[UnannouncedResult]) -> list[tuple[str, list[int]]]:
    """The messages for so much news, each with the ids of the items that it covers."""
    spoken = [n for n in news if n.note and n.item.buyer]
    lines = [(n.note, [n.item.id]) for n in spoken if n.item.status == "done"]
    refunds = [n for n in spoken if n.item.status != "done"]
    for reason in dict.fromkeys(n.note for n in refunds):
        lines += _refunds(reason, [n for n in refunds if n.note == reason])
    silent = [n.item.id for n in news if n not in spoken]
    return _joined([*lines, *([("", silent)] if silent else [])])


def _refunds(reason: str, refunds: Sequence[UnannouncedResult]) -> list[tuple[str, list[int]]]:
    if len(refunds) == 1:
        (one,) = refunds
        return [(f"@{one.item.buyer} {one.item.redeem}: {reason}{_back(one)}", [one.item.id])]
    lines: list[tuple[str, list[int]]] = []
    for start in range(0, len(refunds), MENTIONS):
        part = refunds[start : start + MENTIONS]
        who = ", ".join(f"@{n.item.buyer} ({n.item.redeem}{_back_in_short(n)})" for n in part)
        lines.append((f"{reason} Refunded: {who}.", [n.item.id for n in part]))
    return lines


def _back(news: UnannouncedResult) -> str:
    if news.item.redemption:
        return " Your channel points are back."
    return f" Your {count(news.back, 'point')} {'is' if news.back == 1 else 'are'} back." if news.back else ""


def _back_in_short(news: UnannouncedResult) -> str:
    if news.item.redemption:
        return ", channel points back"
    return f", {news.back} back" if news.back else ""


def _joined(lines: Sequence[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """As few messages as hold all lines."""
    joined: list[tuple[str, list[int]]] = []
    for words, ids in lines:
        if joined and len(joined[-1][0]) + len(words) + 3 <= MESSAGE_LENGTH:
            before, covered = joined[-1]
            joined[-1] = (" · ".join(w for w in (before, words) if w), covered + ids)
        else:
            joined.append((words, ids))
    return joined
