"""Speech: !tts reads a text out on stream, !voice chooses by which voice, !voices lists them."""

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Cog,
    Context,
    EffectFailed,
    Outcome,
    PixelBot,
    Speak,
    command,
    later,
    paged,
    redeem,
    texts,
)

from .settings import Settings

_ = texts(__name__)


class Speech(Cog):
    """The redeem ``tts`` and the choice of a voice."""

    settings = Settings

    @redeem(name="Text-to-Speech", cost=25, cooldown=10, lane="tts", usage="TEXT")
    async def tts(self, ctx: Context, *, text: str = "") -> Outcome:
        """Have a text read out on stream."""
        words = await self.bot.text_filter.cleaned(text, ctx.emotes)
        if not words:
            prefix = self.bot.settings.command_prefix
            nothing = later("There is nothing in it that can be read out. Type it like this: {command} hello")
            raise BadInput(_(nothing, command=f"{prefix}tts"))
        voice = await self.bot.viewers.voice_of(ctx.viewer)
        await self._check(words, voice)
        by = self.bot.text_filter.clean(ctx.viewer.display_name.replace("_", " "))
        return Outcome(_("Coming up!"), Speak(words, voice, by if self.config.prefix_username else ""))

    async def _check(self, words: str, voice: str) -> None:
        try:
            await self.bot.speech.check(words, voice)
        except ChatError:
            raise
        except EffectFailed:
            pass  # what is wrong with the engine itself is told, and given back, when it is to speak

    @command(usage="[NAME]")
    async def voice(self, ctx: Context, name: str = "") -> None:
        """Choose the voice that reads your texts, or hear which ones there are."""
        if not name:
            mine = await self.bot.viewers.voice_of(ctx.viewer) or _("the streamer's choice")
            await ctx.reply(await self._voices(_("Your voice is {voice}. There are", voice=mine), ""))
            return
        chosen = "" if name.lower() in {"off", "default"} else await self.bot.find_voice(name)
        await self.bot.viewers.choose_voice(ctx.viewer, chosen)
        own = _("From now on you speak as {voice}.", voice=chosen) if chosen else ""
        await ctx.reply(own or _("You speak as the streamer chose again."))

    @command(usage="[PAGE]")
    async def voices(self, ctx: Context, page: str = "") -> None:
        """Which voices there are, the most used first."""
        await ctx.reply(await self._voices(_("Voices"), page))

    async def _voices(self, heading: str, page: str) -> str:
        names = await self.bot.uses.by_use("voice", await self.bot.speech.voices())
        return paged(heading, names, page, f"{self.bot.settings.command_prefix}voices")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Speech(bot))
