"""``@claims``: several cogs have a use for a command, like ``!join``, and it goes to the one that wants it just now."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.bot.cogs.timing import marked_with
from pixel_bot.errors import BadInput
from pixel_bot.wording.texts import texts

_ = texts(__name__)

MARK = "__pixel_claims__"

M = TypeVar("M", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Claim:
    """A cog wants a command just now.

    Attributes:
        words: what for, and how to type that for sure: ``!enter (raffle)``. It is said where several cogs want it.
        run: does it, in place of the command; None where the command itself does.
    """

    words: str
    run: Callable[[], Awaitable[None]] | None = None


Asked = Callable[[Any], Awaitable[Claim | None]]


def claims(name: str) -> Callable[[M], M]:
    """Decorator: the method, which gets a ``Context``, says whether its cog wants a command just now.

    It is asked when somebody types the command by this name, and returns a ``Claim`` or None. One claim: that is done.
    Several: chat hears how to type each. None: the command itself runs, where a cog has it.

    Args:
        name: of the command, which another cog may have.

    Raises:
        TypeError: the method is not ``async``.
    """

    def wrap(method: M) -> M:
        if not inspect.iscoroutinefunction(method):
            raise TypeError(f"{method.__qualname__} is asked who wants a command, so it must be an async method.")
        setattr(method, MARK, name)
        return method

    return wrap


class ClaimedCommands:
    """Which cogs may want which commands.

    Args:
        faults: counts what fails; a cog whose method fails does not want the command.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._asked: dict[object, list[tuple[str, str, Asked]]] = {}

    def add(self, cog: str, component: object) -> None:
        """A cog class is there."""
        if found := [(name, cog, method) for _, method, name in marked_with(MARK, component)]:
            self._asked[component] = found

    def remove(self, component: object) -> None:
        """It is gone."""
        self._asked.pop(component, None)

    async def claim_of(self, name: str, ctx: Any) -> Claim | None:
        """Who wants the command now that somebody typed it by that name; None where nobody does.

        Raises:
            BadInput: several do. The sentence says how to type each.
        """
        found = [claim for asked in self._of(name) if (claim := await self._ask(*asked, ctx)) is not None]
        if len(found) > 1:
            ways = " · ".join(claim.words for claim in found)
            raise BadInput(_("Which one do you mean? {ways}", ways=ways))
        return found[0] if found else None

    def _of(self, name: str) -> list[tuple[str, Asked]]:
        return [(cog, asked) for each in self._asked.values() for named, cog, asked in each if named == name]

    async def _ask(self, cog: str, asked: Asked, ctx: Any) -> Claim | None:
        with self._faults.caught(cog, "when it was asked whether it wants a command"):
            return await asked(ctx)
        return None
