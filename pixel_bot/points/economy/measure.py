"""The figures of a database, read beside whoever writes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.db.models import Redeem, Transaction, User
from pixel_bot.points.economy.figures import Figures, Price
from pixel_bot.points.economy.groups import Flow

_T = cast(Table, Transaction.__table__).c
_U = cast(Table, User.__table__).c
DAY_SECONDS = 86_400


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
        flows = await _flows(session, since, now)
        circulation, holders, median = await _balances(session)
        prices = await _prices(session, keys)
    covered = (now - since).total_seconds() / DAY_SECONDS
    return Figures(covered, flows, circulation, holders, median, prices, watch_minutes, chat_seconds)


async def _flows(session: AsyncSession, since: datetime, until: datetime) -> tuple[Flow, ...]:
    in_round = _T.round_id.is_not(None)
    query = (
        select(
            _T.reason,
            in_round.label("in_round"),
            func.count(),
            func.sum(case((_T.amount > 0, _T.amount), else_=0)),
            func.sum(case((_T.amount < 0, -_T.amount), else_=0)),
        )
        .where(_T.created_at >= since, _T.created_at <= until)
        .group_by(_T.reason, in_round)
        .order_by(_T.reason, in_round)
    )
    rows = await session.execute(query)
    return tuple(Flow(reason or "", bool(game), n, int(came), int(went)) for reason, game, n, came, went in rows)


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
