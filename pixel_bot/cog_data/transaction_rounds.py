"""``tx.rounds``: the stakes of games, in a cog's transaction."""

from collections.abc import Mapping
from typing import TypeVar

from pixel_bot.cog_data import rounds
from pixel_bot.cog_data.day_loss import check_day_loss
from pixel_bot.cog_data.points_transaction import PointsTransaction, Shares, Who, shares_of
from pixel_bot.cog_data.reasons import checked_reason
from pixel_bot.cog_data.rounds import Round, RoundState
from pixel_bot.errors import BadAmount
from pixel_bot.points.amounts import HasValue, Share, amount_or_share
from pixel_bot.texts import count
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

T = TypeVar("T", bound=Who)


class TransactionRounds:
    """Rounds of games in one transaction. Each point that moves in a round is a row of the ledger with its id.

    While a round is open, its points are nobody's. Where its cog is gone for five minutes, all stakes are given back.
    """

    def __init__(self, tx: PointsTransaction) -> None:
        self._tx = tx

    async def open(self, kind: str) -> Round:
        """Begin a round, in which points are staked until it ends.

        Args:
            kind: what it is called in the ledger, where it is given back without its cog; like ``bet``.

        Raises:
            ValueError: that cannot be a reason in the ledger.
        """
        checked_reason(kind)
        return await rounds.open_round(self._tx.session, self._tx.origin.cog, kind, self._tx.now)

    async def stake(
        self,
        round_id: int,
        viewer: Who,
        amount: HasValue | Share | str | int,
        *,
        least: int = 1,
        most: int | None = None,
    ) -> int:
        """Take points from a viewer into a round, as ``tx.debit`` does. Returns how many were taken.

        In a round of a game, a stake that could lose the viewer more than GAMES_DAY_LOSS since midnight is refused.

        Args:
            round_id: of the round.
            viewer: from whom.
            amount: as of ``tx.debit``.
            least: the smallest stake.
            most: the largest one. ``all``, ``half`` and ``50%`` come to no more than that.

        Raises:
            RoundOver: the round is not open.
            BadAmount: it is less or more than may be staked, or than the viewer may still lose today.
            NotEnoughPoints: the viewer has fewer; nothing happened.
        """
        tx = self._tx
        if isinstance(amount, str):
            amount = amount_or_share(amount)
        found = amount if isinstance(amount, int | Share) else amount.value
        points = await tx.resolved(viewer, found)
        if isinstance(found, Share) and most is not None:
            points = min(points, most)
        _check_stake(points, least, most)
        if tx.origin.day_loss is not None:
            await check_day_loss(tx.session, await tx.id_of(viewer), points, tx.origin.day_loss, tx.now)
        await rounds.move(tx.session, round_id, await tx.entry(viewer, -points, tx.origin.reason))
        return points

    async def pay(self, round_id: int, viewer: Who, points: int) -> int:
        """Pay points out of a round; 0 pays nothing. Returns the balance after it.

        Raises:
            RoundOver: the round is not open.
            ValueError: the number is negative.
            BadAmount: it is more than may be moved at once, or than a balance can hold.
        """
        if points < 0:
            raise ValueError(f"tx.rounds.pay pays points, and {points} is negative: use tx.rounds.stake to take some.")
        if not points:
            return await self._tx.balance(viewer)
        entry = await self._tx.entry(viewer, points, self._tx.origin.reason + rounds.WON)
        return await rounds.move(self._tx.session, round_id, entry)

    async def share(self, round_id: int, pot: int, stakes: Mapping[T, int]) -> Shares[T]:
        """Pay a pot out of a round, to each in proportion to a stake, rounded down; as ``tx.share`` does.

        Raises:
            RoundOver: the round is not open.
            ValueError: the pot or a stake is negative.
        """
        shares = shares_of(pot, stakes)
        for viewer, points in shares.parts.items():
            await self.pay(round_id, viewer, points)
        return shares

    async def staked(self, round_id: int) -> Mapping[int, int]:
        """What each viewer has in a round, by id: their stakes without what they got from it."""
        return await rounds.staked(self._tx.session, round_id)

    async def give_back(self, round_id: int, viewer: Who | None = None) -> Mapping[int, int]:
        """Give a viewer's stakes in a round back, or those of all. Returns how many points each got, by id.

        Raises:
            RoundOver: the round is not open.
        """
        only = await self._tx.id_of(viewer) if viewer is not None else None
        return await rounds.give_back(self._tx.session, round_id, self._tx.origin.reason, self._tx.now, only)

    async def end(self, round_id: int) -> Round:
        """End a round. What was staked and neither paid out nor given back is the house's.

        Raises:
            RoundOver: it has ended already.
        """
        return await rounds.end_round(self._tx.session, round_id, self._tx.now)

    async def cancel(self, round_id: int) -> Mapping[int, int]:
        """Give all stakes of a round back, and end it. Returns how many points each got, by id.

        Raises:
            RoundOver: it has ended already.
        """
        given = await self.give_back(round_id)
        await rounds.end_round(self._tx.session, round_id, self._tx.now, RoundState.RETURNED)
        return given

    async def all_open(self) -> list[Round]:
        """The rounds of this cog that have not ended, the oldest first."""
        return await rounds.open_rounds(self._tx.session, self._tx.origin.cog)


def _check_stake(points: int, least: int, most: int | None) -> None:
    if points <= 0:
        raise BadAmount(_("That has to be more than zero."))
    if points < least or (most is not None and points > most):
        words = later("A stake is at least {least}.") if most is None else later("A stake is from {lowest} to {most}.")
        fields = {"least": count(least, "point"), "lowest": least, "most": count(most or 0, "point")}
        raise BadAmount(_(words, **fields))
