"""KEEP_DAYS: deletes what viewers and mods wrote, after so many days. Points, the ledger and processed ids stay.

==============================  ======================================================================================
what                            after KEEP_DAYS
==============================  ======================================================================================
items of the queue that ended   their texts go: what was read out, asked, shown; and how they ended. The row stays for
                                the week that refunds need. Not before chat and Twitch were notified
changes by mods                 their summary goes, which names people; they can still be undone
the audit log                   whom or what an act was about goes, and what was before and after; who did it stays
codes for linking accounts      removed, once they have expired
old log files in DATA_DIR/logs  removed; never the one that is being written
==============================  ======================================================================================

Ids of messages and events are no texts. ``cleanup`` removes them as soon as they guard nothing any more.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, select, update

from pixel_bot.clock import Clock
from pixel_bot.concurrency.throttle import throttle_after
from pixel_bot.db.engine import Database
from pixel_bot.db.models import Change, QueueItem
from pixel_bot.db.models_audit import AuditRow
from pixel_bot.db.models_links import LinkCode
from pixel_bot.db.models_twitch import Redemption
from pixel_bot.model.outcome import COUNTS_FROM, KEPT, UNHEARD
from pixel_bot.points.cooldowns import AT_ONCE

log = logging.getLogger(__name__)

DELETED = "a change whose text is deleted by now"
KEPT_KEYS = frozenset({KEPT, COUNTS_FROM, UNHEARD})
"""Of an item's payload: what a redeem kept in its purchase, and from when it counts, which a refund must find."""

LOGS = "logs"


class Retention:
    """Deletes texts that are older than ``days``; nothing when that is 0."""

    def __init__(self, database: Database, clock: Clock, days: int, data_dir: Path) -> None:
        self._database = database
        self._clock = clock
        self._days = days
        self._logs = data_dir / LOGS

    async def run(self) -> int:
        """Delete what is due. Returns how many rows lost their text, and files."""
        if not self._days:
            return 0
        limit = self._clock.now() - timedelta(days=self._days)
        rows = await self._items(limit) + await self._changes(limit) + await self._codes(limit)
        rows += await self._audit(limit)
        return rows + await asyncio.to_thread(_remove_logs, self._logs, limit)

    async def _items(self, limit: datetime) -> int:
        emptied, after = 0, -1
        open_items = select(Redemption.item_id).where(Redemption.reported_at.is_(None), Redemption.item_id.is_not(None))
        ended = (
            QueueItem.status.in_(("done", "failed")),
            QueueItem.finished_at < limit,
            QueueItem.told.is_(True),
            QueueItem.id.not_in(open_items),
        )
        columns = (QueueItem.id, QueueItem.payload_json, QueueItem.note)
        while True:
            query = select(*columns).where(QueueItem.id > after, *ended).order_by(QueueItem.id).limit(AT_ONCE)
            async with self._database.readers() as session:
                found = (await session.execute(query)).all()
            if not found:
                return emptied
            due = [(row.id, rest) for row in found if (rest := _rest(row.payload_json)) != row.payload_json or row.note]
            if due:
                async with throttle_after(self._database.write()) as session:
                    for item_id, rest in due:
                        values = {"payload_json": rest, "note": None}
                        await session.execute(update(QueueItem).where(QueueItem.id == item_id, *ended).values(values))
            emptied += len(due)
            after = found[-1].id

    async def _changes(self, limit: datetime) -> int:
        old = (Change.created_at < limit, Change.batch.is_(None), Change.summary != DELETED)
        return await self._empty(Change, old, summary=DELETED)

    async def _audit(self, limit: datetime) -> int:
        old = (AuditRow.at < limit, AuditRow.target != "")
        return await self._empty(AuditRow, old, target="", before_json=None, after_json=None)

    async def _empty(
        self, model: type[Change] | type[AuditRow], old: Sequence[ColumnElement[bool]], **values: Any
    ) -> int:
        """Set columns of old rows, some at a time. Returns how many rows that were."""
        emptied = 0
        while True:
            async with self._database.readers() as session:
                found = list((await session.execute(select(model.id).where(*old).limit(AT_ONCE))).scalars())
            if not found:
                return emptied
            async with throttle_after(self._database.write()) as session:
                await session.execute(update(model).where(model.id.in_(found), *old).values(**values))
            emptied += len(found)

    async def _codes(self, limit: datetime) -> int:
        async with self._database.readers() as session:
            if not (await session.execute(select(LinkCode.user_id).where(LinkCode.expires_at < limit).limit(1))).all():
                return 0
        async with throttle_after(self._database.write()) as session:
            gone = await session.execute(
                delete(LinkCode).where(LinkCode.expires_at < limit).returning(LinkCode.user_id)
            )
            return len(gone.all())


def _rest(payload: Any) -> dict[str, Any]:
    """What stays of a payload."""
    if not isinstance(payload, dict):
        return {}
    return {key: value for key, value in cast(dict[str, Any], payload).items() if key in KEPT_KEYS}


def _remove_logs(folder: Path, limit: datetime) -> int:
    removed = 0
    for path in _old_logs(folder):
        try:
            if path.stat().st_mtime < limit.timestamp():
                path.unlink()
                removed += 1
        except OSError as exc:
            log.warning("The old log %s could not be removed: %s", path.name, exc.strerror)
    return removed


def _old_logs(folder: Path) -> Iterator[Path]:
    """Rotated logs: ``pixel.log.1``, ``pixel-2026-01-31.log``; not ``pixel.log`` itself."""
    for path in folder.glob("pixel*.log*"):
        if path.name != "pixel.log" and path.is_file() and not path.is_symlink():
            yield path
