"""``bot.economy`` as cogs have it: giving for everybody, and a mod's changes in commands for mods alone."""

from collections.abc import Sequence
from contextvars import ContextVar

from pixel_bot.accounts.economy import Economy, Given, Taken, Undone, XpChange
from pixel_bot.errors import PixelError
from pixel_bot.model.people import Viewer
from pixel_bot.points import ledger
from pixel_bot.points.amounts import Share

command_audience: ContextVar[str] = ContextVar("command_audience", default="everyone")
"""Whom the command is for that this task runs: ``everyone``, ``mods`` or ``broadcaster``."""


class NotAModsChange(PixelError):
    """A cog used a mod's change where no command for mods runs: a mod's ``!undo`` would take it back."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"bot.economy.{name} is a change by a mod, which any mod's !undo takes back, so it works only in a command "
            "with @mods_only() or @broadcaster_only(). A cog moves points like this: "
            'async with self.bot.transaction(ctx, "slots") as tx: await tx.credit(viewer, 50), or tx.debit(viewer, 50).'
        )


class CogEconomy:
    """Transfers between viewers, and the changes that mods make by commands for mods.

    Points of a cog's own, won or spent, move in ``bot.transaction``.
    """

    def __init__(self, economy: Economy) -> None:
        self._economy = economy

    async def give(self, giver: Viewer, receiver: Viewer, amount: int | Share | None) -> Given:
        """As ``Economy.give``: move points from one viewer to another."""
        return await self._economy.give(giver, receiver, amount)

    async def history(self, viewer: Viewer, limit: int) -> list[ledger.Row]:
        """The last rows of a viewer, newest first."""
        return await self._economy.history(viewer, limit)

    async def add(self, actor: Viewer, viewer: Viewer, amount: int, note: str = "") -> int:
        """As ``Economy.add``: a mod adds points.

        Raises:
            NotAModsChange: no command for mods runs; so do the methods below.
        """
        return await self._for_mods("add").add(actor, viewer, amount, note)

    async def take(self, actor: Viewer, viewer: Viewer, amount: int | Share, note: str = "") -> Taken:
        """As ``Economy.take``: a mod takes points."""
        return await self._for_mods("take").take(actor, viewer, amount, note)

    async def set(self, actor: Viewer, viewer: Viewer, points: int, note: str = "") -> int:
        """As ``Economy.set``: a mod sets a balance."""
        return await self._for_mods("set").set(actor, viewer, points, note)

    async def add_all(self, actor: Viewer, users: Sequence[int], amount: int) -> int:
        """As ``Economy.add_all``: a mod adds points to many viewers."""
        return await self._for_mods("add_all").add_all(actor, users, amount)

    async def change_xp(
        self, actor: Viewer, viewer: Viewer, *, by: int | None = None, to: int | None = None
    ) -> XpChange:
        """As ``Economy.change_xp``: a mod changes XP."""
        return await self._for_mods("change_xp").change_xp(actor, viewer, by=by, to=to)

    async def undo(self, actor: Viewer) -> Undone:
        """As ``Economy.undo``: a mod takes the last change back."""
        return await self._for_mods("undo").undo(actor)

    def _for_mods(self, name: str) -> Economy:
        if command_audience.get() == "everyone":
            raise NotAModsChange(name)
        return self._economy
