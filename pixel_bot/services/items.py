"""Items of the queue as rows: claimed, put back, ended. Every change of a status stands here."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import EPOCH
from pixel_bot.db.models import Lane, QueueItem, User
from pixel_bot.services.outcome import Effect, fields_of, from_payload, lane_of, to_payload, track_of
from pixel_bot.services.outcome import Lane as LaneName

WAITING = ("pending", "running")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the queue, with its buyer's name for chat; ``user_id`` is None where nobody bought it."""

    id: int
    kind: str
    status: str
    track: str | None
    redeem: str
    user_id: int | None
    buyer: str
    cost: int
    token: str
    payload: Any
    attempts: int
    created_at: datetime
    page: str | None
    begun_at: datetime | None
    message_id: str | None

    @property
    def draw(self) -> int | None:
        """The wheel's draw that it shows; None for other effects."""
        return fields_of(self.payload).get("draw")

    @property
    def effect(self) -> Effect:
        """What is to happen.

        Raises:
            UnknownEffect: nothing that we know.
        """
        return from_payload(self.payload)


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it stands in the queue."""

    effect: Effect
    redeem: str
    user_id: int | None
    at: datetime
    cost: int = 0
    declared: LaneName = "effect"
    message_id: str | None = None
    cooldown_until: datetime | None = None
    everyone_until: datetime | None = None
    extra: dict[str, Any] | None = None


async def put(session: AsyncSession, draft: Draft) -> int:
    """Write a new item in the caller's transaction. Returns its id."""
    kind = lane_of(draft.effect, draft.declared)
    statement = insert(QueueItem).values(
        kind=kind,
        status="pending",
        payload_json=to_payload(draft.effect) | (draft.extra or {}),
        created_at=draft.at,
        redeem=draft.redeem,
        user_id=draft.user_id,
        cost=draft.cost,
        track=track_of(draft.effect, kind),
        token=secrets.token_hex(8),
        message_id=draft.message_id,
        cooldown_until=draft.cooldown_until,
        everyone_until=draft.everyone_until,
        told=True,
    )
    return (await session.execute(statement.returning(QueueItem.id))).scalar_one()


async def claim(session: AsyncSession, track: str | None, now: datetime, most: int = 1) -> list[Item]:
    """Take the next pending items, which are running from then on. A track runs one item at a time, in order.

    On PostgreSQL the lane's row is locked first, so that two processes never run two items of one track at once; items
    without a track are taken past those that another process holds.
    """
    chosen = select(QueueItem.id).where(_on(track), QueueItem.status == "pending").order_by(QueueItem.id).limit(most)
    if track is not None:
        if session.get_bind().dialect.name == "postgresql":
            lane = "effect" if track == "sound" else track
            await session.execute(select(Lane.kind).where(Lane.kind == lane).with_for_update())
        busy = await session.execute(select(QueueItem.id).where(_on(track), QueueItem.status == "running").limit(1))
        if busy.first() is not None:
            return []
    ids = (await session.execute(chosen.with_for_update(skip_locked=True))).scalars().all()
    if not ids:
        return []
    await session.execute(update(QueueItem).where(QueueItem.id.in_(ids)).values(status="running", started_at=now))
    return await load(session, QueueItem.id.in_(ids))


def _on(track: str | None) -> ColumnElement[bool]:
    return QueueItem.track.is_(None) if track is None else QueueItem.track == track


async def load(session: AsyncSession, *where: ColumnElement[bool], limit: int | None = None) -> list[Item]:
    """Items that fit, in their order."""
    result = await session.execute(_items().where(*where).order_by(QueueItem.id).limit(limit))
    return [_item(row) for row in result]


async def count_pending(session: AsyncSession, track: str | None = None) -> int:
    """How many items of a track, or of those without one, wait."""
    query = select(func.count()).select_from(QueueItem).where(_on(track), QueueItem.status == "pending")
    return (await session.execute(query)).scalar_one()


async def last(session: AsyncSession, *where: ColumnElement[bool]) -> Item | None:
    """The newest item that fits."""
    row = (await session.execute(_items().where(*where).order_by(QueueItem.id.desc()).limit(1))).first()
    return None if row is None else _item(row)


UNTOUCHED = (QueueItem.page.is_(None), QueueItem.begun_at.is_(None))
"""Of an item of which nothing was seen or heard yet, as far as we know."""


async def begin(session: AsyncSession, item_id: int, now: datetime) -> None:
    """From now on its effect may have been seen or heard."""
    began = func.coalesce(QueueItem.begun_at, now)
    await session.execute(update(QueueItem).where(QueueItem.id == item_id).values(begun_at=began))


async def give_to(session: AsyncSession, item_id: int, page: str) -> None:
    """Note which page gets it, so that after a restart the same page is asked first."""
    await session.execute(update(QueueItem).where(QueueItem.id == item_id).values(page=page))


async def put_back(session: AsyncSession, ids: Sequence[int], *, released: bool = False, counted: bool = True) -> None:
    """Running items wait again, at the head of their lane, because they are its oldest.

    Args:
        session: the caller's transaction.
        ids: which.
        released: the page that had them has let go: any page may play them.
        counted: whether this counts as an attempt.
    """
    values: dict[str, Any] = {"status": "pending", "started_at": None}
    if released:
        values["page"] = None
    if counted:
        values["attempts"] = QueueItem.attempts + 1
    await session.execute(
        update(QueueItem).where(QueueItem.id.in_(ids), QueueItem.status == "running").values(**values)
    )


async def end(
    session: AsyncSession, where: Sequence[ColumnElement[bool]], status: str, now: datetime, note: str, *, told: bool
) -> list[int]:
    """Items that still wait or run end, once. Returns the ids of those that did."""
    result = await session.execute(
        update(QueueItem)
        .where(QueueItem.status.in_(WAITING), *where)
        .values(status=status, finished_at=now, note=note or None, told=told)
        .returning(QueueItem.id)
    )
    return sorted(result.scalars())


@dataclass(frozen=True, slots=True)
class Told:
    """An item that ended, the words on it that chat must still hear, and the points that went back."""

    item: Item
    note: str
    back: int


async def untold(session: AsyncSession, limit: int) -> list[Told]:
    """Endings that chat must still hear of, oldest first."""
    query = _items().where(QueueItem.told.is_(False)).order_by(QueueItem.id).limit(limit)
    rows = (await session.execute(query)).all()
    return [Told(_item(row), row[0].note or "", row[0].cost if row[0].refunded_at else 0) for row in rows]


async def note(session: AsyncSession, item_id: int, words: str) -> None:
    """Chat must hear these words of an item."""
    await session.execute(update(QueueItem).where(QueueItem.id == item_id).values(note=words, told=not words))


def _items() -> Select[QueueItem, str]:
    buyer = func.coalesce(User.display_name, User.name)
    return (
        select(QueueItem, buyer.label("buyer"))
        .outerjoin(User, User.id == QueueItem.user_id)
        .execution_options(populate_existing=True)
    )


def _item(row: Row[QueueItem, str]) -> Item:
    q = row[0]
    return Item(
        q.id,
        q.kind,
        q.status,
        q.track,
        q.redeem or "",
        q.user_id,
        row[1] or "",
        q.cost,
        q.token or "",
        q.payload_json,
        q.attempts,
        q.created_at or EPOCH,
        q.page,
        q.begun_at,
        q.message_id,
    )
