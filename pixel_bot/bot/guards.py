"""Who may use a command."""

from typing import Any

from twitchio.ext import commands

from pixel_bot.accounts.cog_economy import command_audience
from pixel_bot.bot.context import Context
from pixel_bot.errors import NotAllowed


def mods_only() -> Any:
    """Decorator: only mods and the streamer may use the command."""

    def allow(ctx: Context) -> bool:
        if not ctx.is_mod:
            raise NotAllowed("Only mods can do that.")
        command_audience.set("mods")
        return True

    return _guard(allow, "mods")


def broadcaster_only() -> Any:
    """Decorator: only the streamer may use the command."""

    def allow(ctx: Context) -> bool:
        if not ctx.is_broadcaster:
            raise NotAllowed("Only the streamer can do that.")
        command_audience.set("broadcaster")
        return True

    return _guard(allow, "broadcaster")


def audience(command: "commands.Command[Any, ...]") -> str:
    """Who a command is for: ``everyone``, ``mods`` or ``broadcaster``."""
    return next((who for g in command.guards if (who := getattr(g, "audience", None))), "everyone")


def _guard(allow: Any, who: str) -> Any:
    allow.audience = who
    return commands.guard(allow)
