"""An AI client that asks a double of its server."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cogs.pixel.ai import Ai, Patience, ai_for
from cogs.pixel.settings import Settings
from pixel_bot.errors import EffectFailed
from pixel_bot.testing import settings_in
from tests.cogs.pixel.ai_double import Turn

CANARY = "sk-canary-4f9a1c"
QUICK = Patience(request=5.0, answer=10.0, pause=0.01, longest_pause=0.2)
HASTY = replace(QUICK, request=0.15)


def as_it_is(text: str) -> str:
    return text


def brief(turn: Turn) -> str:
    """A turn's name in the list of tests."""
    told = (turn.status, *turn.headers.values(), turn.raw, "hangs" if turn.hangs else repr(turn.text))
    return "-".join(str(part) for part in told if part)


def ai_settings(**given: Any) -> Settings:
    """The settings of the AI, by the lower-case names that people set."""
    return settings_in(Path(), **given).for_cog(Settings, "pixel")


@asynccontextmanager
async def asking(
    url: str,
    *,
    clean: Callable[[str], str] = as_it_is,
    patience: Patience = QUICK,
    count_call: Callable[[], Awaitable[None]] | None = None,
    **settings: Any,
) -> AsyncGenerator[Ai]:
    """An AI that asks the server at ``url``; its connections are closed at the end."""
    values: dict[str, Any] = {"ai_api_key": CANARY, "ai_base_url": url, "ai_model": "tiny-1", **settings}
    more: dict[str, Any] = {} if count_call is None else {"count_call": count_call}
    ai = ai_for(ai_settings(**values), clean, "!", sandbox=False, patience=patience, **more)
    assert ai is not None
    try:
        yield ai
    finally:
        await ai.close()


async def refusal(ai: Ai) -> str:
    """The sentence that the viewer gets instead of an answer."""
    with pytest.raises(EffectFailed) as caught:
        await ai.answer("alice", "why?")
    # Nothing of a library's error, which may know the key, travels along.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)
