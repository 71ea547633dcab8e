"""Help: the list of commands, and how each is typed."""

from collections.abc import Collection

from pixel_bot.plugin import Cog, Context, PixelBot, audience, command, command_list, help_line, paged, texts, usage

_ = texts(__name__)


class Help(Cog):
    """The command ``help``."""

    @command(usage="[COMMAND or PAGE]")
    async def help(self, ctx: Context, *, name: str = "") -> None:
        """What you can type, or how one command works."""
        prefix = self.bot.settings.command_prefix
        typed = name.strip().lower().removeprefix(prefix)
        if not typed or typed.isdigit():
            own = " · " + _("For mods: {command}", command=f"{prefix}help mod") if ctx.is_mod else ""
            how = " · " + _("{command} COMMAND tells more.", command=f"{prefix}help")
            await ctx.reply(await self._listed({"everyone"}, _("You can type"), typed, "help") + own + how)
            return
        first, _space, page = typed.partition(" ")
        if first in {"mod", "mods"} and (not page or page.isdigit()):
            audiences = {"mods", "broadcaster"} if ctx.is_broadcaster else {"mods"}
            await ctx.reply(await self._listed(audiences, _("Mods can type"), page, "help mod"))
            return
        found = self.bot.known_commands.get(typed)
        if found is None:
            await ctx.reply(_("There is no such command here. {command} lists them.", command=f"{prefix}help"))
            return
        others = ", ".join(prefix + alias for alias in found.aliases)
        also = " " + _("(also {commands})", commands=others) if others else ""
        answer = [_("Type {command}: {help}", command=usage(found, prefix) + also, help=help_line(found))]
        if who := {"mods": _("For mods."), "broadcaster": _("For the streamer.")}.get(audience(found)):
            answer.append(who)
        await ctx.reply(" ".join(answer) + await self._price_of(found.name))

    async def _price_of(self, name: str) -> str:
        """What a redeem costs whose price is not always the same; the others stand in the list of redeems."""
        depends = {p.key: p.depends for p in await self.bot.redeems.prices()}.get(name, "")
        return " " + _("Price: {price}.", price=depends) if depends else ""

    async def _listed(self, audiences: Collection[str], heading: str, page: str, list_command: str) -> str:
        """One page of the commands for some people, the most used first."""
        prefix = self.bot.settings.command_prefix
        names = [c.name for c in command_list(self.bot) if audience(c) in audiences]
        used = await self.bot.uses.by_use("command", names)
        return paged(heading, [prefix + name for name in used], page, prefix + list_command, " ")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Help(bot))
