"""Refund notifier: announces in chat how items ended, also those of an earlier run."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import update

from pixel_bot.db.models import QueueItem
from pixel_bot.model.people import Platform
from pixel_bot.queue.effects import Say
from pixel_bot.queue.result_writer import RETRY_SECONDS
from pixel_bot.queue.worker import DATABASE_ERRORS, Worker
from pixel_bot.redeems.pending_items import any_unannounced
from pixel_bot.redeems.unannounced import UnannouncedResult, unannounced
from pixel_bot.services import Services
from pixel_bot.texts import count
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

FETCH_LIMIT = 50
MENTIONS = 10
LOOK_SECONDS = 2.0
"""How often a follower checks whether it has become the leader."""

MESSAGE_LENGTH = 450
"""Characters of one message."""


FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds until a message is tried again that chat did not take."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """An announcement that chat did not take: the pause after it, and its end on the event loop's clock."""

    pause: float
    again_at: float


class RefundNotifier(Worker):
    """Announces results in one platform's chat, many in one message. Delivery is at least once.

    A result counts as announced only when chat took the message. What it refused is tried again, each result in a
    message of its own, in pauses that double.
    """

    def __init__(self, services: Services, say: Say, platform: Platform, is_there: Callable[[Platform], bool]) -> None:
        super().__init__()
        self._is_there = is_there
        self._services = services
        self._say = say
        self._platform: Platform = platform
        self._unmarked: set[int] = set()
        """Ids of items that were announced, but could not be marked so yet."""
        self._refused: dict[int, _Refused] = {}
        """By the ids of items whose message chat did not take."""
        self._role = f"teller:{platform}"
        self._is_follower = False

    async def run(self) -> None:
        """Run until stopped; the next run announces the rest."""
        while not self._stopping:
            self._wake.clear()
            try:
                announced = await self._announce_some()
            except DATABASE_ERRORS as exc:
                self._log_failure(exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._log_success()
            if not announced:
                await self._sleep(LOOK_SECONDS if self._is_follower else self._pause())

    async def _announce_some(self) -> bool:
        if not self._is_there(self._platform):
            self._refused.clear()
            await self._services.cluster.resign(self._role)
            return False  # announced once the bot is in that chat
        # Leader election: of several processes on one database one announces, for as long as it lives.
        self._is_follower = not await self._services.cluster.leads(self._role)
        if self._is_follower:
            return False
        # First those that were sent: while the database cannot be written, they would be announced every second.
        await self._mark_announced(list(self._unmarked))
        if not await any_unannounced(self._services.database):
            self._refused.clear()
            return False
        async with self._services.database.readers() as session:
            fetched = await unannounced(session, FETCH_LIMIT + len(self._refused), self._platform)
        waiting = {r.item.id for r in fetched}
        self._refused = {item_id: one for item_id, one in self._refused.items() if item_id in waiting}
        now = asyncio.get_running_loop().time()
        due = [r for r in fetched if r.item.id not in self._refused or self._refused[r.item.id].again_at <= now]
        once_refused = [r for r in due if r.item.id in self._refused]
        groups = [[r for r in due if r.item.id not in self._refused], *([one] for one in once_refused)]
        for text, ids in (message for group in groups for message in messages(group)):
            # Sent first, marked after: a kill in between announces twice, which is better than never.
            if not await self._services.cluster.leads(self._role):
                return False  # after a hang, another process announces the rest
            if text and not await self._say(text, None, self._platform):
                self._note_refused(text, ids)
                continue
            self._unmarked.update(ids)
            for item_id in ids:
                self._refused.pop(item_id, None)
            await self._mark_announced(ids)
        return bool(due)

    def _note_refused(self, text: str, ids: Sequence[int]) -> None:
        now = asyncio.get_running_loop().time()
        for item_id in ids:
            before = self._refused.get(item_id)
            pause = FIRST_PAUSE if before is None else min(LONGEST_PAUSE, 2 * before.pause)
            self._refused[item_id] = _Refused(pause, now + pause)
        log.warning("Chat could not be told, and will be again: %s", text)

    def _pause(self) -> float | None:
        """Seconds until something that chat refused is tried again; None where there is nothing."""
        if not self._refused:
            return None
        return max(0.0, min(one.again_at for one in self._refused.values()) - asyncio.get_running_loop().time())

    async def _mark_announced(self, ids: Sequence[int]) -> None:
        if ids:
            async with self._services.database.write() as session:
                await session.execute(update(QueueItem).where(QueueItem.id.in_(ids)).values(told=True))
            self._unmarked.difference_update(ids)


def messages(results: Sequence[UnannouncedResult]) -> list[tuple[str, list[int]]]:
    """The chat messages for these results, each with the ids of its items."""
    spoken = [r for r in results if r.note and r.item.buyer]
    lines = [(r.note, [r.item.id]) for r in spoken if r.item.status == "done"]
    refunds = [r for r in spoken if r.item.status != "done"]
    for reason in dict.fromkeys(r.note for r in refunds):
        lines += _refunds(reason, [r for r in refunds if r.note == reason])
    silent = [r.item.id for r in results if r not in spoken]
    return _joined([*lines, *([("", silent)] if silent else [])])


def _refunds(reason: str, refunds: Sequence[UnannouncedResult]) -> list[tuple[str, list[int]]]:
    if len(refunds) == 1:
        (one,) = refunds
        return [(f"@{one.item.buyer} {one.item.redeem}: {reason}{_back(one)}", [one.item.id])]
    parts: list[list[UnannouncedResult]] = [[]]
    for one in refunds:
        if parts[-1] and (len(parts[-1]) == MENTIONS or len(_gathered(reason, [*parts[-1], one])) > MESSAGE_LENGTH):
            parts.append([])
        parts[-1].append(one)
    return [(_gathered(reason, part), [r.item.id for r in part]) for part in parts]


def _gathered(reason: str, refunds: Sequence[UnannouncedResult]) -> str:
    who = ", ".join(f"@{r.item.buyer} ({r.item.redeem}{_back_in_short(r)})" for r in refunds)
    return _("{reason} Refunded: {people}.", reason=reason, people=who)


def _back(result: UnannouncedResult) -> str:
    if result.item.redemption:
        return " " + _("Your channel points are back.")
    if not result.back:
        return ""
    amount = count(result.back, "point")
    return " " + _("Your {points} is back.", "Your {points} are back.", n=result.back, points=amount)


def _back_in_short(result: UnannouncedResult) -> str:
    if result.item.redemption:
        return ", " + _("channel points back")
    return ", " + _("{amount} back", amount=str(result.back)) if result.back else ""


def _joined(lines: Sequence[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """Join lines into as few messages as possible."""
    joined: list[tuple[str, list[int]]] = []
    for text, ids in lines:
        if joined and len(joined[-1][0]) + len(text) + 3 <= MESSAGE_LENGTH:
            before, covered = joined[-1]
            joined[-1] = (" · ".join(t for t in (before, text) if t), covered + ids)
        else:
            joined.append((text, ids))
    return joined
