"""A chat for races."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.overlay import overlay as bus
from tests.redeems.races.scene import Scene, scene


@pytest.fixture(autouse=True)
def _pages_return_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.2)


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene(tmp_path) as built:
        yield built
