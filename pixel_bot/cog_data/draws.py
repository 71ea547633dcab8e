"""Draws by weight that can be verified: seed and odds are kept, and together they give the same choice again."""

import math
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.db.models_cogs import FairDraw

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draw(Generic[T]):
    """A draw that was made: what was chosen, and the id by which ``!fair`` tells how."""

    id: int
    choice: T
    seed: str


@dataclass(frozen=True, slots=True)
class StoredDraw:
    """A draw as it is kept: ``pick(seed, odds)`` is the index of its choice."""

    id: int
    cog: str
    reason: str
    choice: str
    seed: str
    odds: tuple[tuple[str, float], ...]
    at: datetime

    @property
    def chance(self) -> float:
        """How likely the choice was, from 0 to 1."""
        return sum(w for name, w in self.odds if name == self.choice) / sum(weight for _, weight in self.odds)

    @property
    def is_right(self) -> bool:
        """Whether the seed and the odds give this choice."""
        return self.odds[pick(self.seed, self.odds)][0] == self.choice


def pick(seed: str, odds: Sequence[tuple[str, float]]) -> int:
    """The index of the slice that a seed selects, by weight: a draw can be verified with it."""
    # Anybody must be able to repeat this. What nobody can guess is the seed, which comes from ``secrets``.
    spot = random.Random(seed).random() * sum(weight for _, weight in odds)  # noqa: S311 - repeatable on purpose
    for index, (_, weight) in enumerate(odds):
        spot -= weight
        if spot < 0:
            return index
    return max(i for i, (_, weight) in enumerate(odds) if weight > 0)


async def draw(session: AsyncSession, cog: str, reason: str, weights: Mapping[T, float], now: datetime) -> Draw[T]:
    """Draw in the caller's transaction.

    Raises:
        ValueError: a weight is negative or no number, or none is above zero; or two choices have the same name.
    """
    choices = list(weights)
    odds = [(str(choice), float(weights[choice])) for choice in choices]
    if not all(math.isfinite(weight) and weight >= 0 for _, weight in odds) or not any(w > 0 for _, w in odds):
        raise ValueError("Weights of a draw are numbers from zero up, and one of them is above zero.")
    if len({name for name, _ in odds}) < len(odds):
        raise ValueError("Two choices of a draw read the same, so nobody could verify it.")
    seed = secrets.token_hex(16)
    chosen = pick(seed, odds)
    values = {"seed": seed, "odds_json": odds, "choice": odds[chosen][0], "at": now}
    made = await session.execute(insert(FairDraw).values(cog=cog, reason=reason, **values).returning(FairDraw.id))
    return Draw(made.scalar_one(), choices[chosen], seed)


async def stored_draw(database: Database, draw_id: int) -> StoredDraw | None:
    """The draw of that id; None when there is none."""
    if not 0 < draw_id < 2**63:
        return None
    async with database.readers() as session:
        row = (await session.execute(select(FairDraw).where(FairDraw.id == draw_id))).scalar()
    if row is None:
        return None
    odds = tuple((str(name), float(weight)) for name, weight in row.odds_json)
    return StoredDraw(row.id, row.cog, row.reason, row.choice, row.seed, odds, row.at)
