"""The draws: made and taken from the stock in the purchase, credited when the wheel has landed, stored for audit."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from pixel_bot.plugin import (
    BadAmount,
    Bought,
    CogModel,
    Earlier,
    Effect,
    LastGoodFile,
    Outcome,
    RedeemOff,
    Transaction,
    Unreadable,
    Viewer,
    count,
    number,
    pick,
    texts,
)

from .prizes import Prize, Prizes, effect_of

_ = texts(__name__)

REASON = "wheel"
"""Of prizes in the ledger."""


class Draw(CogModel, adopts="draws"):
    """One turn of the wheel, with all that is needed to draw it again: the seed and the odds of that moment."""

    id: Mapped[int]
    user_id: Mapped[int]
    seed: Mapped[str]
    odds_json: Mapped[Any]
    prize: Mapped[str]
    prize_json: Mapped[Any]
    created_at: Mapped[datetime]
    landed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    owed: Mapped[bool]
    given_by: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Odds:
    """A slice and its probability, from 0 to 1; ``left`` is its stock, None for unlimited."""

    prize: Prize
    chance: float
    left: int | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw as the page shows it: its id, the slices, and the index of the winner."""

    id: int
    slices: list[dict[str, Any]]
    winner: int


class Draws:
    """Draws and credits prizes, each in a transaction of the bot's. ``file`` has the prizes."""

    def __init__(self, file: LastGoodFile[Prizes]) -> None:
        self._file = file

    async def odds(self, session: AsyncSession) -> list[Odds]:
        """The current odds.

        Raises:
            RedeemOff: the prizes file has an error, or no prize is left.
        """
        try:
            prizes = self._file.now()
        except Unreadable as exc:
            raise RedeemOff("", _("The wheel stands still: {problem} Nothing was charged.", problem=exc)) from exc
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
            raise RedeemOff("", _("All prizes of the wheel are gone. Nothing was charged."))
        total = sum(p.weight for p, _ in available)
        return [Odds(p, p.weight / total, stock) for p, stock in available]

    async def draw(self, tx: Transaction, viewer: Viewer) -> Drawn:
        """Draw a prize in the purchase, and take it from the stock.

        Not by ``tx.draw``, whose draws anybody may ask for at once: this one is told when the wheel has landed.
        """
        slices = await self.odds(tx.session)
        odds = [(s.prize.name, s.prize.weight) for s in slices]
        seed = secrets.token_hex(16)
        winner = pick(seed, odds)
        prize = slices[winner].prize
        values = {"user_id": viewer.id, "seed": seed, "odds_json": odds, "created_at": tx.now, "owed": False}
        won = {"prize": prize.name, "prize_json": prize.as_json()}
        inserted = await tx.session.execute(insert(Draw).values(**values, **won).returning(Draw.id))
        return Drawn(inserted.scalar_one(), [{"name": name, "weight": weight} for name, weight in odds], winner)

    async def cancel(self, tx: Transaction, bought: Bought) -> None:
        """Cancel a refunded spin: its prize returns to the stock, unless it was credited before."""
        drawn = update(Draw).where(Draw.id == bought.kept["draw"], Draw.landed_at.is_(None))
        await tx.session.execute(drawn.values(cancelled_at=tx.now))

    async def land(self, tx: Transaction, bought: Bought) -> str | Outcome | None:
        """Credit the prize, once, to whom the spin belongs now: they may have linked another account since.

        Returns:
            The text for chat, and the effect of the prize if it has one. None when it was credited before.
        """
        landed = update(Draw).where(
            Draw.id == bought.kept["draw"], Draw.landed_at.is_(None), Draw.cancelled_at.is_(None)
        )
        landed = landed.values(landed_at=tx.now, user_id=bought.viewer).returning(Draw.prize_json)
        stored = (await tx.session.execute(landed)).scalar()
        if stored is None:
            return None
        prize = Prize.from_json(stored)
        owed = prize.by_hand or not await self._grant(tx, bought, prize)
        if owed:
            await tx.session.execute(update(Draw).where(Draw.id == bought.kept["draw"]).values(owed=True))
        effect = effect_of(prize.effect, bought.buyer) if prize.effect else None
        text = _result(bought.buyer, prize, owed=owed)
        return text if effect is None else Outcome(text, effect)

    async def owe(self, tx: Transaction, bought: Bought) -> str | None:
        """The effect of a prize did not happen: a mod owes it now. Returns the sentence; None when it is settled."""
        lost = update(Draw).where(Draw.id == bought.kept["draw"], Draw.landed_at.is_not(None), Draw.given_by.is_(None))
        prize = (await tx.session.execute(lost.values(owed=True).returning(Draw.prize))).scalar()
        return None if prize is None else _("A mod hands over {prize}.", prize=prize)

    async def last(self, session: AsyncSession) -> Draw | None:
        """The newest draw that was not cancelled."""
        query = select(Draw).where(Draw.cancelled_at.is_(None)).order_by(Draw.id.desc()).limit(1)
        return (await session.execute(query)).scalar()

    async def won(self, session: AsyncSession) -> dict[str, int]:
        """How often each prize was won, by its name."""
        query = select(Draw.prize, func.count()).where(Draw.cancelled_at.is_(None)).group_by(Draw.prize)
        return {str(name): int(times) for name, times in await session.execute(query)}

    async def _grant(self, tx: Transaction, bought: Bought, prize: Prize) -> bool:
        """False where a balance at its limit cannot be credited: then the prize is owed, and a mod settles it."""
        try:
            async with tx.session.begin_nested():
                await tx.credit(bought.viewer, prize.grant_points or 0, note=prize.name, reason=REASON)
                await tx.give_xp(bought.viewer, prize.grant_xp or 0)
        except BadAmount:
            return False
        return True


def earlier_item(
    effect: Effect | None, stored: Mapping[str, Any], shown: Callable[[list[dict[str, Any]], int], Effect]
) -> Earlier | None:
    """An item that version 0.1 has put into the queue: a spin, or the effect of a prize.

    Args:
        effect: what it is to the bot; None for a spin.
        stored: all that was stored of it.
        shown: makes the effect of a spin of slices and the index of the winner.
    """
    if stored.get("effect") == "wheel" and {"draw", "slices", "winner"} <= stored.keys():
        wheel = shown(stored["slices"], stored["winner"])
        return Earlier(wheel, {"draw": stored["draw"]}, counts_from="begun")
    if effect is not None and "prize_of" in stored:
        return Earlier(effect, {"draw": stored["prize_of"]}, follows=True)
    return None


def _result(winner: str, prize: Prize, *, owed: bool) -> str:
    if owed:
        return _("{winner} won {prize}! A mod hands it over.", winner=winner, prize=prize.name)
    grants = [
        *([count(prize.grant_points, "point")] if prize.grant_points else []),
        *([f"{number(prize.grant_xp)} XP"] if prize.grant_xp else []),
    ]
    if not grants and not prize.effect:
        return _("{winner} landed on {prize}.", winner=winner, prize=prize.name)
    more = [grant for grant in grants if grant != prize.name]
    won = _("{winner} won {prize}!", winner=winner, prize=prize.name)
    return f"{won} (+{', +'.join(more)})" if more else won
