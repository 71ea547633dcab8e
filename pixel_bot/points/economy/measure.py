"""The figures of a database, read beside whoever writes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, case, func, literal_column, not_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.db.models import Redeem, Transaction, User
from pixel_bot.points.economy.figures import Figures, Price
from pixel_bot.points.economy.groups import Flow

_T = cast(Table, Transaction.__table__).c
_U = cast(Table, User.__table__).c
_LAST = select(func.max(_T.id)).scalar_subquery()
DAY_SECONDS = 86_400
USUAL = ("chat", "watch")
"""Reasons of most rows, which only bring points."""

MANY = 20
"""One of so many rows is a good part."""


async def measured(
    database: Database,
    now: datetime,
    days: int,
    *,
    watch_minutes: int,
    chat_seconds: int,
    keys: Collection[str] | None = None,
) -> Figures:
    """The figures of the last ``days``, or since the first row where that is later. Nobody who writes waits for it.

    Args:
        database: to read.
        now: the end of the days.
        days: how many.
        watch_minutes, chat_seconds: what a row for watching and for a message stands for.
        keys: the redeems whose prices are wanted; None for all that are on.
    """
    async with database.readers() as session:
        first = (await session.execute(select(func.min(_T.created_at)))).scalar()
        since = max(now - timedelta(days=days), first or now)
        flows = await _flows(session, since)
        circulation, holders, median = await _balances(session)
        prices = await _prices(session, keys)
    covered = (now - since).total_seconds() / DAY_SECONDS
    return Figures(covered, flows, circulation, holders, median, prices, watch_minutes, chat_seconds)


async def _flows(session: AsyncSession, since: datetime) -> tuple[Flow, ...]:
    """The flows by reason.

    Nearly all rows are of a few reasons, which are only counted: to group ten million rows takes three times as long.
    """
    mine = await _since(session, since)
    usual = and_(_T.reason.in_(USUAL), _T.round_id.is_(None), _T.amount > 0)
    sums = [each for reason in USUAL for each in _count_and_sum(reason)]
    counted = iter((await session.execute(select(*sums).where(usual, mine))).one())
    flows = [Flow(reason, False, int(next(counted)), int(next(counted) or 0), 0) for reason in USUAL]
    reason, in_round = func.coalesce(_T.reason, literal_column("''")), _T.round_id.is_not(None)
    came, went = (func.sum(case((sign, _T.amount), else_=0)) for sign in (_T.amount > 0, _T.amount < 0))
    others = not_(and_(reason.in_(USUAL), _T.round_id.is_(None), _T.amount > 0))
    query = select(reason, in_round, func.count(), came, went).where(others, mine).group_by(reason, in_round)
    for name, game, rows, in_all, out in await session.execute(query):
        flows.append(Flow(name, bool(game), rows, int(in_all), -int(out)))
    return tuple(sorted((flow for flow in flows if flow.rows), key=lambda flow: (flow.reason, flow.in_round)))


def _count_and_sum(reason: str) -> tuple[ColumnElement[int], ColumnElement[int]]:
    there = _T.reason == reason
    return func.count().filter(there), func.sum(_T.amount).filter(there)


async def _since(session: AsyncSession, since: datetime) -> ColumnElement[bool]:
    """The condition for rows from a moment on.

    SQLite would take the index for them. Where they are a good part of all, to read the table in its order is faster.
    """
    mine = _T.created_at >= since
    if session.get_bind().dialect.name != "sqlite":
        return mine
    wanted, last = (await session.execute(select(func.count(), _LAST).where(mine))).one()
    column = type_coerce(literal_column("+transactions.created_at"), _T.created_at.type)
    return column >= since if wanted * MANY > (last or 0) else mine


async def _balances(session: AsyncSession) -> tuple[int, int, int]:
    """All points, how many have any, and what the one in the middle of those has: by the index on points alone."""
    total, holders = (await session.execute(select(func.sum(_U.points), func.count()).where(_U.points > 0))).one()
    middle = select(_U.points).where(_U.points > 0).order_by(_U.points.desc()).offset(holders // 2).limit(1)
    return int(total or 0), int(holders), int((await session.execute(middle)).scalar() or 0)


async def _prices(session: AsyncSession, keys: Collection[str] | None) -> tuple[Price, ...]:
    query = select(Redeem.key, Redeem.cost).where(Redeem.cost > 0, Redeem.enabled.is_(True))
    if keys is not None:
        query = query.where(Redeem.key.in_(keys))
    rows = await session.execute(query.order_by(Redeem.cost, Redeem.key))
    return tuple(Price(key, cost) for key, cost in rows)
