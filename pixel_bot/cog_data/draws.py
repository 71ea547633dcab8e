"""Draws by weight that can be verified: seed and odds are kept, and together they give the same choice again."""

import hashlib
import math
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import func, insert, select
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
class Promise:
    """A seed that was kept before anything could be drawn by it, and the SHA-256 of its text, in hexadecimal digits.

    Tell the hash before the first ticket: whoever has it can verify afterwards that the seed is the one of then.
    """

    id: int
    seed_hash: str


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
    promise_id: int | None = None
    """Of the promise that its seed belongs to, which is ``SEED-1`` for the first draw, then ``SEED-2``."""

    @property
    def chance(self) -> float:
        """How likely the choice was, from 0 to 1."""
        return sum(w for name, w in self.odds if name == self.choice) / sum(weight for _, weight in self.odds)

    @property
    def is_right(self) -> bool:
        """Whether the seed and the odds give this choice."""
        return self.odds[pick(self.seed, self.odds)][0] == self.choice


@dataclass(frozen=True, slots=True)
class StoredPromise:
    """A promise as it is kept, and what was drawn by it so far, in order. The seed is told once something was."""

    id: int
    cog: str
    reason: str
    seed: str
    seed_hash: str
    at: datetime
    draws: tuple[StoredDraw, ...]


def pick(seed: str, odds: Sequence[tuple[str, float]]) -> int:
    """The index of the slice that a seed selects, by weight: a draw can be verified with it."""
    # Anybody must be able to repeat this. What nobody can guess is the seed, which comes from ``secrets``.
    spot = random.Random(seed).random() * sum(weight for _, weight in odds)  # noqa: S311 - repeatable on purpose
    for index, (_, weight) in enumerate(odds):
        spot -= weight
        if spot < 0:
            return index
    return max(i for i, (_, weight) in enumerate(odds) if weight > 0)


def hash_of(seed: str) -> str:
    """What is told of a promised seed: the SHA-256 of its text."""
    return hashlib.sha256(seed.encode()).hexdigest()


async def promise(session: AsyncSession, cog: str, reason: str, now: datetime) -> Promise:
    """Keep a seed for later draws, in the caller's transaction."""
    seed = secrets.token_hex(16)
    values: dict[str, Any] = {"seed": seed, "seed_hash": hash_of(seed), "odds_json": [], "choice": "", "at": now}
    made = await session.execute(insert(FairDraw).values(cog=cog, reason=reason, **values).returning(FairDraw.id))
    return Promise(made.scalar_one(), hash_of(seed))


async def draw(
    session: AsyncSession,
    cog: str,
    reason: str,
    weights: Mapping[T, float],
    now: datetime,
    promised: int | None = None,
) -> Draw[T]:
    """Draw in the caller's transaction; by the seed of a promise, where its id is given.

    Raises:
        ValueError: a weight is negative or no number, or none is above zero; or two choices have the same name; or
            this cog has made no such promise.
    """
    choices = list(weights)
    odds = [(str(choice), float(weights[choice])) for choice in choices]
    if not all(math.isfinite(weight) and weight >= 0 for _, weight in odds) or not any(w > 0 for _, w in odds):
        raise ValueError("Weights of a draw are numbers from zero up, and one of them is above zero.")
    if len({name for name, _ in odds}) < len(odds):
        raise ValueError("Two choices of a draw read the same, so nobody could verify it.")
    seed = secrets.token_hex(16) if promised is None else await _next_seed(session, cog, promised)
    chosen = pick(seed, odds)
    values = {"seed": seed, "odds_json": odds, "choice": odds[chosen][0], "at": now, "promise_id": promised}
    made = await session.execute(insert(FairDraw).values(cog=cog, reason=reason, **values).returning(FairDraw.id))
    return Draw(made.scalar_one(), choices[chosen], seed)


async def stored_draw(database: Database, draw_id: int) -> StoredDraw | None:
    """The draw of that id; None when there is none."""
    if not 0 < draw_id < 2**63:
        return None
    async with database.readers() as session:
        row = (await session.execute(select(FairDraw).where(FairDraw.id == draw_id))).scalar()
    return _stored(row) if row is not None and row.seed_hash is None else None


async def stored_promise(database: Database, promise_id: int) -> StoredPromise | None:
    """The promise of that id, or the one that the draw of that id was made by; None when there is none."""
    if not 0 < promise_id < 2**63:
        return None
    async with database.readers() as session:
        of = select(func.coalesce(FairDraw.promise_id, FairDraw.id)).where(FairDraw.id == promise_id).scalar_subquery()
        row = await session.scalar(select(FairDraw).where(FairDraw.id == of, FairDraw.seed_hash.is_not(None)))
        if row is None or row.seed_hash is None:
            return None
        drawn = await session.scalars(select(FairDraw).where(FairDraw.promise_id == row.id).order_by(FairDraw.id))
        draws = tuple(map(_stored, drawn))
    return StoredPromise(row.id, row.cog, row.reason, row.seed, row.seed_hash, row.at, draws)


async def _next_seed(session: AsyncSession, cog: str, promised: int) -> str:
    # Locked on PostgreSQL, so that two draws at the same time do not have the same number.
    query = select(FairDraw.seed).where(FairDraw.id == promised, FairDraw.cog == cog, FairDraw.seed_hash.is_not(None))
    seed = await session.scalar(query.with_for_update())
    if seed is None:
        raise ValueError(f"The cog {cog} has made no promise {promised}.")
    made = await session.scalar(select(func.count()).where(FairDraw.promise_id == promised))
    return f"{seed}-{(made or 0) + 1}"


def _stored(row: FairDraw) -> StoredDraw:
    odds = tuple((str(name), float(weight)) for name, weight in row.odds_json)
    return StoredDraw(row.id, row.cog, row.reason, row.choice, row.seed, odds, row.at, row.promise_id)
