"""Fixtures of the tests of unusual cases on Twitch."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.harness.twitch_harness import (
    Harness,
    house,
    in_haste,
)


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    monkeypatch.setattr("pixel_bot.bot.delivery.outbox.RETRY_SECONDS", 0.3)
    async with house(tmp_path, near=False) as built:
        yield built
