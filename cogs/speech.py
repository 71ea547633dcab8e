"""Speech: !tts reads a text out on stream, !voice chooses by which voice."""

from pixel_bot.plugin import BadInput, ChatError, Cog, Context, EffectFailed, Outcome, PixelBot, Speak, command, redeem


class Speech(Cog):
    """The redeem ``tts`` and the choice of a voice."""

    @redeem(name="Text-to-Speech", cost=25, cooldown=10, lane="tts", usage="TEXT")
    async def tts(self, ctx: Context, *, text: str = "") -> Outcome:
        """Have a text read out on stream."""
        words = self.bot.text_filter.clean(text, ctx.emotes)
        if not words:
            prefix = self.bot.settings.command_prefix
            raise BadInput(f"There is nothing in it that can be read out. Type it like this: {prefix}tts hello")
        voice = await self.bot.viewers.voice_of(ctx.viewer)
        await self._check(words, voice)
        by = self.bot.text_filter.clean(ctx.viewer.display_name.replace("_", " "))
        return Outcome("Coming up!", Speak(words, voice, by if self.bot.settings.tts_prefix_username else ""))

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
            voices = ", ".join(await self.bot.speech.voices())
            mine = await self.bot.viewers.voice_of(ctx.viewer) or "the streamer's choice"
            await ctx.reply(f"Your voice is {mine}. There are: {voices}")
            return
        chosen = "" if name.lower() in {"off", "default"} else await self.bot.find_voice(name)
        await self.bot.viewers.choose_voice(ctx.viewer, chosen)
        await ctx.reply(f"From now on you speak as {chosen}." if chosen else "You speak as the streamer chose again.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Speech(bot))
