"""What people type after a command, checked before the command's body runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixel_bot.errors import BadAmount
from pixel_bot.model.people import Viewer
from pixel_bot.points.amounts import Share, amount_or_share, whole_number

if TYPE_CHECKING:
    from pixel_bot.bot.context import Context
from pixel_bot.wording.texts import texts

_ = texts(__name__)


@dataclass(frozen=True, slots=True)
class Amount:
    """A positive number of points, or a share of somebody's balance.

    What a share comes to is decided in the transaction that moves the points: pass ``value`` on to ``economy``.
    """

    value: int | Share

    @property
    def exact(self) -> int:
        """The number, where a share would make no sense because points come out of nothing.

        Raises:
            BadAmount: it is a share.
        """
        if isinstance(self.value, Share):
            raise BadAmount(_("I need a number there, like 50."))
        return self.value

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> "Amount":
        """``50``, ``+50``, ``1,000``, ``1.5k``, ``50%``, ``half`` or ``all``.

        Raises:
            BadAmount: anything else, zero, or more than may be moved at once.
        """
        return cls(amount_or_share(arg))


@dataclass(frozen=True, slots=True)
class Total:
    """Zero or a positive number."""

    value: int

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> "Total":
        """``0``, ``50``, ``1,000`` or ``1.5k``. A sign is refused: it would read like a change of the number.

        Raises:
            BadAmount: anything else.
        """
        return cls(whole_number(arg, least=0))


class KnownViewer(Viewer):
    """Somebody who has been here, or whom the platform knows, as people type names: see ``People.find``."""

    __slots__ = ()

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> Viewer:
        """The viewer of that name.

        Raises:
            UnknownViewer, AmbiguousName, CannotLookUp: nobody can be found by it.
        """
        return await ctx.find_viewer(arg)
