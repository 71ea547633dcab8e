"""Help: the list of commands, and how each is typed."""

from collections.abc import Collection

from pixel_bot.plugin import Cog, Context, PixelBot, audience, command, command_list, paged, usage


class Help(Cog):
    """The command ``help``."""

    @command(usage="[COMMAND or PAGE]")
    async def help(self, ctx: Context, *, name: str = "") -> None:
        """What you can type, or how one command works."""
        prefix = self.bot.settings.command_prefix
        typed = name.strip().lower().removeprefix(prefix)
        if not typed or typed.isdigit():
            own = f" · For mods: {prefix}help mod" if ctx.is_mod else ""
            how = f" · {prefix}help COMMAND tells more."
            await ctx.reply(await self._listed({"everyone"}, "You can type", typed, "help") + own + how)
            return
        first, _, page = typed.partition(" ")
        if first in {"mod", "mods"} and (not page or page.isdigit()):
            audiences = {"mods", "broadcaster"} if ctx.is_broadcaster else {"mods"}
            await ctx.reply(await self._listed(audiences, "Mods can type", page, "help mod"))
            return
        found = self.bot.known_commands.get(typed)
        if found is None:
            await ctx.reply(f"There is no such command here. {prefix}help lists them.")
            return
        also = f" (also {', '.join(prefix + a for a in found.aliases)})" if found.aliases else ""
        who = {"mods": " For mods.", "broadcaster": " For the streamer."}.get(audience(found), "")
        what = found.help.strip().splitlines()[0]
        await ctx.reply(f"Type {usage(found, prefix)}{also}: {what}{who}{await self._price_of(found.name)}")

    async def _price_of(self, name: str) -> str:
        """What a redeem costs whose price is not always the same; the others stand in the list of redeems."""
        depends = {p.key: p.depends for p in await self.bot.redeems.prices()}.get(name, "")
        return f" Price: {depends}." if depends else ""

    async def _listed(self, audiences: Collection[str], heading: str, page: str, list_command: str) -> str:
        """One page of the commands for some people, the most used first."""
        prefix = self.bot.settings.command_prefix
        names = [c.name for c in command_list(self.bot) if audience(c) in audiences]
        used = await self.bot.uses.by_use("command", names)
        return paged(heading, [prefix + name for name in used], page, prefix + list_command, " ")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Help(bot))
