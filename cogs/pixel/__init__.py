"""Pixel: a viewer asks the AI, and it answers in chat."""

import logging

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
    SetupStep,
    Speak,
    effect,
    later,
    redeem,
    texts,
)

from .ai import Ai, ai_for
from .settings import Settings

_ = texts(__name__)
log = logging.getLogger(__name__)

LONGEST = 400
"""Characters of a question that the AI gets."""

WHOLE = 2_000
"""Characters of an answer that the filter reads: it has a limit of its own, which is not that of speech."""

OFF = later("{command} is off: no AI is set up here.")
SILENT = later("{command} is off: SILENT is set, so I say nothing in chat.")
ENOUGH = later("The AI has answered enough for today; it is back tomorrow.")
HOW = later("{command} needs an AI: set AI_API_KEY or AI_BASE_URL in .env, then start the bot again.")


class Pixel(Cog):
    """The redeem ``pixel``."""

    settings = Settings
    ai: Ai | None = None

    @override
    async def component_load(self) -> None:
        """Without an AI, or a voice in chat, there is nothing to buy."""
        for problem in self.config.problems(self.bot):
            log.warning("%s", problem)
        clean = self.bot.text_filter.with_limit(WHOLE).clean
        in_sandbox = self.bot.mode == "sandbox"
        prefix = self.bot.settings.command_prefix
        self.ai = ai_for(self.config, clean, prefix, sandbox=in_sandbox, count_call=self._count_call)
        if self.bot.settings.silent:
            self.bot.redeems.close("pixel", _(SILENT, command=self._command))
        if self.ai is None:
            off, how = (_(text, command=self._command) for text in (OFF, HOW))
            self.bot.redeems.close("pixel", off, for_mods=how)

    @override
    async def component_teardown(self) -> None:
        """Close the connections to its server."""
        if self.ai is not None:
            await self.ai.close()

    @override
    def setup_step(self) -> SetupStep:
        """Whether there is an AI, and which."""
        if problems := list(self.config.problems(self.bot)):
            return SetupStep("ai", "AI", "todo", " ".join(problems))
        if not self.config.is_server_set:
            words = f"Not set up: {self._command} is closed. Set AI_API_KEY, or AI_BASE_URL for a local one."
            return SetupStep("ai", "AI", "off", words)
        closed = self.bot.redeems.why_closed("pixel")
        words = closed or f"{self.config.model} answers {self._command}."
        return SetupStep("ai", "AI", "broken" if closed else "done", words)

    @redeem(name="AI chat response", cost=50, cooldown=20, usage="QUESTION")
    async def pixel(self, ctx: Context, *, question: str = "") -> Outcome:
        """Ask the AI something; it answers in chat."""
        question = await self.bot.text_filter.with_limit(LONGEST).cleaned(question, ctx.emotes)
        if not question:
            raise BadInput(_("Ask me something, like this: {command} what is a pixel?", command=self._command))
        return Outcome(_("Let me think."), Run("pixel", {"question": question}), interim=True)

    @effect("pixel", seconds=20)
    async def answer(self, job: Job) -> Effect | None:
        """Ask, and say the answer in chat. Only then it is paid for."""
        if self.ai is None:
            raise EffectFailed(_(OFF, command=self._command))
        asker = job.viewer.display_name if job.viewer else _("somebody")
        answer = await self.ai.answer(asker, job.args["question"])
        await job.say(f"{self.config.prefix} {answer}")
        return Speak(await self.bot.text_filter.cleaned(answer)) if self.config.speak else None

    async def _count_call(self) -> None:
        await self.bot.quota.take("ai", self.config.daily_limit, _(ENOUGH))

    @property
    def _command(self) -> str:
        return f"{self.bot.settings.command_prefix}pixel"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Pixel(bot))
