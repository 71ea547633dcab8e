"""Fixtures of the tests of Twitch's events."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.harness.twitch_harness import Harness, house
from tests.platforms.twitch.events.listening_cog import EAR


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "ear.py").write_text(EAR, encoding="utf-8")
    async with house(tmp_path) as built:
        yield built
