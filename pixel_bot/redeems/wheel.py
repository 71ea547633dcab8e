"""The prize wheel: drawn and taken from stock in the purchase, credited when it has landed, stored for audit."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.cog_data.draws import pick
from pixel_bot.db.engine import Database
from pixel_bot.db.models import Draw, User
from pixel_bot.errors import RedeemOff
from pixel_bot.model.last_good import Unreadable
from pixel_bot.model.people import Platform, Viewer
from pixel_bot.points import ledger, processed_ids
from pixel_bot.points.idempotency import write_once
from pixel_bot.points.ledger import Entry
from pixel_bot.points.levels import Gain, Levels, LevelUp
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.prizes import Prize, PrizeFile, effect_of
from pixel_bot.redeems.queue_items import PRIZE_OF, Draft, Item
from pixel_bot.texts import count


@dataclass(frozen=True, slots=True)
class Odds:
    """A slice and its probability, from 0 to 1; ``left`` is its stock, None for unlimited."""

    prize: Prize
    chance: float
    left: int | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stored draw: it can be reproduced from the seed and the odds."""

    id: int
    winner: str
    prize: str
    seed: str
    odds: list[tuple[str, float]]
    at: datetime
    landed: bool


class Wheel:
    """Draws and credits prizes, and lists those that are still owed."""

    def __init__(self, database: Database, clock: Clock, levels: Levels, file: PrizeFile) -> None:
        self._database = database
        self._clock = clock
        self._levels = levels
        self._file = file
        self.file = file.file
        """The prizes' file, to see how it is."""

    async def odds(self) -> list[Odds]:
        """The current odds.

        Raises:
            RedeemOff: the prizes file has an error, or no prize is left.
        """
        async with self._database.readers() as session:
            return await self._odds(session)

    async def draw(self, session: AsyncSession, viewer: Viewer, now: datetime) -> dict[str, Any]:
        """Draw a prize in the purchase's transaction, and take it from the stock.

        Returns:
            Fields for the queue item's payload: the draw's id, the slices, and the index of the winner.
        """
        slices = await self._odds(session)
        odds = [(s.prize.name, s.prize.weight) for s in slices]
        seed = secrets.token_hex(16)
        winner = pick(seed, odds)
        prize = slices[winner].prize
        inserted = await session.execute(
            insert(Draw)
            .values(
                user_id=viewer.id,
                seed=seed,
                odds_json=odds,
                prize=prize.name,
                prize_json=prize.as_json(),
                created_at=now,
                owed=False,
            )
            .returning(Draw.id)
        )
        shown = [{"name": name, "weight": weight} for name, weight in odds]
        return {"draw": inserted.scalar_one(), "slices": shown, "winner": winner}

    async def cancel(self, session: AsyncSession, draw_id: int, now: datetime) -> None:
        """Cancel a refunded spin: its prize returns to the stock, unless it was credited before."""
        await session.execute(update(Draw).where(Draw.id == draw_id, Draw.landed_at.is_(None)).values(cancelled_at=now))

    async def credit(self, session: AsyncSession, item: Item, now: datetime) -> tuple[str, list[LevelUp]]:
        """Credit the prize, once, in the transaction that ends the item.

        Returns:
            The text for chat, and the levels that were reached.
        """
        draw = (await session.execute(select(Draw).where(Draw.id == item.draw))).scalar_one()
        user = (await session.execute(select(User).where(User.id == draw.user_id))).scalar_one()
        viewer = Viewer(user.id, user.name, user.display_name or user.name, user.points)
        prize = Prize.from_json(draw.prize_json)
        new = await processed_ids.claim(session, [processed_ids.ProcessedId(f"prize:{draw.id}", "wheel", 0, 0, now)])
        if not new:
            return "", []
        # A balance at its limit cannot be credited: then the prize is owed, and a mod settles it.
        owed = prize.by_hand or viewer.points + (prize.grant_points or 0) > ledger.MAX_BALANCE
        values: dict[str, Any] = {"landed_at": now, "owed": owed}
        await session.execute(update(Draw).where(Draw.id == draw.id).values(**values))
        ups = [] if owed else await self._grant(session, viewer, prize, now, item.platform)
        winner = item.buyer or viewer.display_name
        effect = effect_of(prize.effect, winner) if prize.effect else None
        if effect is not None:
            draft = Draft(
                effect,
                item.redeem,
                viewer.id,
                now,
                message_id=item.follow_up_id,
                extra={PRIZE_OF: draw.id},
            )
            await queue_items.put(session, draft)
        return _result(winner, prize, owed=owed), ups

    async def owe(self, session: AsyncSession, draw_id: int) -> str | None:
        """The effect of a prize did not happen: a mod owes it now. Returns the prize; None when it is settled."""
        lost = update(Draw).where(Draw.id == draw_id, Draw.landed_at.is_not(None), Draw.given_by.is_(None))
        return (await session.execute(lost.values(owed=True).returning(Draw.prize))).scalar()

    async def last(self) -> Drawn | None:
        """The newest draw that was not cancelled."""
        query = (
            select(Draw, func.coalesce(User.display_name, User.name))
            .join(User, User.id == Draw.user_id)
            .where(Draw.cancelled_at.is_(None))
            .order_by(Draw.id.desc())
            .limit(1)
        )
        async with self._database.readers() as session:
            row = (await session.execute(query)).first()
        return None if row is None else _drawn(row[0], row[1])

    async def won(self) -> dict[str, int]:
        """How often each prize was won, by its name."""
        query = "SELECT prize, COUNT(*) FROM draws WHERE cancelled_at IS NULL GROUP BY prize"
        return {str(name): int(times) for name, times in await self._database.look_up(query, {})}

    async def owed(self, limit: int = 1_000) -> list[Drawn]:
        """Prizes that a mod has still to give, oldest first."""
        query = (
            select(Draw, func.coalesce(User.display_name, User.name))
            .join(User, User.id == Draw.user_id)
            .where(Draw.owed)
            .order_by(Draw.id)
            .limit(limit)
        )
        async with self._database.readers() as session:
            return [_drawn(draw, name) for draw, name in await session.execute(query)]

    async def give(self, viewer: Viewer, by: Viewer) -> str | None:
        """A mod has given the oldest prize that is owed to a viewer. Returns its name; None when nothing is."""
        account = select(func.coalesce(User.merged_into, User.id)).where(User.id == viewer.id).scalar_subquery()
        oldest = select(func.min(Draw.id)).where(Draw.owed, Draw.user_id == account).scalar_subquery()
        async with write_once(self._database) as session:
            settled = await session.execute(
                update(Draw).where(Draw.id == oldest).values(owed=False, given_by=by.name).returning(Draw.prize)
            )
            return settled.scalar()

    async def _odds(self, session: AsyncSession) -> list[Odds]:
        try:
            prizes = self._file.prizes()
        except Unreadable as exc:
            raise RedeemOff("The wheel", f"The wheel stands still: {exc} Nothing was charged.") from exc
        stocked = [p.name for p in prizes if p.stock is not None]
        query = (
            select(Draw.prize, func.count())
            .where(Draw.prize.in_(stocked), Draw.cancelled_at.is_(None))
            .group_by(Draw.prize)
        )
        drawn = {str(name): int(n) for name, n in await session.execute(query)} if stocked else {}
        left = [(p, None if p.stock is None else max(0, p.stock - drawn.get(p.name, 0))) for p in prizes]
        available = [(p, stock) for p, stock in left if p.weight > 0 and stock != 0]
        if not available:
            raise RedeemOff("The wheel", "All prizes of the wheel are gone. Nothing was charged.")
        total = sum(p.weight for p, _ in available)
        return [Odds(p, p.weight / total, stock) for p, stock in available]

    async def _grant(
        self, session: AsyncSession, viewer: Viewer, prize: Prize, now: datetime, platform: Platform
    ) -> list[LevelUp]:
        if prize.grant_points:
            await ledger.post(session, [Entry(viewer.id, prize.grant_points, "wheel", now, note=prize.name)])
        if not prize.grant_xp:
            return []
        gain = Gain(viewer.id, viewer.name, viewer.display_name, prize.grant_xp, now, platform)
        return await self._levels.add(session, [gain])


def _result(winner: str, prize: Prize, *, owed: bool) -> str:
    if owed:
        return f"{winner} won {prize.name}! A mod hands it over."
    grants = [
        *([count(prize.grant_points, "point")] if prize.grant_points else []),
        *([f"{prize.grant_xp:,} XP"] if prize.grant_xp else []),
    ]
    if not grants and not prize.effect:
        return f"{winner} landed on {prize.name}."
    more = [grant for grant in grants if grant != prize.name]
    return f"{winner} won {prize.name}!" + (f" (+{', +'.join(more)})" if more else "")


def _drawn(draw: Draw, winner: str) -> Drawn:
    odds = [(str(name), float(weight)) for name, weight in draw.odds_json]
    return Drawn(draw.id, winner, draw.prize, draw.seed, odds, draw.created_at, draw.landed_at is not None)
