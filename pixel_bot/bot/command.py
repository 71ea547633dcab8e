"""``@command``: a method of a cog that chat can call."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, Literal, Protocol

from twitchio.ext import commands
from typing_extensions import override

from pixel_bot.bot import guards
from pixel_bot.bot.rests import with_cooldown
from pixel_bot.bot.twitchio_internals import CommandInternals
from pixel_bot.wording.texts import texts_of


class HasCommands(Protocol):
    """What has commands: the bot."""

    @property
    def known_commands(self) -> Mapping[str, commands.Command[Any, ...]]:
        """What chat can type, by every name it answers to."""
        ...


class PixelCommand(CommandInternals):
    """A command."""

    @override
    async def begin(self, context: Any) -> Callable[[], None]:
        """The streamer's rules for the command hold where it is typed; what took channel points has others."""
        if context.redemption_ref is not None:
            return await super().begin(context)
        return await context.bot.command_table.begin(context, self)

    @override
    async def taken_over(self, context: Any) -> Callable[[], Awaitable[None]] | None:
        """Another cog may want it just now, by the name that was typed."""
        if context.redemption_ref is not None:
            return None
        claim = await context.bot.runtime.claims.claim_of(context.invoked_with, context)
        return claim.run if claim is not None else None


Who = Literal["everyone", "mods", "streamer"]


def command(
    name: str | None = None,
    *,
    aliases: Sequence[str] = (),
    usage: str = "",
    cooldown: float | str = 0,
    everyone: float = 0,
    live_only: bool | str = False,
    who: Who | guards.Role | Collection[guards.Role] = "everyone",
) -> Callable[[Any], PixelCommand]:
    """Decorator: the method is a command.

    Args:
        name: what is typed after the prefix; the method's name when left out. It may have two words.
        aliases: other names for it.
        usage: what comes after the name, like ``@user N``, for ``!help`` and for friendly refusals.
        cooldown: seconds before the same viewer may use it again, or the name of the cog's setting that has them. Mods
            and the streamer do not wait for it, unless REDEEM_MODS_WAIT is set; a restart ends it.
        everyone: seconds before anybody may.
        live_only: whether it works only while a stream is on, or the name of the cog's setting that says so.
        who: who may use it: ``everyone``, ``mods``, ``streamer``; or roles, as ``@only`` takes them.

    Raises:
        TypeError: the method is not ``async``.
        ValueError: a cooldown or a role cannot be used.
    """

    def wrap(method: Any) -> PixelCommand:
        if not iscoroutinefunction(method):
            raise TypeError(f"The command {method.__qualname__} must be an async method.")
        as_method(method)
        shown = name or method.__name__
        if cooldown or everyone:
            method = with_cooldown(method, shown, cooldown, everyone)
        if (guard := _guard_for(who)) is not None:
            method = guard(method)
        if live_only:
            method = guards.live_only(live_only if isinstance(live_only, str) else "")(method)
        return PixelCommand(method, name=shown, aliases=list(aliases), extras={"usage": usage})

    return wrap


def as_method(function: Any) -> None:
    """A function that is made at run time is called as a method, with its cog first; TwitchIO knows one by its name."""
    if function.__qualname__.endswith(f"<locals>.{function.__name__}"):
        function.__qualname__ = f"{function.__qualname__}.{function.__name__}"


def _guard_for(who: Who | guards.Role | Collection[guards.Role]) -> Any:
    if who == "everyone":
        return None
    roles = [who] if isinstance(who, str) else [*who]
    return guards.only(*("mod" if role == "mods" else role for role in roles))  # pyright: ignore[reportArgumentType]


def usage(command: commands.Command[Any, ...] | None, prefix: str) -> str:
    """How a command is typed, like ``!give @user N``: from its ``usage`` extra, else from its parameters."""
    if command is None:
        return prefix
    hint = command.extras.get("usage")
    if hint:
        hint = texts_of(command.callback.__module__).of_source(hint)
    if hint is None:
        hint = (command.signature or "").strip().replace("<", "").replace(">", "").replace("...", "").upper()
    return f"{prefix}{command.name} {hint}".strip()


def help_line(command: commands.Command[Any, ...]) -> str:
    """What a command does, in one sentence: the first line of its docstring, in the language of the chat."""
    return texts_of(command.callback.__module__).of_source(command.help.strip().partition("\n")[0])


def command_list(bot: HasCommands) -> Sequence[commands.Command[Any, ...]]:
    """Every command once, by name."""
    return sorted(set(bot.known_commands.values()), key=lambda c: c.name)
