"""Retention: removes old rows that are no longer needed. Balances, ledger, XP, links, draws and changes always stay.

=========================  ===========================================================================================
rows                       when they are removed
=========================  ===========================================================================================
cooldowns                  an hour after they expired
items of the queue         7 days after they ended, once chat and Twitch were notified; never the newest one, because
                           SQLite would give its id to another one, which then counts as refunded
events ``answer``,         after 7 days. A platform delivers again within minutes; a week is beyond any doubt. Those of
``blocked``, ``chat``,     a chat log that was replayed stay, so that it still pays nothing when it is played again
``command``
events ``enter``           after 7 days: the same
events that pay nothing    after 7 days: the same (``announcement``, ``automaticreward``, ``bitsbadge``,
                           ``charitydonation``, ``hypetrain``, ``payitforward``)
events ``watch``           after 7 days: only the slot that ended last is ever paid
events ``follow``,         never: they count once in a person's life, or once for one item or draw
``level``, ``link``,
``sandbox``, ``refund``,
``wheel``
events ``sub``, ``gift``,  never: they are few, and somebody paid for them
``cheer``, ``raid``,
``tip``, ``wheelclaim``,
``upgrade``, ``streak``
claims of events           gifts, cheers and raids after 7 days, when no other event can tell of them any more; subs
                           after 400 days, because a gift can last a year
uses of what cogs limit    after 31 days, unless the limit is for ever
answers to requests        after 1 day: a script that sends a request again does so sooner
any other kind             never: a plugin may need it
=========================  ===========================================================================================

Rows are found by readers and removed in small, throttled transactions, so that no other writer waits long.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.concurrency.throttle import throttle_after
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import QueueItem, stamp
from pixel_bot.db.models_audit import AnsweredRequest
from pixel_bot.db.models_claims import EventClaim
from pixel_bot.db.models_cogs import LimitUse
from pixel_bot.db.models_twitch import Redemption
from pixel_bot.earning.event_matching import LOOK_BACK
from pixel_bot.points.cooldowns import AT_ONCE, Cooldowns

KEEP_ENDED = timedelta(days=7)
KEEP_SUBS = LOOK_BACK
KEEP_USES = timedelta(days=31)
KEEP_ANSWERS = timedelta(days=1)

EXPIRING_KINDS = (
    "answer",
    "blocked",
    "chat",
    "command",
    "enter",
    "watch",
    "announcement",
    "automaticreward",
    "bitsbadge",
    "charitydonation",
    "hypetrain",
    "payitforward",
)

SPAN = 20_000
"""Events that one query covers."""

_SPAN_END = f"SELECT MAX(id) FROM (SELECT id FROM events WHERE id > :after ORDER BY id LIMIT {SPAN}) AS span"
_KINDS = ", ".join(f"'{kind}'" for kind in EXPIRING_KINDS)
_EXPIRED = f"kind IN ({_KINDS}) AND created_at < :limit"
_LOG_ID = 16
"""Characters with which the ids of a replayed log's messages begin: those of the log."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many rows were removed."""

    cooldowns: int
    items: int
    events: int


class Cleanup:
    """Removes old rows that are no longer needed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cooldowns = Cooldowns(database, clock)

    async def run(self) -> Cleaned:
        """Remove all of them. Returns how many there were."""
        events = await self._events() + await self._claims()
        await self._uses()
        await self._answers()
        return Cleaned(await self._cooldowns.clean_up(), await self._items(), events)

    async def _uses(self) -> None:
        old = (LimitUse.period != "ever", LimitUse.at < self._clock.now() - KEEP_USES)
        async with self._database.readers() as session:
            if (await session.execute(select(LimitUse.uses).where(*old).limit(1))).first() is None:
                return
        async with throttle_after(self._database.write()) as session:
            await session.execute(delete(LimitUse).where(*old))

    async def _answers(self) -> None:
        old = AnsweredRequest.at < self._clock.now() - KEEP_ANSWERS
        async with self._database.readers() as session:
            if (await session.execute(select(AnsweredRequest.key).where(old).limit(1))).first() is None:
                return
        async with throttle_after(self._database.write()) as session:
            await session.execute(delete(AnsweredRequest).where(old))

    async def _items(self) -> int:
        removed = 0
        limit = self._clock.now() - KEEP_ENDED
        open_items = select(Redemption.item_id).where(Redemption.reported_at.is_(None), Redemption.item_id.is_not(None))
        expired = (
            QueueItem.status.in_(("done", "failed")),
            QueueItem.finished_at < limit,
            QueueItem.told.is_(True),
            QueueItem.id < select(func.max(QueueItem.id)).scalar_subquery(),
            QueueItem.id.not_in(open_items),
        )
        after = -1
        while True:
            query = select(QueueItem.id).where(QueueItem.id > after, *expired).order_by(QueueItem.id).limit(AT_ONCE)
            async with self._database.readers() as session:
                found = list((await session.execute(query)).scalars())
            if not found:
                return removed
            async with throttle_after(self._database.write()) as session:
                result = await session.execute(
                    delete(QueueItem).where(QueueItem.id.in_(found), *expired).returning(QueueItem.id)
                )
                removed += len(result.all())
            after = found[-1]

    async def _events(self) -> int:
        removed, after = 0, ""
        limit = stamp(self._clock.now() - KEEP_ENDED)
        while True:
            async with self._database.readers() as session:
                end = (await session.execute(sql(_SPAN_END), {"after": after})).scalar()
                if end is None:
                    return removed
                found = await _expired_events(session, after, end, limit)
            for start in range(0, len(found), AT_ONCE):
                async with throttle_after(self._database.write()) as session:
                    await _remove_events(session, found[start : start + AT_ONCE], limit)
            removed += len(found)
            after = end
            await asyncio.sleep(0)

    async def _claims(self) -> int:
        now = self._clock.now()
        expired = or_(and_(EventClaim.kind != "sub", EventClaim.at < now - KEEP_ENDED), EventClaim.at < now - KEEP_SUBS)
        removed = 0
        while True:
            async with self._database.readers() as session:
                found = list((await session.execute(select(EventClaim.id).where(expired).limit(AT_ONCE))).scalars())
            if not found:
                return removed
            async with throttle_after(self._database.write()) as session:
                await session.execute(delete(EventClaim).where(EventClaim.id.in_(found), expired))
            removed += len(found)


async def _expired_events(session: AsyncSession, after: str, end: str, limit: str) -> list[str]:
    """Expired ids of one span, without those of a chat log that was replayed."""
    query = f"SELECT id FROM events WHERE id > :after AND id <= :end AND {_EXPIRED} ORDER BY id"
    rows = await session.execute(sql(query), {"after": after, "end": end, "limit": limit})
    ids = [str(event_id) for event_id in rows.scalars()]
    if not ids:
        return ids
    keys = await session.execute(sql("SELECT key FROM meta WHERE key LIKE 'replay:%'"))
    logs = {str(key).removeprefix("replay:") for key in keys.scalars()}
    return [event_id for event_id in ids if event_id[:_LOG_ID] not in logs]


async def _remove_events(session: AsyncSession, ids: Sequence[str], limit: str) -> None:
    source = unfold(session, {"id": "text"})
    query = f"DELETE FROM events WHERE id IN (SELECT row.id FROM {source}) AND {_EXPIRED}"
    await session.execute(sql(query), {"rows": fold([(event_id,) for event_id in ids]), "limit": limit})
