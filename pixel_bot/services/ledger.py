"""The only place where ``users.points`` changes.

Each change is one row in ``transactions``, written in the same database transaction.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.db.sets import fold, sql, unfold
from pixel_bot.errors import BadAmount, NotEnoughPoints, PixelError

MAX_AMOUNT = 1_000_000_000_000
"""The largest amount that one command may move."""

MAX_BALANCE = 10**18
"""Far below what a 64-bit column holds, so that no sum can overflow."""


class Entry(NamedTuple):
    """One change of one balance: ``amount`` points, negative to take, for a short ``reason``."""

    user_id: int
    amount: int
    reason: str
    at: datetime
    change_id: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the ledger as it stands in the database."""

    id: int
    amount: int
    reason: str
    balance_after: int
    at: datetime | None
    note: str | None


class UnknownAccount(PixelError):
    """An entry names a user id that does not exist."""


async def post(session: AsyncSession, entries: Sequence[Entry]) -> dict[int, int]:
    """Change balances and write their rows, all or nothing: when it raises, the caller's transaction must end.

    A balance is only ever changed by a statement that also checks it, so two spends can never both pass. Somebody who
    is below zero already, as an adopted database allows, may still earn.

    Returns:
        The balance of each user concerned, after the last entry.

    Raises:
        NotEnoughPoints: somebody would fall below zero.
        BadAmount: somebody would rise above ``MAX_BALANCE``.
        UnknownAccount: a user id does not exist.
    """
    if not entries:
        return {}
    if any(abs(entry.amount) > MAX_BALANCE for entry in entries):
        raise BadAmount("That is more than one balance can hold.")
    totals: dict[int, int] = defaultdict(int)
    for entry in entries:
        totals[entry.user_id] += entry.amount
    after = await _move(session, totals, entries[-1].at)
    if len(after) < len(totals):
        await _explain(session, {user: total for user, total in totals.items() if user not in after})
    await _record(session, entries, {user: after[user] - total for user, total in totals.items()})
    return after


async def _move(session: AsyncSession, totals: dict[int, int], at: datetime) -> dict[int, int]:
    source = unfold(session, {"user_id": "bigint", "total": "bigint"})
    result = await session.execute(
        sql(
            f"UPDATE users SET points = points + row.total, updated_at = :at FROM {source} "
            "WHERE users.id = row.user_id AND users.points + row.total <= :most "
            "AND (row.total >= 0 OR users.points + row.total >= 0) "
            "RETURNING users.id, users.points"
        ),
        {"rows": fold(list(totals.items())), "at": stamp(at), "most": MAX_BALANCE},
    )
    return {int(user): int(points) for user, points in result}


async def _explain(session: AsyncSession, refused: dict[int, int]) -> None:
    user, total = next(iter(refused.items()))
    balance = await balance_of(session, user)
    if total < 0:
        raise NotEnoughPoints(needed=-total, balance=balance)
    raise BadAmount("That is more than one balance can hold.")


async def _record(session: AsyncSession, entries: Sequence[Entry], before: dict[int, int]) -> None:
    rows: list[tuple[object, ...]] = []
    for e in entries:
        balance = before[e.user_id] + e.amount
        if balance < 0 and e.amount < 0:
            raise NotEnoughPoints(needed=-e.amount, balance=before[e.user_id])
        before[e.user_id] = balance
        rows.append((e.user_id, e.amount, e.reason, balance, stamp(e.at), e.change_id, e.note))
    source = unfold(
        session,
        {
            "user_id": "bigint",
            "amount": "bigint",
            "reason": "text",
            "balance_after": "bigint",
            "created_at": "timestamp",
            "change_id": "bigint",
            "note": "text",
        },
    )
    await session.execute(
        sql(
            "INSERT INTO transactions (user_id, amount, reason, balance_after, created_at, change_id, note) "
            "SELECT row.user_id, row.amount, row.reason, row.balance_after, row.created_at, row.change_id, row.note "
            f"FROM {source} ORDER BY row.seq"
        ),
        {"rows": fold(rows)},
    )


async def balance_of(session: AsyncSession, user_id: int) -> int:
    """The balance of one user.

    Raises:
        UnknownAccount: there is no such user.
    """
    points = (await session.execute(sql("SELECT points FROM users WHERE id = :id"), {"id": user_id})).scalar()
    if points is None:
        raise UnknownAccount(f"There is no user {user_id}.")
    return points


async def history(session: AsyncSession, user_id: int, limit: int) -> list[Row]:
    """The last rows of one user, newest first."""
    result = await session.execute(
        sql(
            "SELECT id, amount, reason, balance_after, created_at, note FROM transactions "
            "WHERE user_id = :user ORDER BY id DESC LIMIT :limit"
        ),
        {"user": user_id, "limit": limit},
    )
    return [
        Row(row_id, amount, reason or "", after or 0, read_stamp(at) if at else None, note)
        for row_id, amount, reason, after, at, note in result
    ]
