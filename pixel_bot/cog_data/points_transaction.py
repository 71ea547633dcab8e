"""The points in a cog's transaction, and the session for its own rows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.day_loss import DayLoss
from pixel_bot.cog_data.level_news import tell_when_durable
from pixel_bot.cog_data.limits import Per
from pixel_bot.cog_data.reasons import checked_reason
from pixel_bot.db.models import User
from pixel_bot.errors import BadAmount
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.points import ledger
from pixel_bot.points.amounts import HasValue, Share, amount_or_share, points_of
from pixel_bot.points.ledger import MAX_AMOUNT, Entry
from pixel_bot.points.levels import Gain, Levels
from pixel_bot.wording.texts import texts

_ = texts(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shares(Generic[T]):
    """What each one got of a pot, in whole points; ``rest`` is what could not be divided, and nobody got."""

    parts: Mapping[T, int]
    rest: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose transaction it is: the cog, the reason for the ledger, and what the time and a period are read from."""

    cog: str
    reason: str
    now: datetime
    period: Callable[[Per], str]
    account_of: Callable[[AsyncSession, Person], Awaitable[int]]
    """Finds somebody's account, or makes it, in the transaction."""
    levels: Levels
    platform: Platform = "twitch"
    day_loss: DayLoss | None = None
    """What a viewer may lose in a day; None where the cog is no game."""
    is_ignored: Callable[[AsyncSession, int], Awaitable[bool]] | None = None
    """Whether an account is on the ignore list."""


Who = Viewer | Person | int
"""Somebody with an account: a ``Viewer``, the ``Person`` of an event, or the id that a ``ViewerId`` column holds."""


class PointsTransaction:
    """What moves points and XP in a transaction.

    A viewer is a ``Viewer``, the ``Person`` whom an event names, or the id that a ``ViewerId`` column holds.
    """

    def __init__(self, session: AsyncSession, origin: Origin) -> None:
        self._session: AsyncSession | None = session
        self.origin = origin

    @property
    def session(self) -> AsyncSession:
        """The session for the cog's own rows. It commits by itself when the block ends.

        Raises:
            RuntimeError: the block has ended.
        """
        if self._session is None:
            raise RuntimeError("This transaction has ended; what belongs to it goes into its block.")
        return self._session

    @property
    def now(self) -> datetime:
        """The moment that its ledger rows carry."""
        return self.origin.now

    def end(self) -> None:
        """From now on nothing can be done in it."""
        self._session = None

    async def balance(self, viewer: Who) -> int:
        """The balance of a viewer, which cannot change before the block ends."""
        return await ledger.balance_of(self.session, await self.id_of(viewer))

    async def plays(self, viewer: Who) -> bool:
        """Whether a viewer takes part in games: not where they are on the ignore list, as the bot itself is."""
        ask = self.origin.is_ignored
        return ask is None or not await ask(self.session, await self.id_of(viewer))

    async def earned(self, hours: float) -> int:
        """The points that all viewers earned in the last hours: by chat, watching, follows, subs and the like.

        What mods gave, what games paid and what was given back is left out.
        """
        return await ledger.earned_since(self.session, self.now - timedelta(hours=hours))

    async def debit(
        self, viewer: Who, amount: HasValue | Share | str | int, *, note: str = "", reason: str = ""
    ) -> int:
        """Take points from a viewer.

        Args:
            viewer: from whom.
            amount: a number, or an ``Amount`` as it was typed: ``all``, ``half`` and ``50%`` are parts of the balance
                of this moment.
            note: what ``!history`` may add to the reason.
            reason: of this row of the ledger; that of the transaction when left out.

        Returns:
            How many points were taken.

        Raises:
            NotEnoughPoints: the viewer has fewer; nothing happened.
            BadAmount: it is no amount above zero, or comes to less than a point.
        """
        points = await self.resolved(viewer, amount)
        if points <= 0:
            raise BadAmount(_("That has to be more than zero."))
        await self._post(viewer, -points, note, reason)
        return points

    async def credit(self, viewer: Who, points: int, *, note: str = "", reason: str = "") -> int:
        """Give points to a viewer; 0 gives nothing. Returns the balance after it.

        Args:
            viewer: to whom.
            points: how many.
            note: what ``!history`` may add to the reason.
            reason: of this row of the ledger; that of the transaction when left out.

        Raises:
            ValueError: the number is negative; or the reason is one of the bot's own.
            BadAmount: it is more than may be moved at once, or than a balance can hold.
        """
        if points < 0:
            raise ValueError(f"tx.credit gives points, and {points} is negative: use tx.debit to take some.")
        if not points:
            return await self.balance(viewer)
        return await self._post(viewer, points, note, reason)

    async def give_xp(self, viewer: Who, xp: int) -> None:
        """Give XP to a viewer. Levels that are reached are paid at once, and told when the transaction is durable.

        Raises:
            ValueError: the number is negative.
        """
        if xp < 0:
            raise ValueError(f"tx.give_xp gives XP, and {xp} is negative.")
        if not xp:
            return
        user_id = await self.id_of(viewer)
        query = select(User.name, func.coalesce(User.display_name, User.name)).where(User.id == user_id)
        name, shown = (await self.session.execute(query)).one()
        gain = Gain(user_id, name, shown, xp, self.origin.now, self.origin.platform)
        if ups := await self.origin.levels.add(self.session, [gain]):
            tell_when_durable(self.session, ups, self.origin.levels.notify)

    async def share(self, pot: int, stakes: Mapping[T, int]) -> Shares[T]:
        """Pay a pot to viewers, each in proportion to a stake, rounded down.

        Args:
            pot: the points.
            stakes: by ``Viewer`` or id. Who staked nothing gets nothing.

        Returns:
            What each one got, and the rest that nobody got: keep it for the next pot, or give it to somebody.

        Raises:
            ValueError: the pot or a stake is negative.
        """
        shares = shares_of(pot, stakes)
        for viewer, points in shares.parts.items():
            if not isinstance(viewer, Viewer | Person | int):
                raise TypeError(f"{viewer!r} is neither a viewer nor the id of one.")
            if points:
                await self._post(viewer, points, "", "")
        return shares

    async def resolved(self, viewer: Who, amount: HasValue | Share | str | int) -> int:
        """An amount as it was typed, in points: parts are of the viewer's balance of this moment."""
        if isinstance(amount, str):
            amount = amount_or_share(amount)
        if not isinstance(amount, int | Share):
            amount = amount.value
        return points_of(amount, 0 if isinstance(amount, int) else await self.balance(viewer))

    async def _post(self, viewer: Who, points: int, note: str, reason: str) -> int:
        if reason:
            checked_reason(reason)
        entry = await self.entry(viewer, points, reason or self.origin.reason, note)
        return (await ledger.post(self.session, [entry]))[entry.user_id]

    async def entry(self, viewer: Who, points: int, reason: str, note: str = "") -> Entry:
        """A row for the ledger.

        Raises:
            BadAmount: it is more than may be moved at once.
        """
        if points > MAX_AMOUNT:
            raise BadAmount(_("That is too much at once."))
        return Entry(await self.id_of(viewer), points, reason, self.origin.now, note=note or None)

    async def id_of(self, viewer: Who) -> int:
        """The account of a viewer."""
        if isinstance(viewer, Person):
            return await self.origin.account_of(self.session, viewer)
        return viewer if isinstance(viewer, int) else viewer.id


def shares_of(pot: int, stakes: Mapping[T, int]) -> Shares[T]:
    """Divide a pot in proportion to stakes, rounded down.

    Raises:
        ValueError: the pot or a stake is negative.
    """
    if pot < 0 or any(stake < 0 for stake in stakes.values()):
        raise ValueError("A pot and its stakes are numbers from zero up.")
    total = sum(stakes.values())
    parts = {who: pot * stake // total if total else 0 for who, stake in stakes.items()}
    return Shares(parts, pot - sum(parts.values()))
