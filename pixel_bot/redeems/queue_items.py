"""Items of the queue as rows: claimed, put back, ended. Every change of a status stands here."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import EPOCH
from pixel_bot.db.models import QueueItem, User
from pixel_bot.model.outcome import Effect, UnknownEffect, fields_of, from_payload, lane_of, to_payload, track_of
from pixel_bot.model.outcome import Lane as LaneName
from pixel_bot.model.people import Platform, platform_of

WAITING = ("pending", "running")
FOLLOW_UP_IDS: dict[Platform, str | None] = {"twitch": None, "joystick": "joystick:"}
"""In place of a message's id, for what follows another item: only where it is answered."""


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
    redemption: str | None
    """Twitch's redemption that paid for it; None where points did, or nobody."""

    @property
    def platform(self) -> Platform:
        """Where it was asked for, and is answered."""
        return platform_of(self.message_id)

    @property
    def follow_up_id(self) -> str | None:
        """What stands for the message of something that follows this item for free, so that it is answered there."""
        return FOLLOW_UP_IDS[self.platform]

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
    redemption: str | None = None


async def put(session: AsyncSession, draft: Draft) -> int:
    """Write a new item in the caller's transaction. Returns its id."""
    kind = lane_of(draft.effect, draft.declared)
    values = {
        "kind": kind,
        "status": "pending",
        "payload_json": to_payload(draft.effect) | (draft.extra or {}),
        "created_at": draft.at,
        "redeem": draft.redeem,
        "user_id": draft.user_id,
        "cost": draft.cost,
        "track": track_of(draft.effect, kind),
        "token": secrets.token_hex(8),
        "message_id": draft.message_id,
        "cooldown_until": draft.cooldown_until,
        "everyone_until": draft.everyone_until,
        "told": True,
        "redemption": draft.redemption,
    }
    return (await session.execute(_PUT, values)).scalar_one()


_U = cast(Table, User.__table__).c
_OTHER = cast(Table, User.__table__).alias("other")
_ON_JOYSTICK = QueueItem.message_id.like("joystick:%")
_BUYER = func.coalesce(
    # Somebody who is on both platforms is called there as they are called there.
    case((_ON_JOYSTICK, select(_OTHER.c.display_name).where(_OTHER.c.merged_into == _U.id).limit(1).scalar_subquery())),
    _U.display_name,
    _U.name,
)

# Prepared once: to put a statement together costs more than to run it.
TABLE = cast(Table, QueueItem.__table__)
Q = TABLE.c
_PUT = insert(TABLE).returning(Q.id)
_FIELDS = (
    Q.id,
    Q.kind,
    Q.status,
    Q.track,
    Q.redeem,
    Q.user_id,
    _BUYER.label("buyer"),
    Q.cost,
    Q.token,
    Q.payload_json,
    Q.attempts,
    Q.created_at,
    Q.page,
    Q.begun_at,
    Q.message_id,
    Q.redemption,
)
_ITEMS = select(*_FIELDS).select_from(TABLE.outerjoin(User.__table__, _U.id == Q.user_id))
_QUEUE_HEAD = _ITEMS.where(Q.track == bindparam("on"), Q.status == "pending").order_by(Q.id).limit(1)
_CONCURRENT = select(Q.id).where(Q.track.is_(None), Q.status == "pending").limit(1)
_END_ONE = (
    update(TABLE)
    .where(Q.id == bindparam("item"), Q.status.in_(WAITING))
    .values(status="done", finished_at=bindparam("now"), note=bindparam("words"), told=bindparam("heard"))
    .returning(Q.id)
)


def asked_on(platform: Platform) -> ColumnElement[bool]:
    """The condition for items that were asked for on that platform."""
    return _ON_JOYSTICK if platform == "joystick" else Q.message_id.is_(None) | ~_ON_JOYSTICK


async def head(session: AsyncSession, worker: str) -> Item | None:
    """The oldest item of a track that waits."""
    row = (await session.execute(_QUEUE_HEAD, {"on": worker})).first()
    return None if row is None else _item(row)


async def any_concurrent(session: AsyncSession) -> bool:
    """True when an item that runs beside others waits."""
    return (await session.execute(_CONCURRENT)).first() is not None


async def load(session: AsyncSession, *where: ColumnElement[bool], limit: int | None = None) -> list[Item]:
    """Items that fit, in their order."""
    result = await session.execute(_ITEMS.where(*where).order_by(Q.id).limit(limit))
    return [_item(row) for row in result]


async def last(session: AsyncSession, *where: ColumnElement[bool]) -> Item | None:
    """The newest item that fits."""
    row = (await session.execute(_ITEMS.where(*where).order_by(Q.id.desc()).limit(1))).first()
    return None if row is None else _item(row)


UNTOUCHED = (QueueItem.page.is_(None), QueueItem.begun_at.is_(None))
"""Of an item of which nothing was seen or heard yet, as far as we know."""


async def begin(session: AsyncSession, item_id: int, now: datetime) -> None:
    """From now on its effect may have been seen or heard."""
    began = func.coalesce(QueueItem.begun_at, now)
    await session.execute(update(QueueItem).where(QueueItem.id == item_id).values(begun_at=began))


async def assign_page(session: AsyncSession, item_id: int, page: str) -> None:
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
    values: dict[str, Any] = {"status": "pending", "started_at": None, "owner": None}
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
        update(TABLE)
        .where(Q.status.in_(WAITING), *where)
        .values(status=status, finished_at=now, note=note or None, told=told)
        .returning(Q.id)
    )
    return sorted(result.scalars())


@dataclass(frozen=True, slots=True)
class UnannouncedResult:
    """An item that ended, the words on it that chat must still hear, and the points that went back."""

    item: Item
    note: str
    back: int


async def unannounced(session: AsyncSession, limit: int, platform: Platform) -> list[UnannouncedResult]:
    """Endings that chat on that platform must still hear of, oldest first."""
    untold = Q.told.is_(False), asked_on(platform)
    query = _ITEMS.add_columns(Q.note, Q.refunded_at).where(*untold).order_by(Q.id).limit(limit)
    rows = (await session.execute(query)).all()
    return [UnannouncedResult(_item(row[:-2]), row.note or "", row.cost if row.refunded_at else 0) for row in rows]


async def done(session: AsyncSession, item_id: int, now: datetime, words: str) -> bool:
    """Its effect happened; chat must hear the words, where there are any. Returns False when it had ended before."""
    values = {"item": item_id, "now": now, "words": words or None, "heard": not words}
    return (await session.execute(_END_ONE, values)).first() is not None


def _item(row: Sequence[Any]) -> Item:
    item_id, kind, status, track, redeem, user_id, buyer, cost, token, payload, attempts, created, *rest = row
    page, begun_at, message_id, redemption = rest
    return Item(
        item_id,
        kind,
        status,
        track,
        redeem or "",
        user_id,
        buyer or "",
        cost,
        token or "",
        payload,
        attempts,
        created or EPOCH,
        page,
        begun_at,
        message_id,
        redemption,
    )


def has_known_effect(item: Item) -> bool:
    """True when we know how to make it happen."""
    try:
        return bool(item.effect)
    except UnknownEffect:
        return False
