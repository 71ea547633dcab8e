"""An AI that says what a test has it say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pixel_bot.testing import Stage, stage
from tests.cogs.loaded import cog_class


class Sage:
    """An AI that says what the test has it say."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def answer(self, asker: str, question: str) -> str:
        self.asked.append((asker, question))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing is open."""


def use_ai(chat: Stage, ai: Any) -> None:
    """From now on that AI answers."""
    cog_class(chat.bot, "Pixel").ai = ai


@asynccontextmanager
async def stage_with(folder: Path, ai: Any, **settings: Any) -> AsyncGenerator[Stage]:
    """A chat in which that AI answers."""
    async with stage(folder, **settings) as chat:
        use_ai(chat, ai)
        yield chat
