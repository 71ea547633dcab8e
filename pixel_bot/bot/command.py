"""Our command: TwitchIO's, but an optional argument that is wrong says why."""

from collections.abc import Callable, Sequence
from inspect import Parameter, iscoroutinefunction
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from twitchio.ext import commands

if TYPE_CHECKING:
    from pixel_bot.bot.bot import PixelBot


class PixelCommand(commands.Command[Any, ...]):
    """A command."""

    async def _do_conversion(self, context: Any, param: Parameter, *, annotation: Any, raw: str | None) -> Any:
        """TwitchIO forgets why a converter of ``X | None`` refused; with None left out it does not."""
        return await super()._do_conversion(context, param, annotation=_without_none(annotation), raw=raw)


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    rest = [a for a in get_args(annotation) if a is not type(None)]
    return rest[0] if len(rest) == 1 else annotation


def command(name: str | None = None, *, aliases: Sequence[str] = (), usage: str = "") -> Callable[[Any], PixelCommand]:
    """Decorator: the method is a command.

    Args:
        name: what is typed after the prefix; the method's name when left out. It may have two words.
        aliases: other names for it.
        usage: what comes after the name, like ``@user N``, for ``!help`` and for friendly refusals.

    Raises:
        TypeError: the method is not ``async``.
    """

    def wrap(method: Any) -> PixelCommand:
        if not iscoroutinefunction(method):
            raise TypeError(f"The command {method.__qualname__} must be an async method.")
        shown = name or method.__name__
        return PixelCommand(method, name=shown, aliases=list(aliases), extras={"usage": usage})

    return wrap


def usage(command: commands.Command[Any, ...] | None, prefix: str) -> str:
    """How a command is typed, like ``!give @user N``: from its ``usage`` extra, else from its parameters."""
    if command is None:
        return prefix
    hint = command.extras.get("usage")
    if hint is None:
        hint = (command.signature or "").strip().replace("<", "").replace(">", "").replace("...", "").upper()
    return f"{prefix}{command.name} {hint}".strip()


def command_list(bot: "PixelBot") -> Sequence[commands.Command[Any, ...]]:
    """Every command once, by name."""
    return sorted(set(bot.commands_by_name.values()), key=lambda c: c.name)
