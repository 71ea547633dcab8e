"""Queue items as rows: inserted, read, requeued, ended. Changes of a status are conditional updates."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import EPOCH
from pixel_bot.db.models import QueueItem, User
from pixel_bot.model.outcome import Effect, UnknownEffect, from_payload, lane_of, to_payload, track_of
from pixel_bot.model.outcome import Lane as LaneName
from pixel_bot.model.people import Platform, platform_of

WAITING = ("pending", "running")
FOLLOW_UP_IDS: dict[Platform, str | None] = {"twitch": None, "joystick": "joystick:"}
"""``message_id`` of items that follow another one for free: it only says on which platform they are answered."""


@dataclass(frozen=True, slots=True)
class Item:
    """One queue item, with its buyer's display name; ``user_id`` is None for an item without a buyer.

    ``track`` names the lane's worker that plays it, one item at a time; None for items that run concurrently.
    """

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
    """The id of the channel points redemption that paid for it; None for one paid with points, or free."""
    approval: str | None = None
    """Whether a mod must say yes to it: one of the words of ``approvals``; None for an item that needs none."""
    approved_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        """True while it waits for a mod's yes."""
        return self.status == "pending" and self.approval == "waiting"

    @property
    def waits_since(self) -> datetime:
        """Since when it could play, if a page were there."""
        return self.approved_at or self.created_at

    @property
    def platform(self) -> Platform:
        """The platform where it was bought, and is answered."""
        return platform_of(self.message_id)

    @property
    def follow_up_id(self) -> str | None:
        """The ``message_id`` of items that follow this one for free, so that they are answered on the same platform."""
        return FOLLOW_UP_IDS[self.platform]

    @property
    def effect(self) -> Effect:
        """The effect, parsed from the payload.

        Raises:
            UnknownEffect: it cannot be parsed.
        """
        return from_payload(self.payload)


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it is inserted."""

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
    approval: str | None = None


async def put(session: AsyncSession, draft: Draft) -> int:
    """Insert an item in the caller's transaction. Returns its id."""
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
        "approval": draft.approval,
    }
    return (await session.execute(_PUT, values)).scalar_one()


_U = cast(Table, User.__table__).c
_OTHER = cast(Table, User.__table__).alias("other")
_ON_JOYSTICK = QueueItem.message_id.like("joystick:%")
_BUYER = func.coalesce(
    # A linked viewer is addressed by the name of the platform where the item was bought.
    case((_ON_JOYSTICK, select(_OTHER.c.display_name).where(_OTHER.c.merged_into == _U.id).limit(1).scalar_subquery())),
    _U.display_name,
    _U.name,
)

# Built once: building a statement costs more than running it.
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
    Q.approval,
    Q.approved_at,
)
ITEMS = select(*_FIELDS).select_from(TABLE.outerjoin(User.__table__, _U.id == Q.user_id))
NOT_HELD = Q.approval.is_(None) | (Q.approval != "waiting")
"""The condition for items that wait for no mod's yes."""
_QUEUE_HEAD = ITEMS.where(Q.track == bindparam("worker"), Q.status == "pending", NOT_HELD).order_by(Q.id).limit(1)
# Conditional update: an item ends once, whether by its effect, a refund or a mod. The first statement wins.
_END_ONE = (
    update(TABLE)
    .where(Q.id == bindparam("item"), Q.status.in_(WAITING))
    .values(status="done", finished_at=bindparam("now"), note=bindparam("text"), told=bindparam("announced"))
    .returning(Q.id)
)


def bought_on(platform: Platform) -> ColumnElement[bool]:
    """The condition for items that were bought on that platform."""
    return _ON_JOYSTICK if platform == "joystick" else Q.message_id.is_(None) | ~_ON_JOYSTICK


async def head(session: AsyncSession, worker: str) -> Item | None:
    """The oldest pending item of a lane's worker."""
    row = (await session.execute(_QUEUE_HEAD, {"worker": worker})).first()
    return None if row is None else item_of(row)


async def load(session: AsyncSession, *where: ColumnElement[bool], limit: int | None = None) -> list[Item]:
    """Matching items, oldest first."""
    result = await session.execute(ITEMS.where(*where).order_by(Q.id).limit(limit))
    return [item_of(row) for row in result]


async def last(session: AsyncSession, *where: ColumnElement[bool]) -> Item | None:
    """The newest matching item."""
    row = (await session.execute(ITEMS.where(*where).order_by(Q.id.desc()).limit(1))).first()
    return None if row is None else item_of(row)


def still_claimed(item: Item, owner: int | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that nobody has taken the item over since a process claimed it, because that one hung.

    None where the bot is alone on its database (``owner`` is None then). Whoever takes an item over writes its number
    into the row, so one without a number is nobody else's.
    """
    is_ours = Q.owner.is_(None) | (Q.owner == owner)
    return () if owner is None else (is_ours, Q.attempts == item.attempts, Q.status == "running")


UNTOUCHED = (QueueItem.page.is_(None), QueueItem.begun_at.is_(None))
"""The condition for items that no page has got, and that have not begun."""


async def begin(session: AsyncSession, item_id: int, now: datetime, *where: ColumnElement[bool]) -> bool:
    """Set ``begun_at``: from now on its effect may have been seen or heard. False where ``where`` is not true of it."""
    # The first time counts: a repeated acknowledgement must not extend the timeout of what it began.
    began = func.coalesce(QueueItem.begun_at, now)
    statement = update(TABLE).where(Q.id == item_id, *where).values(begun_at=began).returning(Q.id)
    return (await session.execute(statement)).first() is not None


async def give_to(session: AsyncSession, item_id: int, page: str) -> None:
    """Store which page gets it, so that after a restart the same page is asked first."""
    await session.execute(update(QueueItem).where(QueueItem.id == item_id).values(page=page))


async def put_back(
    session: AsyncSession,
    ids: Sequence[int],
    *where: ColumnElement[bool],
    released: bool = False,
    counted: bool = True,
) -> None:
    """Requeue running items, at the head of their lane, because they are its oldest.

    Args:
        session: the caller's transaction.
        ids: which.
        where: what must still be true of them.
        released: whether the page that had them has given them up: any page may play them.
        counted: whether this counts as an attempt.
    """
    # Without ``released`` the page stays: only that page knows whether it has played the token already.
    values: dict[str, Any] = {"status": "pending", "started_at": None, "owner": None}
    if released:
        values["page"] = None
    if counted:
        values["attempts"] = QueueItem.attempts + 1
    # Only running ones: an item that a mod has refunded meanwhile must not become pending again.
    await session.execute(
        update(QueueItem).where(QueueItem.id.in_(ids), QueueItem.status == "running", *where).values(**values)
    )


async def end(
    session: AsyncSession, where: Sequence[ColumnElement[bool]], status: str, now: datetime, note: str, *, told: bool
) -> list[int]:
    """Conditional update: end items that are pending or running. Returns the ids of those that it ended."""
    result = await session.execute(
        update(TABLE)
        .where(Q.status.in_(WAITING), *where)
        .values(status=status, finished_at=now, note=note or None, told=told)
        .returning(Q.id)
    )
    return sorted(result.scalars())


async def done(session: AsyncSession, item_id: int, now: datetime, text: str) -> bool:
    """End an item whose effect happened, with a text to announce (may be empty). False when it had ended before."""
    values = {"item": item_id, "now": now, "text": text or None, "announced": not text}
    return (await session.execute(_END_ONE, values)).first() is not None


def item_of(row: Sequence[Any]) -> Item:
    item_id, kind, status, track, redeem, user_id, buyer, cost, token, payload, attempts, created, *rest = row
    known = (item_id, kind, status, track, redeem or "", user_id, buyer or "", cost, token or "", payload, attempts)
    return Item(*known, created or EPOCH, *rest)


def has_known_effect(item: Item) -> bool:
    """True when its effect can be parsed."""
    try:
        return bool(item.effect)
    except UnknownEffect:
        return False
