"""Claiming queue items: a conditional update, so that of several workers and processes one gets each item."""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import Lane
from pixel_bot.model.outcome import lane_of_track
from pixel_bot.model.people import PLATFORMS, Platform
from pixel_bot.redeems.queue_items import NOT_HELD, TABLE, Item, Q, bought_on, load

_OTHER = TABLE.alias("other")
_CLAIM = (
    update(TABLE)
    .where(
        Q.id == bindparam("item"),
        Q.status == "pending",
        NOT_HELD,
        ~exists(select(_OTHER.c.id).where(_OTHER.c.track == bindparam("worker"), _OTHER.c.status == "running")),
    )
    .values(
        status="running",
        started_at=bindparam("now"),
        page=func.coalesce(Q.page, bindparam("free_page")),
        owner=bindparam("mine"),
    )
    .returning(Q.id)
)
# SKIP LOCKED: a process takes other items than those that another one is claiming, instead of waiting for it.
_NEXT_CONCURRENT = {
    platform: (
        select(Q.id)
        .where(Q.track.is_(None), Q.status == "pending", bought_on(platform))
        .order_by(Q.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    for platform in PLATFORMS
}
_START = (
    update(TABLE)
    .where(Q.id.in_(bindparam("ids", expanding=True)))
    .values(status="running", started_at=bindparam("now"), owner=bindparam("mine"))
)


async def claim_head(
    session: AsyncSession, head: Item, now: datetime, page: str | None, owner: int | None = None
) -> Item | None:
    """Claim the oldest item of a lane's worker. None when another of its items runs, or this one was claimed before.

    Args:
        session: the caller's transaction.
        head: the item, as it was read.
        now: the time of the claim.
        page: the overlay page that gets it, unless it had one before.
        owner: the number of this process, where several share the database.
    """
    # Lane row lock: two transactions, blind to each other's uncommitted claim, could both pass ``_CLAIM``'s condition.
    if session.get_bind().dialect.name == "postgresql":
        lane = lane_of_track(head.track or "")
        await session.execute(select(Lane.kind).where(Lane.kind == lane).with_for_update())
    values = {"item": head.id, "worker": head.track, "now": now, "free_page": page, "mine": owner}
    if (await session.execute(_CLAIM, values)).first() is None:
        return None
    # Reloaded: another process may have changed its page or attempts since it was read.
    return (await load(session, Q.id == head.id))[0]


async def claim_concurrent(
    session: AsyncSession, now: datetime, most: int, platform: Platform = "twitch", owner: int | None = None
) -> list[Item]:
    """Claim concurrent items of a platform, oldest first, except those that another process is claiming."""
    ids = (await session.execute(_NEXT_CONCURRENT[platform], {"most": most})).scalars().all()
    if not ids:
        return []
    await session.execute(_START, {"ids": ids, "now": now, "mine": owner})
    return await load(session, Q.id.in_(ids))
