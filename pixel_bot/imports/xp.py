"""XP of an import: added beside the points, in the same transaction, and taken back with them.

What each viewer got is noted in the table of processed ids, under ``import:CHANGE:USER``.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import stamp
from pixel_bot.points import processed_ids
from pixel_bot.points.levels import Levels

KIND = "import"
CHUNK = 5_000

_NAMES = (
    "SELECT u.id, k.name FROM {source} JOIN users u ON u.id = row.id "
    "JOIN users k ON k.id = COALESCE(u.merged_into, u.id)"
)
_NOTED = "SELECT id, xp FROM events WHERE kind = :kind AND id LIKE :prefix"


async def add(
    session: AsyncSession, levels: Levels, change: int, amounts: Sequence[tuple[int, int]], now: datetime
) -> None:
    """Add XP. Levels follow, and pay nothing.

    Args:
        session: the transaction of the import.
        levels: for the level that the XP gives.
        change: of the import.
        amounts: user ids with their XP, each once.
        now: when.
    """
    given = [(user, xp) for user, xp in amounts if xp > 0]
    noted = [(f"{KIND}:{change}:{user}", KIND, 0, xp, stamp(now)) for user, xp in given]
    await processed_ids.claim_all(session, noted)
    await levels.credit(session, await _by_name(session, given), now)


async def take_back(session: AsyncSession, levels: Levels, change: int, now: datetime) -> int:
    """Take the XP of an import back, as far as it is there. Returns how much."""
    prefix = f"{KIND}:{change}:"
    rows = await session.execute(sql(_NOTED), {"kind": KIND, "prefix": f"{prefix}%"})
    given = [(int(str(key).removeprefix(prefix)), int(xp)) for key, xp in rows]
    taken = 0
    for start in range(0, len(given), CHUNK):
        taken += await levels.credit(
            session, {name: -xp for name, xp in (await _by_name(session, given[start : start + CHUNK])).items()}, now
        )
    return -taken


async def _by_name(session: AsyncSession, amounts: Sequence[tuple[int, int]]) -> Mapping[str, int]:
    """The XP by the name under which it is kept; accounts of one person together."""
    if not amounts:
        return {}
    source = unfold(session, {"id": "bigint"})
    rows = await session.execute(sql(_NAMES.format(source=source)), {"rows": fold([(user,) for user, _ in amounts])})
    names = {int(user): str(name) for user, name in rows}
    totals: dict[str, int] = defaultdict(int)
    for user, xp in amounts:
        totals[names[user]] += xp
    return totals
