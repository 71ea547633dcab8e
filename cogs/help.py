"""Help: the list of commands, and how each is typed."""

from pixel_bot.plugin import Cog, Context, PixelBot, audience, command, command_list, usage


class Help(Cog):
    """The command ``help``."""

    @command(usage="[COMMAND]")
    async def help(self, ctx: Context, *, name: str = "") -> None:
        """What you can type, or how one command works."""
        prefix = self.bot.settings.command_prefix
        typed = name.strip().lower().removeprefix(prefix)
        if not typed:
            audiences = {
                "everyone",
                *(["mods"] if ctx.is_mod else []),
                *(["broadcaster"] if ctx.is_broadcaster else []),
            }
            mine = [c.name for c in command_list(self.bot) if audience(c) in audiences]
            await ctx.reply(f"You can type: {' '.join(prefix + n for n in mine)} · {prefix}help COMMAND tells more.")
            return
        found = self.bot.commands_by_name.get(typed)
        if found is None:
            await ctx.reply(f"There is no such command here. {prefix}help lists them.")
            return
        also = f" (also {', '.join(prefix + a for a in found.aliases)})" if found.aliases else ""
        who = {"mods": " For mods.", "broadcaster": " For the streamer."}.get(audience(found), "")
        await ctx.reply(f"Type {usage(found, prefix)}{also}: {found.help.strip().splitlines()[0]}{who}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Help(bot))
