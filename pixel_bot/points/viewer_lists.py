"""Lists of viewers for pages and the API, each page by an index: it costs the same on a million viewers."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import Transaction, User, XpRecord

Sort = Literal["name", "points", "xp"]

AFTER_ALL = "\U0010ffff"
"""Above every character that a name can hold."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A viewer in a list."""

    id: int
    name: str
    display_name: str
    points: int
    xp: int
    level: int


_COLUMNS = (User.id, User.name, User.display_name, User.points, XpRecord.xp, XpRecord.level)


async def by_name(session: AsyncSession, prefix: str, after: str, most: int) -> list[Listed]:
    """Viewers whose login begins with the prefix, in the order of logins, from the one after ``after``."""
    query = select(*_COLUMNS).outerjoin(XpRecord, XpRecord.user_name == User.name).where(User.merged_into.is_(None))
    if prefix:
        query = query.where(User.name >= prefix, User.name < prefix + AFTER_ALL)
    if after:
        query = query.where(User.name > after)
    return [_listed(row) for row in await session.execute(query.order_by(User.name).limit(most))]


async def by_points(session: AsyncSession, after: tuple[int, int] | None, most: int) -> list[Listed]:
    """Viewers by points, the richest first; ``after`` is points and id of the last one before."""
    query = select(*_COLUMNS).outerjoin(XpRecord, XpRecord.user_name == User.name).where(User.merged_into.is_(None))
    if after is not None:
        query = query.where(_below(User.points, User.id, after))
    return [_listed(row) for row in await session.execute(query.order_by(User.points.desc(), User.id).limit(most))]


async def by_xp(session: AsyncSession, after: tuple[int, int] | None, most: int) -> list[Listed]:
    """Viewers by XP, the highest first; ``after`` is XP and the id of the XP row of the last one before."""
    query = select(*_COLUMNS, XpRecord.id).join(User, User.name == XpRecord.user_name).where(User.merged_into.is_(None))
    if after is not None:
        query = query.where(_below(XpRecord.xp, XpRecord.id, after))
    return [_listed(row) for row in await session.execute(query.order_by(XpRecord.xp.desc(), XpRecord.id).limit(most))]


async def xp_row_of(session: AsyncSession, name: str) -> int:
    """The id of a viewer's XP row."""
    return (await session.execute(select(XpRecord.id).where(XpRecord.user_name == name))).scalar_one()


async def one(session: AsyncSession, viewer_id: int) -> Listed | None:
    """The viewer of that id; for a merged account the one that has everything now."""
    kept = select(func.coalesce(User.merged_into, User.id)).where(User.id == viewer_id).scalar_subquery()
    query = select(*_COLUMNS).outerjoin(XpRecord, XpRecord.user_name == User.name).where(User.id == kept)
    row = (await session.execute(query)).one_or_none()
    return _listed(row) if row is not None else None


async def ledger_of(session: AsyncSession, viewer_id: int, before: int | None, most: int) -> list[Transaction]:
    """A viewer's rows of the ledger, newest first; ``before`` is the id of the last one of the page before."""
    query = select(Transaction).where(Transaction.user_id == viewer_id)
    if before is not None:
        query = query.where(Transaction.id < before)
    return list(await session.scalars(query.order_by(Transaction.id.desc()).limit(most)))


def _below(value: Any, row: Any, after: tuple[int, int]) -> ColumnElement[bool]:
    least, last = after
    return and_(value <= least, or_(value < least, row > last))


def _listed(row: Any) -> Listed:
    number, name, display_name, points, xp, level = row[:6]
    return Listed(number, name, display_name or name, points or 0, xp or 0, level or 1)
