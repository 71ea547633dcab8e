"""The ledger: the only module that changes ``users.points``.

Each change of a balance is one row in ``transactions``, inserted in the same database transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.direct import run
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.errors import BadAmount, NotEnoughPoints, PixelError
from pixel_bot.wording.texts import texts

_ = texts(__name__)

MAX_AMOUNT = 1_000_000_000_000
"""The largest amount that one command may move."""

MAX_BALANCE = 10**18
"""Far below what a 64-bit column holds, so that no sum can overflow."""


EARNED = ("chat", "watch", "follow", "sub", "upgrade", "gift", "cheer", "raid", "streak", "tip", "enter")
"""Reasons of what viewers earn by being here and by what they do for the channel."""

_EARNED = ", ".join(f":r{n}" for n in range(len(EARNED)))


class Entry(NamedTuple):
    """One change of one balance: ``amount`` points, negative to take, for a short ``reason``."""

    user_id: int
    amount: int
    reason: str
    at: datetime
    change_id: int | None = None
    note: str | None = None
    round_id: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One stored row of the ledger."""

    id: int
    amount: int
    reason: str
    balance_after: int
    at: datetime | None
    note: str | None


class UnknownAccount(PixelError):
    """An entry names a user id that does not exist."""


async def post(session: AsyncSession, entries: Sequence[Entry]) -> dict[int, int]:
    """Change balances and insert their rows, all or nothing: when it raises, the caller must roll back.

    A balance is only changed by a conditional update, so two concurrent spends can never both pass. An account below
    zero, as an adopted database allows, may still earn. Entries of a merged account go to the kept one.

    Returns:
        The balance of each user concerned, after the last entry; for a merged account that of the kept one.

    Raises:
        NotEnoughPoints: somebody would fall below zero.
        BadAmount: somebody would rise above ``MAX_BALANCE``.
        UnknownAccount: a user id does not exist.
    """
    if not entries:
        return {}
    if any(abs(entry.amount) > MAX_BALANCE for entry in entries):
        raise BadAmount(_("That is more than one balance can hold."))
    totals = _totals(entries)
    after = await _update_balances(session, totals, entries[-1].at)
    kept: dict[int, int] = {}
    if len(after) < len(totals):
        # Merged accounts are looked up only after a refusal: the usual path stays at two statements.
        refused = {user: total for user, total in totals.items() if user not in after}
        kept = await _merged_into(session, refused)
        if not kept:
            await _raise_refusal(session, refused)
        entries = [e._replace(user_id=kept.get(e.user_id, e.user_id)) for e in entries]
        totals = await _retry_on_merged_accounts(session, entries, totals, after)
    await _insert_rows(session, entries, {user: after[user] - total for user, total in totals.items()})
    return after | {merged: after[into] for merged, into in kept.items()}


def _totals(entries: Sequence[Entry]) -> dict[int, int]:
    totals: dict[int, int] = defaultdict(int)
    for entry in entries:
        totals[entry.user_id] += entry.amount
    return totals


async def _update_balances(session: AsyncSession, totals: Mapping[int, int], at: datetime) -> dict[int, int]:
    # Conditional update: the check and the change are one statement, so no other writer comes between them.
    # One total a user: an UPDATE with FROM changes a row once, whatever number of source rows match it.
    source = unfold(session, {"user_id": "bigint", "total": "bigint"})
    done = await run(
        session,
        f"UPDATE users SET points = points + row.total, updated_at = :at FROM {source} "
        "WHERE users.id = row.user_id AND users.points + row.total <= :most "
        "AND (row.total >= 0 OR users.points + row.total >= 0) AND users.merged_into IS NULL "
        "RETURNING users.id, users.points",
        {"rows": fold(list(totals.items())), "at": stamp(at), "most": MAX_BALANCE},
    )
    return {int(user): int(points) for user, points in done.rows}


async def _merged_into(session: AsyncSession, users: Iterable[int]) -> dict[int, int]:
    """The merged ones of these users, each with the account that it was merged into."""
    source = unfold(session, {"user_id": "bigint"})
    result = await session.execute(
        sql(
            f"SELECT u.id, u.merged_into FROM {source} JOIN users u ON u.id = row.user_id "
            "WHERE u.merged_into IS NOT NULL"
        ),
        {"rows": fold([(user,) for user in users])},
    )
    return {int(user): int(into) for user, into in result}


async def _retry_on_merged_accounts(
    session: AsyncSession, entries: Sequence[Entry], before: Mapping[int, int], after: dict[int, int]
) -> dict[int, int]:
    """Apply the totals that the first update refused, now that entries of merged accounts name the kept one.

    Args:
        session: the caller's transaction.
        entries: all of them.
        before: the total of each user in the first update.
        after: the balances that the first update returned; the others are added.

    Returns:
        The total of each user.
    """
    totals = _totals(entries)
    # The kept account may have its own entries in this batch, which the first update has applied already.
    rest = {user: total - (before[user] if user in after else 0) for user, total in totals.items()}
    missing = {user: amount for user, amount in rest.items() if user not in after or amount}
    moved = await _update_balances(session, missing, entries[-1].at)
    if len(moved) < len(missing):
        await _raise_refusal(session, {user: amount for user, amount in missing.items() if user not in moved})
    after |= moved
    return totals


async def _raise_refusal(session: AsyncSession, refused: Mapping[int, int]) -> NoReturn:
    user, total = next(iter(refused.items()))
    balance = await balance_of(session, user)
    if total < 0:
        raise NotEnoughPoints(needed=-total, balance=balance)
    raise BadAmount(_("That is more than one balance can hold."))


async def _insert_rows(session: AsyncSession, entries: Sequence[Entry], before: dict[int, int]) -> None:
    rows: list[tuple[object, ...]] = []
    for e in entries:
        balance = before[e.user_id] + e.amount
        # The update checked the sum only. Row by row, no entry may spend points that a later one brings.
        if balance < 0 and e.amount < 0:
            raise NotEnoughPoints(needed=-e.amount, balance=before[e.user_id])
        before[e.user_id] = balance
        rows.append((e.user_id, e.amount, e.reason, balance, stamp(e.at), e.change_id, e.note, e.round_id))
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
            "round_id": "bigint",
        },
    )
    await run(
        session,
        "INSERT INTO transactions (user_id, amount, reason, balance_after, created_at, change_id, note, round_id) "
        "SELECT row.user_id, row.amount, row.reason, row.balance_after, row.created_at, row.change_id, row.note, "
        "row.round_id "
        f"FROM {source} ORDER BY row.seq",
        {"rows": fold(rows)},
    )


async def balance_of(session: AsyncSession, user_id: int) -> int:
    """The balance of one user; for a merged account that of the kept one.

    Raises:
        UnknownAccount: there is no such user.
    """
    query = sql("SELECT k.points FROM users u JOIN users k ON k.id = COALESCE(u.merged_into, u.id) WHERE u.id = :id")
    points = (await session.execute(query, {"id": user_id})).scalar()
    if points is None:
        raise UnknownAccount(f"There is no user {user_id}.")
    return points


async def earned_since(session: AsyncSession, moment: datetime) -> int:
    """The points that all viewers earned since a moment, by the rows of what earns."""
    statement = (
        f"SELECT COALESCE(SUM(amount), 0) FROM transactions WHERE created_at >= :since AND reason IN ({_EARNED})"
    )
    values = {"since": stamp(moment)} | {f"r{n}": reason for n, reason in enumerate(EARNED)}
    return int((await session.execute(sql(statement), values)).scalar_one())


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
