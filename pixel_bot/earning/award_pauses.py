"""Cooldowns of awards: after one that has a pause, those of its kind give that person nothing until it ends.

The pause is a row among the cooldowns, written with the award, so it holds over restarts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import EPOCH
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.people import Person
from pixel_bot.points import processed_ids
from pixel_bot.points.cooldowns import begin_all, seconds_left
from pixel_bot.points.upsert_viewers import KnownAccount

Until = dict[tuple[int, str], datetime]
"""When the pause of a user ends, by its key."""


async def held_back(
    session: AsyncSession, awards: Sequence[EventAward], known: Mapping[Person, KnownAccount], now: datetime
) -> set[str]:
    """Decide on awards that have a pause, in the transaction that writes them, and begin the pauses of those that pay.

    Of several for one person the earliest pays. An event that was processed before begins nothing.

    Args:
        session: the transaction.
        awards: all of a batch, each event once.
        known: the accounts of their people.
        now: the present moment; a pause that began after it, by a clock that was set back, is none.

    Returns:
        Ids of the events that give nothing, because the pause of an earlier one has not ended.
    """
    paying = [(a, known[a.person].id) for a in awards if a.pause and a.person is not None and (a.points or a.xp)]
    if not paying:
        return set()
    processed = await processed_ids.awards_of(session, [award.event_id for award, _ in paying])
    until = await _until(session, {(user, _key(award)) for award, user in paying}, now)
    begun: dict[tuple[int, str], tuple[datetime, datetime]] = {}
    held: set[str] = set()
    for award, user in sorted(paying, key=lambda pair: pair[0].at):
        key = (user, _key(award))
        if award.event_id in processed:
            continue
        if award.at < until.get(key, EPOCH):
            held.add(award.event_id)
        else:
            until[key] = award.at + timedelta(seconds=award.pause)
            begun[key] = award.at, until[key]
    await _begin(session, begun)
    return held


def _key(award: EventAward) -> str:
    """The key of its row; no redeem can have it."""
    return f"+{award.kind}"


async def _until(session: AsyncSession, keys: set[tuple[int, str]], now: datetime) -> Until:
    source = unfold(session, {"user_id": "bigint", "key": "text"})
    result = await session.execute(
        sql(
            f"SELECT c.user_id, c.key, c.expires_at, c.started_at FROM {source} "
            "JOIN cooldowns c ON c.user_id = row.user_id AND c.key = row.key"
        ),
        {"rows": fold(list(keys))},
    )
    return {(user, key): read_stamp(at) for user, key, at, began in result if seconds_left(at, began, now)}


async def _begin(session: AsyncSession, begun: Mapping[tuple[int, str], tuple[datetime, datetime]]) -> None:
    rows = [(user, key, stamp(until), stamp(since)) for (user, key), (since, until) in begun.items()]
    await begin_all(session, rows)
