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
from pixel_bot.points.cooldowns import UPSERT
from pixel_bot.points.upsert_viewers import KnownAccount

Until = dict[tuple[int, str], datetime]
"""When the pause of a user ends, by its key."""


async def held_back(
    session: AsyncSession, awards: Sequence[EventAward], known: Mapping[Person, KnownAccount]
) -> set[str]:
    """Decide on awards that have a pause, in the transaction that writes them, and begin the pauses of those that pay.

    Of several for one person the earliest pays. An event that was processed before begins nothing.

    Args:
        session: the transaction.
        awards: all of a batch, each event once.
        known: the accounts of their people.

    Returns:
        Ids of the events that give nothing, because the pause of an earlier one has not ended.
    """
    paying = [(a, known[a.person].id) for a in awards if a.pause and a.person is not None and (a.points or a.xp)]
    if not paying:
        return set()
    processed = await processed_ids.awards_of(session, [award.event_id for award, _ in paying])
    until = await _until(session, {(user, _key(award)) for award, user in paying})
    begun: Until = {}
    held: set[str] = set()
    for award, user in sorted(paying, key=lambda pair: pair[0].at):
        key = (user, _key(award))
        if award.event_id in processed:
            continue
        if award.at < until.get(key, EPOCH):
            held.add(award.event_id)
        else:
            until[key] = begun[key] = award.at + timedelta(seconds=award.pause)
    await _begin(session, begun)
    return held


def _key(award: EventAward) -> str:
    """The key of its row; no redeem can have it."""
    return f"+{award.kind}"


async def _until(session: AsyncSession, keys: set[tuple[int, str]]) -> Until:
    source = unfold(session, {"user_id": "bigint", "key": "text"})
    result = await session.execute(
        sql(
            f"SELECT c.user_id, c.key, c.expires_at FROM {source} "
            "JOIN cooldowns c ON c.user_id = row.user_id AND c.key = row.key"
        ),
        {"rows": fold(list(keys))},
    )
    return {(user, key): read_stamp(at) for user, key, at in result}


async def _begin(session: AsyncSession, begun: Until) -> None:
    if begun:
        source = unfold(session, {"user_id": "bigint", "key": "text", "expires_at": "timestamp"})
        select = f"SELECT row.user_id, row.key, row.expires_at FROM {source} WHERE true"
        rows = [(user, key, stamp(at)) for (user, key), at in begun.items()]
        await session.execute(sql(UPSERT.format(source=select)), {"rows": fold(rows)})
