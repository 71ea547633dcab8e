"""Clips: !clip saves the last moments of the stream, by OBS where it is set up, else by Twitch."""

from typing_extensions import override

from pixel_bot.plugin import (
    ChatError,
    Cog,
    Context,
    EffectFailed,
    Job,
    ObsProblem,
    Outcome,
    PixelBot,
    Run,
    SetupStep,
    effect,
    redeem,
    texts,
)

from .twitch import TwitchClips

_ = texts(__name__)


class Clips(Cog):
    """The redeem ``clip``."""

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self.twitch = TwitchClips(bot)

    @redeem(name="Save OBS clip", cost=0, cooldown=30)
    async def clip(self, ctx: Context) -> Outcome:
        """Save a clip of what just happened."""
        if self.bot.obs.is_set_up:
            try:
                await self.bot.obs.check()
            except ObsProblem as exc:
                raise ChatError(_("No clip right now: {reason}.", reason=exc.reason)) from exc
        elif not self.twitch.is_there:
            raise ChatError(_("Clips are not set up here: neither OBS nor Twitch is connected. Nothing was charged."))
        return Outcome(_("Saving it ..."), Run("clip"))

    @effect("clip", seconds=15, again=False, stoppable=False)
    async def save(self, job: Job) -> str:
        """Save it, and say so only when it is really there."""
        if self.bot.obs.is_set_up:
            try:
                await self.bot.obs.save_replay()
            except ObsProblem as exc:
                raise EffectFailed(_("The clip was not saved: {reason}.", reason=exc.reason)) from exc
            return _("The clip is saved on the streamer's disk.")
        return _("Here is the clip: {address}", address=await self.twitch.make())

    @override
    def setup_step(self) -> SetupStep:
        """Who makes them."""
        if self.bot.obs.is_set_up:
            return SetupStep("clips", "Clips", "done", "OBS saves them on your disk.")
        if self.twitch.is_there:
            return SetupStep("clips", "Clips", "done", "Twitch makes them. For clips on your disk set OBS_PASSWORD.")
        return SetupStep("clips", "Clips", "off", "There are none here. For clips on your disk set OBS_PASSWORD.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Clips(bot))
