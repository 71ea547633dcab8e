"""What is strange about the settings of the AI, and does not stop it."""

import logging
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.testing import stage
from tests.cogs.pixel.asking import ai_settings

NO_SERVER = "AI_BASE_URL: must begin with http:// or https:// and name a server."
MUTE = "AI_SPEAK has no effect: there is no AI. Set AI_API_KEY, or AI_BASE_URL for a local one."


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
    assert list(ai_settings(**given).strange(live=True)) == words


def test_on_the_sandbox_somebody_always_answers() -> None:
    assert list(ai_settings(ai_speak=True).strange(live=False)) == []


async def test_the_log_and_the_set_up_page_say_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with stage(tmp_path, ai_base_url="localhost:11434") as chat:
            assert chat.bot.strange_settings() == [NO_SERVER]
    assert NO_SERVER in caplog.messages
