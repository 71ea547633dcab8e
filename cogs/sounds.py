"""Sounds: !sound plays one on stream, !sounds lists them."""

from pixel_bot.plugin import Cog, Context, Outcome, PixelBot, PlaySound, command, paged, redeem, texts

_ = texts(__name__)


class Sounds(Cog):
    """The redeem ``sound`` and the list of sounds."""

    @redeem(name="Play sound effect", cost=15, cooldown=5, usage="[NAME]")
    async def sound(self, ctx: Context, *, name: str = "") -> Outcome:
        """Play a sound on stream, or any when you name none."""
        chosen = self.bot.sounds.choose(name)
        return Outcome(_("Playing {sound}!", sound=chosen), PlaySound(chosen))

    @command(usage="[PAGE]")
    async def sounds(self, ctx: Context, page: str = "") -> None:
        """Which sounds there are, the most used first."""
        names = await self.bot.uses.by_use("sound", self.bot.sounds.names())
        list_command = f"{self.bot.settings.command_prefix}sounds"
        await ctx.reply(paged(_("Sounds"), names, page, list_command) if names else _("There are no sounds yet."))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Sounds(bot))
