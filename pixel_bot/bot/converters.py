"""What people type after a command, checked before the command's body runs."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixel_bot.errors import BadAmount
from pixel_bot.model.people import Viewer
from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.texts import number

if TYPE_CHECKING:
    from pixel_bot.bot.context import Context

_GROUPED = re.compile(r"^\d{1,3}(?:[,.' _]\d{3})+$", re.ASCII)
_PLAIN = re.compile(r"^\d{1,500}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """A positive number of points; None stands for ``all``."""

    value: int | None

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> "Amount":
        """``50``, ``1,000`` or ``all``.

        Raises:
            BadAmount: anything else, zero, or more than may be moved at once.
        """
        if arg.lower() == "all":
            return cls(None)
        return cls(whole_number(arg, least=1))


@dataclass(frozen=True, slots=True)
class Total:
    """Zero or a positive number."""

    value: int

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> "Total":
        """``0``, ``50`` or ``1,000``.

        Raises:
            BadAmount: anything else.
        """
        return cls(whole_number(arg, least=0))


class KnownViewer(Viewer):
    """Somebody who has been here, typed as a name with or without ``@``."""

    __slots__ = ()

    @classmethod
    async def convert(cls, ctx: "Context", arg: str) -> Viewer:
        """The viewer of that name.

        Raises:
            UnknownViewer: nobody of that name has been here.
        """
        return await ctx.bot.viewers.find(arg, ctx.platform)


def whole_number(typed: str, *, least: int) -> int:
    """The number that was typed.

    Raises:
        BadAmount: it is no whole number, below ``least``, or larger than may be moved at once.
    """
    digits = re.sub(r"\D", "", typed) if _GROUPED.match(typed) else typed
    if not _PLAIN.match(digits):
        what = "a number" if least == 0 else "a number above zero"
        raise BadAmount(f"I need {what} there, like 50.")
    value = int(digits)
    if value < least:
        raise BadAmount("That has to be more than zero.")
    if value > MAX_AMOUNT:
        raise BadAmount(f"That is too much at once; {number(MAX_AMOUNT)} is the most.")
    return value
