"""Sounds: !sound plays one on stream, !sounds lists them."""

from pixel_bot.plugin import Cog, Context, Outcome, PixelBot, PlaySound, command, redeem


class Sounds(Cog):
    """The redeem ``sound`` and the list of sounds."""

    @redeem(name="Play sound effect", cost=15, cooldown=5, usage="[NAME]")
    async def sound(self, ctx: Context, *, name: str = "") -> Outcome:
        """Play a sound on stream, or any when you name none."""
        chosen = self.bot.sounds.choose(name)
        return Outcome(f"Playing {chosen}!", PlaySound(chosen))

    @command()
    async def sounds(self, ctx: Context) -> None:
        """Which sounds there are."""
        names = self.bot.sounds.names()
        await ctx.reply(f"Sounds: {', '.join(names)}." if names else "There are no sounds yet.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Sounds(bot))
