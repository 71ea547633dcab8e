"""Pixel: a viewer asks the AI, and it answers in chat."""

from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    Cog,
    Context,
    Effect,
    EffectFailed,
    Job,
    Outcome,
    PixelBot,
    Run,
    Speak,
    effect,
    redeem,
)

LONGEST = 400
"""Characters of a question that the AI gets."""

OFF = "{command} is off: no AI is set up here."
SILENT = "{command} is off: SILENT is set, so I say nothing in chat."
HOW = "{command} needs an AI: set AI_API_KEY or AI_BASE_URL in .env, then start the bot again."


class Pixel(Cog):
    """The redeem ``pixel``."""

    @override
    async def component_load(self) -> None:
        """Without an AI, or a voice in chat, there is nothing to buy."""
        if self.bot.settings.silent:
            self.bot.redeems.close("pixel", SILENT.format(command=self._command))
        if self.bot.ai is None:
            off, how = (text.format(command=self._command) for text in (OFF, HOW))
            self.bot.redeems.close("pixel", off, for_mods=how)

    @redeem(name="AI chat response", cost=50, cooldown=20, usage="QUESTION")
    async def pixel(self, ctx: Context, *, question: str = "") -> Outcome:
        """Ask the AI something; it answers in chat."""
        question = await self.bot.text_filter.with_limit(LONGEST).cleaned(question, ctx.emotes)
        if not question:
            raise BadInput(f"Ask me something, like this: {self._command} what is a pixel?")
        return Outcome("Let me think.", Run("pixel", {"question": question}), interim=True)

    @effect("pixel", seconds=20)
    async def answer(self, job: Job) -> Effect | None:
        """Ask, and say the answer in chat. Only then it is paid for."""
        if self.bot.ai is None:
            raise EffectFailed(OFF.format(command=self._command))
        asker = job.viewer.display_name if job.viewer else "somebody"
        answer = await self.bot.ai.answer(asker, job.args["question"])
        await job.say(f"{self.bot.settings.ai_prefix} {answer}")
        return Speak(await self.bot.text_filter.cleaned(answer)) if self.bot.settings.ai_speak else None

    @property
    def _command(self) -> str:
        return f"{self.bot.settings.command_prefix}pixel"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Pixel(bot))
