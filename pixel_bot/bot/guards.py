"""Who may use a command."""

from typing import Any

from twitchio.ext import commands

from pixel_bot.accounts.cog_economy import command_audience
from pixel_bot.bot.cogs.given_roles import GIVEN_ROLES, GivenRole
from pixel_bot.bot.context import Context
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.errors import NotAllowed
from pixel_bot.model.heard_chat import CHAT_ROLES, ChatRole
from pixel_bot.points.audit import Act, begin_act
from pixel_bot.texts import joined
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

Role = ChatRole | GivenRole
"""What somebody may be in a channel: by the platform, or by a cog."""

MOST_OF_A_TARGET = 200
"""Characters of what a mod typed that the audit log keeps, where no service says more exactly what was changed."""

_ROLES: tuple[Role, ...] = (*CHAT_ROLES, *GIVEN_ROLES)

_WORDS: dict[Role, str] = {
    "sub": later("subs"),
    "vip": later("VIPs"),
    "mod": later("mods"),
    "streamer": later("the streamer"),
    "regular": later("regulars"),
}


def mods_only() -> Any:
    """Decorator: only mods and the streamer may use the command."""

    def allow(ctx: Context) -> bool:
        if not ctx.is_mod:
            raise NotAllowed(_("Only mods can do that."))
        command_audience.set("mods")
        _begin_act(ctx)
        return True

    return _guard(allow, "mods")


def broadcaster_only() -> Any:
    """Decorator: only the streamer may use the command."""

    def allow(ctx: Context) -> bool:
        if not ctx.is_broadcaster:
            raise NotAllowed(_("Only the streamer can do that."))
        command_audience.set("broadcaster")
        _begin_act(ctx)
        return True

    return _guard(allow, "broadcaster")


def only(*roles: Role) -> Any:
    """Decorator: only those with one of these roles may use the command, and the streamer.

    Args:
        roles: ``sub``, ``vip``, ``mod``, ``streamer``, and ``regular``, which cogs give with ``@role``. Mods have no
            others' rights: name them, too, where they may.

    Raises:
        ValueError: no role is named, or one that there is not.
    """
    unknown = [role for role in roles if role not in _ROLES]
    if unknown or not roles:
        raise ValueError(f"@only takes {', '.join(_ROLES)}" + (f", and not {unknown[0]!r}." if unknown else "."))
    wanted = frozenset(roles) | {"streamer"}

    given: list[GivenRole] = [role for role in GIVEN_ROLES if role in wanted]
    label = {frozenset({"mod"}): "mods", frozenset({"streamer"}): "broadcaster"}.get(frozenset(roles), "")

    async def allow(ctx: Context) -> bool:
        if not ctx.roles & wanted and not await ctx.has_given(given):
            raise NotAllowed(_("Only {people} can do that.", people=joined([_(_WORDS[role]) for role in roles])))
        if label:
            _begin_act(ctx)
        return True

    return _guard(allow, label)


def live_only(setting: str = "") -> Any:
    """Decorator: the command works only while a stream is on; with a setting of the cog's only where that says so."""

    def allow(ctx: Context) -> bool:
        cog: Any = ctx.found_command.component if ctx.found_command is not None else None
        if not ctx.bot.live and (not setting or getattr(cog.config, setting)):
            raise NotAllowed(_("That works only while the stream is on."))
        return True

    return _guard(allow, "")


def audience(command: "commands.Command[Any, ...]") -> str:
    """Who a command is for: ``everyone``, ``mods`` or ``broadcaster``."""
    return next((who for g in command.guards if (who := getattr(g, "audience", None))), "everyone")


def _begin_act(ctx: Context) -> None:
    """The audit log says what mods and the streamer do in chat."""
    command = ctx.found_command
    name = command.qualified_name if command is not None else ""
    area = cog_name(type(command.component).__module__) if command is not None else ""
    typed = (ctx.chat_message.text or "")[:MOST_OF_A_TARGET]
    begin_act(Act(ctx.viewer.name, "chat", area, f"!{name}", ctx.bot.clock.now(), target=typed))


def _guard(allow: Any, who: str) -> Any:
    allow.audience = who
    return commands.guard(allow)
