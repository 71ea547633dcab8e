"""What goes along when two accounts become one, beside points and XP; all in the caller's transaction.

Nobody gets away from a cooldown or a block by it: not by linking, and not by being taken apart again.
"""

from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import Draw, QueueItem, User
from pixel_bot.db.sets import sql
from pixel_bot.services.outcome import fields_of

_COPY_COOLDOWNS = """
INSERT INTO cooldowns (user_id, key, expires_at)
SELECT :taker, c.key, c.expires_at FROM cooldowns c WHERE c.user_id = :giver
ON CONFLICT (user_id, key) DO UPDATE SET expires_at =
    CASE WHEN excluded.expires_at > cooldowns.expires_at THEN excluded.expires_at ELSE cooldowns.expires_at END
"""

_COPY_BLOCKS = """
INSERT INTO blocks (user_id, key, created_at)
SELECT :taker, b.key, b.created_at FROM blocks b WHERE b.user_id = :giver
ON CONFLICT (user_id, key) DO NOTHING
"""

_NOT_GIVEN = or_(Draw.owed, and_(Draw.landed_at.is_(None), Draw.cancelled_at.is_(None)))
"""Of a draw whose prize is still to come."""


async def hand_over(session: AsyncSession, giver: int, taker: int) -> None:
    """All that one account has goes to the other: of two cooldowns the later end holds, and blocks add up."""
    await _copy_restraints(session, giver, taker)
    for table in ("cooldowns", "blocks"):
        await session.execute(sql(f"DELETE FROM {table} WHERE user_id = :giver"), {"giver": giver})
    await session.execute(update(QueueItem).where(QueueItem.user_id == giver).values(user_id=taker))
    await session.execute(update(Draw).where(Draw.user_id == giver, _NOT_GIVEN).values(user_id=taker))
    theirs = select(User.voice).where(User.id == giver).scalar_subquery()
    await session.execute(update(User).where(User.id == taker, User.voice.is_(None)).values(voice=theirs))


async def hand_back(session: AsyncSession, giver: int, taker: int, until: datetime) -> None:
    """The accounts are two again. What was asked for on Joystick.tv before they became one goes back to its buyer.

    Args:
        session: the transaction.
        giver: the account that had everything.
        taker: the other one.
        until: when they became one; what was bought since was paid by both.
    """
    await _copy_restraints(session, giver, taker)
    asked_there = (QueueItem.message_id.like("joystick:%"), QueueItem.created_at <= until)
    moved = await session.execute(
        update(QueueItem)
        .where(QueueItem.user_id == giver, *asked_there)
        .values(user_id=taker)
        .returning(QueueItem.payload_json)
    )
    draws = [draw for payload in moved.scalars() if (draw := fields_of(payload).get("draw")) is not None]
    await session.execute(update(Draw).where(Draw.id.in_(draws), _NOT_GIVEN).values(user_id=taker))


async def _copy_restraints(session: AsyncSession, giver: int, taker: int) -> None:
    for copy in (_COPY_COOLDOWNS, _COPY_BLOCKS):
        await session.execute(sql(copy), {"giver": giver, "taker": taker})
