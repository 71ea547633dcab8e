"""Taking items of the queue to work on, each once, whoever else is at it."""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import Lane
from pixel_bot.model.outcome import LANE_OF_TRACK
from pixel_bot.model.people import PLATFORMS, Platform
from pixel_bot.redeems.queue_items import TABLE, Item, Q, asked_on, load

_OTHER = TABLE.alias("other")
_CLAIM = (
    update(TABLE)
    .where(
        Q.id == bindparam("item"),
        Q.status == "pending",
        ~exists(select(_OTHER.c.id).where(_OTHER.c.track == bindparam("on"), _OTHER.c.status == "running")),
    )
    .values(
        status="running",
        started_at=bindparam("now"),
        page=func.coalesce(Q.page, bindparam("free_page")),
        owner=bindparam("mine"),
    )
    .returning(Q.id)
)
_NEXT_CONCURRENT = {
    platform: (
        select(Q.id)
        .where(Q.track.is_(None), Q.status == "pending", asked_on(platform))
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
    """Take the oldest item of a track, unless another of the track runs, or somebody else was faster.

    On PostgreSQL the lane's row is locked first, so that two processes never run two items of one track at once.

    Args:
        session: the caller's transaction.
        head: the item, as it was found.
        now: when it starts.
        page: the overlay page that is to have it, unless it had one before.
        owner: the number of this process, where several share the database.
    """
    if session.get_bind().dialect.name == "postgresql":
        lane = LANE_OF_TRACK[head.track or ""]
        await session.execute(select(Lane.kind).where(Lane.kind == lane).with_for_update())
    values = {"item": head.id, "on": head.track, "now": now, "free_page": page, "mine": owner}
    if (await session.execute(_CLAIM, values)).first() is None:
        return None
    # Read again: what somebody else noted on it since it was found counts.
    return (await load(session, Q.id == head.id))[0]


async def claim_concurrent(
    session: AsyncSession, now: datetime, most: int, platform: Platform = "twitch", owner: int | None = None
) -> list[Item]:
    """Take items of a platform without a track, oldest first. On PostgreSQL past those that another process holds."""
    ids = (await session.execute(_NEXT_CONCURRENT[platform], {"most": most})).scalars().all()
    if not ids:
        return []
    await session.execute(_START, {"ids": ids, "now": now, "mine": owner})
    return await load(session, Q.id.in_(ids))
