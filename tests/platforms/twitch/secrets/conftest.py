"""Bots with secrets that can be found again, and all that they log."""

import io
import logging
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.logs import records, set_up_logging
from pixel_bot.platforms.wire import Wire
from tests.harness.twitch_harness import house, in_haste
from tests.platforms.twitch.secrets.canaries import CLIENT_SECRET, Canaries


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Generator[io.StringIO]:
    """What is logged with ``LOG_LEVEL=DEBUG``; all is as before after the test."""
    monkeypatch.setattr(records, "_SECRETS", set[str]())
    root, names = logging.getLogger(), ("pixel_bot", "cogs", "aiosqlite")
    handlers, level, levels = list(root.handlers), root.level, [logging.getLogger(name).level for name in names]
    stream = io.StringIO()
    set_up_logging("DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(old)


@pytest.fixture
async def canaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> AsyncGenerator[Canaries]:
    in_haste(monkeypatch)

    def impatient() -> Wire:
        return Wire(aiohttp.ClientTimeout(total=2.0))

    monkeypatch.setattr("pixel_bot.platforms.twitch.platform.Wire", impatient)
    async with house(tmp_path, near=False) as home:
        home.world.client_secret = CLIENT_SECRET
        yield Canaries(home, written)
