"""``@command``: a method of a cog that chat can call."""

from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, Protocol

from twitchio.ext import commands

from pixel_bot.bot.twitchio_internals import CommandInternals


class HasCommands(Protocol):
    """What has commands: the bot."""

    @property
    def commands_by_name(self) -> Mapping[str, commands.Command[Any, ...]]:
        """All commands by every name they answer to."""
        ...


class PixelCommand(CommandInternals):
    """A command."""


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


def command_list(bot: HasCommands) -> Sequence[commands.Command[Any, ...]]:
    """Every command once, by name."""
    return sorted(set(bot.commands_by_name.values()), key=lambda c: c.name)
