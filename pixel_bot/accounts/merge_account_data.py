"""Merges account data other than points and XP: cooldowns, blocks, queue items; in the caller's transaction.

Neither linking nor unlinking ends a cooldown or a block, or takes somebody off the ignore list.
"""

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data import limits
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import QueueItem, Transaction, User
from pixel_bot.db.models_links import Link

_COPY_COOLDOWNS = """
INSERT INTO cooldowns (user_id, key, expires_at, started_at)
SELECT :taker, c.key, c.expires_at, c.started_at FROM cooldowns c
WHERE c.user_id = :giver AND (:with_chat OR c.key NOT IN ('chat', 'xp'))
ON CONFLICT (user_id, key) DO UPDATE SET expires_at = excluded.expires_at, started_at = excluded.started_at
WHERE excluded.expires_at > cooldowns.expires_at
"""

_COPY_BLOCKS = """
INSERT INTO blocks (user_id, key, created_at)
SELECT :taker, b.key, b.created_at FROM blocks b WHERE b.user_id = :giver
ON CONFLICT (user_id, key) DO NOTHING
"""

_COPY_IGNORED = """
INSERT INTO ignored_accounts (user_id, ignored, created_at)
SELECT :taker, i.ignored, i.created_at FROM ignored_accounts i WHERE i.user_id = :giver
ON CONFLICT (user_id) DO UPDATE SET ignored = (ignored_accounts.ignored OR excluded.ignored)
"""


async def merge_account_data(session: AsyncSession, giver: int, taker: int) -> None:
    """Move the data of one account to the other: of two cooldowns the later one stays, blocks are united."""
    await _copy_restraints(session, giver, taker, with_chat=True)
    for table in ("cooldowns", "blocks", "ignored_accounts"):
        await session.execute(sql(f"DELETE FROM {table} WHERE user_id = :giver"), {"giver": giver})
    await limits.move(session, giver, taker)
    await session.execute(update(QueueItem).where(QueueItem.user_id == giver).values(user_id=taker))
    voice = select(User.voice).where(User.id == giver).scalar_subquery()
    await session.execute(update(User).where(User.id == taker, User.voice.is_(None)).values(voice=voice))


async def split_account_data(session: AsyncSession, link: Link) -> None:
    """Split the data of two accounts: items that the merged one had bought before go back to it.

    The cooldowns of chat awards stay with the kept one: they record who wrote in chat, and that was one person.
    """
    await _copy_restraints(session, link.kept_id, link.merged_id, with_chat=False)
    await session.execute(
        update(QueueItem)
        .where(*_bought_before(link))
        .values(user_id=link.merged_id)
        .execution_options(synchronize_session=False)
    )


async def refunded(session: AsyncSession, link: Link) -> int:
    """Points refunded to the kept account, while merged, for items that the merged one had bought before."""
    refunded_items = (*_bought_before(link), QueueItem.refunded_at > link.created_at)
    query = select(func.coalesce(func.sum(QueueItem.cost), 0)).where(*refunded_items)
    return int((await session.execute(query)).scalar_one())


def _bought_before(link: Link) -> list[ColumnElement[bool]]:
    """The condition for items that the merged account bought before this link, and not during an earlier one.

    During an earlier link the kept account paid, which the ledger shows. Free items have no ledger row; for them the
    time of the request counts.
    """
    paid = exists().where(
        Transaction.user_id == link.merged_id,
        Transaction.reason == literal("redeem:").concat(QueueItem.redeem),
        Transaction.amount == -QueueItem.cost,
        Transaction.created_at == QueueItem.created_at,
    )
    linked_elsewhere = exists().where(
        Link.kept_id == link.kept_id,
        Link.id != link.id,
        Link.created_at < QueueItem.created_at,
        Link.undone_at >= QueueItem.created_at,
    )
    return [
        QueueItem.user_id == link.kept_id,
        QueueItem.message_id.like("joystick:%"),
        QueueItem.created_at <= link.created_at,
        or_(paid, and_(QueueItem.cost == 0, ~linked_elsewhere)),
    ]


async def _copy_restraints(session: AsyncSession, giver: int, taker: int, *, with_chat: bool) -> None:
    both = {"giver": giver, "taker": taker}
    await session.execute(sql(_COPY_COOLDOWNS), both | {"with_chat": with_chat})
    await session.execute(sql(_COPY_BLOCKS), both)
    await session.execute(sql(_COPY_IGNORED), both)
