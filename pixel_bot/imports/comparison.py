"""Sets another bot's points beside our own, person by person. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.imports.accounts import find
from pixel_bot.imports.files import PointFile

_BALANCES = "SELECT u.id, u.points FROM {source} JOIN users u ON u.id = row.id"
_ALL = "SELECT COUNT(*), COALESCE(SUM(points), 0) FROM users WHERE points > 0"


class Pair(NamedTuple):
    """One person: what the other bot has, and what we have; None where we do not know them."""

    name: str
    theirs: int
    ours: int | None

    @property
    def difference(self) -> int:
        """How much more we have."""
        return (self.ours or 0) - self.theirs


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everybody of the other bot's list, and what only we have.

    Args:
        pairs: in the order of the list.
        only_ours, points_only_ours: people with points who are not on the list, and their points in all.
    """

    pairs: Sequence[Pair]
    only_ours: int
    points_only_ours: int

    @property
    def equal(self) -> int:
        """How many have the same in both."""
        return sum(pair.ours == pair.theirs for pair in self.pairs)

    @property
    def unknown(self) -> int:
        """How many we do not know."""
        return sum(pair.ours is None for pair in self.pairs)


async def compare(session: AsyncSession, file: PointFile) -> Comparison:
    """Compare a list with the balances of this moment. Linked accounts count as one, under either name."""
    found = await find(session, file.people)
    accounts = sorted({one.account for one in found if one.account is not None})
    source = unfold(session, {"id": "bigint"})
    rows = await session.execute(sql(_BALANCES.format(source=source)), {"rows": fold([(a,) for a in accounts])})
    balances: dict[int, int] = {row.id: row.points for row in rows}
    people, points = (await session.execute(sql(_ALL))).one()
    pairs = [
        Pair(person.login or person.shown, person.points, None if one.account is None else balances.get(one.account, 0))
        for person, one in zip(file.people, found, strict=True)
    ]
    on_list = [balances[account] for account in accounts if balances.get(account)]
    return Comparison(pairs, people - len(on_list), points - sum(on_list))
