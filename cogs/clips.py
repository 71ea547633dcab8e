"""Clips: !clip saves the last moments of the stream."""

from pixel_bot.plugin import Cog, Context, Job, Outcome, PixelBot, Run, effect, redeem


class Clips(Cog):
    """The redeem ``clip``."""

    @redeem(name="Save OBS clip", cost=0, cooldown=30)
    async def clip(self, ctx: Context) -> Outcome:
        """Save a clip of what just happened."""
        await self.bot.clips.check()
        return Outcome("Saving it ...", Run("clip"))

    @effect("clip", seconds=15, again=False, stoppable=False)
    async def save(self, job: Job) -> str:
        """Save it, and say so only when it is really there."""
        return await self.bot.clips.save()


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Clips(bot))
