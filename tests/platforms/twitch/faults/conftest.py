"""Fixtures of the tests of Twitch's faults."""

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.platforms.wire import Wire
from tests.harness.twitch_harness import (
    Harness,
    house,
    in_haste,
)


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)

    def impatient() -> Wire:
        return Wire(aiohttp.ClientTimeout(total=2.0))

    monkeypatch.setattr("pixel_bot.platforms.twitch.platform.Wire", impatient)
    async with house(tmp_path, near=False) as built:
        yield built
