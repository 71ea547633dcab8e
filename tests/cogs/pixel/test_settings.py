"""What is strange about the settings of the AI, and does not stop it."""

import logging
from pathlib import Path
from typing import Any

import pytest

from cogs.pixel.settings import Settings
from pixel_bot.bot.cogs.settings_findings import BotToStart
from pixel_bot.sounds.library import Sounds
from pixel_bot.testing import settings_in, stage

NO_SERVER = "AI_BASE_URL: must begin with http:// or https:// and name a server."
MUTE = "AI_SPEAK has no effect: there is no AI. Set AI_API_KEY, or AI_BASE_URL for a local one."


def problems(**given: Any) -> list[str]:
    """What the AI says of these settings."""
    settings = settings_in(Path(), **given)
    return list(settings.for_cog(Settings, "pixel").problems(BotToStart(settings, Sounds(settings.sounds_dir))))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ai_speak": True}, [MUTE]),
        ({"ai_base_url": "localhost:11434"}, [NO_SERVER]),
        ({"ai_base_url": "ftp://localhost"}, [NO_SERVER]),
        ({"ai_base_url": "http://"}, [NO_SERVER]),
        ({"ai_base_url": "http://x:99999"}, [NO_SERVER]),
        ({"ai_base_url": "http://localhost:11434/v1", "ai_speak": True}, []),
        ({"ai_api_key": "x", "ai_speak": True}, []),
        ({}, []),
    ],
    ids=str,
)
def test_what_is_strange_is_named(given: dict[str, Any], words: list[str]) -> None:
    assert problems(twitch_client_id="abc", **given) == words


def test_on_the_sandbox_somebody_always_answers() -> None:
    assert problems(ai_speak=True) == []


async def test_the_log_and_the_set_up_page_say_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with stage(tmp_path, ai_base_url="localhost:11434") as chat:
            (step,) = [step for step in chat.bot.setup_steps() if step.key == "ai"]
            assert (step.tone, step.words) == ("todo", NO_SERVER)
    assert NO_SERVER in caplog.messages
