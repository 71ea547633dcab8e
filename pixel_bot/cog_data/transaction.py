"""A cog's transaction: points, the cog's own rows, draws, limits, claims and rounds of games, all or nothing."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data import draws, limits
from pixel_bot.cog_data.draws import Draw, Promise
from pixel_bot.cog_data.limits import Per
from pixel_bot.cog_data.points_transaction import Origin, PointsTransaction, Shares, Who, shares_of
from pixel_bot.cog_data.transaction_rounds import TransactionRounds
from pixel_bot.points import processed_ids

__all__ = ["Origin", "Shares", "Transaction", "Who", "shares_of"]

T = TypeVar("T")


class Transaction(PointsTransaction):
    """One transaction of a cog. What is done in it is there together once the block ends, or not at all.

    A viewer is a ``Viewer``, the ``Person`` whom an event names, or the id that a ``ViewerId`` column holds.
    ``tx.rounds`` keeps the stakes of games.
    """

    def __init__(self, session: AsyncSession, origin: Origin) -> None:
        super().__init__(session, origin)
        self.rounds = TransactionRounds(self)

    async def draw(self, weights: Mapping[T, float], promise: int | None = None) -> Draw[T]:
        """Choose by weight. The seed and the odds are kept, so that ``!fair ID`` can tell them.

        Args:
            weights: of each choice; they need not add up to anything.
            promise: the id of a promise of this cog, by whose seed it is drawn.

        Raises:
            ValueError: a weight is negative or no number, none is above zero, or two choices read the same; or there
                is no such promise.
        """
        origin = self.origin
        return await draws.draw(self.session, origin.cog, origin.reason, weights, origin.now, promise)

    async def promise(self) -> Promise:
        """Keep a seed for draws that come later, so that its hash can be told before anybody buys a ticket."""
        return await draws.promise(self.session, self.origin.cog, self.origin.reason, self.origin.now)

    async def limit(self, viewer: Who, name: str, most: int, per: Per = "day") -> int:
        """Count one use of something by a viewer.

        Args:
            viewer: by whom.
            name: of what; each cog has its own names.
            most: how often it may be done in the period.
            per: the period: ``hour``, ``day`` (of the local time), ``week``, ``stream`` or ``ever``.

        Returns:
            How many uses are left in the period.

        Raises:
            LimitReached: there are none left; nothing happened. Chat hears it as it is.
        """
        origin, period = self.origin, self.origin.period(per)
        user_id = await self.id_of(viewer)
        return await limits.use(self.session, origin.cog, name, user_id, most, per, period, origin.now)

    def period(self, per: Per) -> str:
        """The name of the present period of a limit. Keep it where a use may have to be given back."""
        return self.origin.period(per)

    async def unlimit(self, viewer: Who, name: str, period: str) -> None:
        """Give back a use that ``limit`` has counted; ``period`` is what ``tx.period`` said then."""
        user_id = await self.id_of(viewer)
        await limits.give_back(self.session, self.origin.cog, name, user_id, period)

    async def claim(self, key: str) -> bool:
        """Claim something that only one can have, like ``spawn:7``. True for the first who does, for ever."""
        event_id = f"cog:{self.origin.cog}:claim:{key}"
        claimed = processed_ids.ProcessedId(event_id, "cog", 0, 0, self.origin.now)
        return bool(await processed_ids.claim(self.session, [claimed]))
