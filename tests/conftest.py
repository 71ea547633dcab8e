"""Fixtures that many tests share."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.services.container import Services
from pixel_bot.settings import Settings
from pixel_bot.show import opened
from pixel_bot.testing import SettableClock, Stage, settings_in, stage


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the environment's settings, or leaves files in the working directory."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def services(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """All services over an empty database; awards are running."""
    async with opened(settings_in(tmp_path), "sandbox", clock) as built:
        built.awards.start()
        yield built
        await built.awards.stop()


@pytest.fixture
async def chat(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Stage]:
    """A chat with a bot and all built-in cogs."""
    async with stage(tmp_path, clock) as built:
        yield built
