"""A bot on real sockets."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.testing import Live, live
from tests.bot.sockets.frames import wrong


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    """The bot on its sandbox; whatever a test did to it, the ledger is right in the end."""
    async with live(tmp_path) as running:
        yield running
        await running.bot.settled()
        assert await wrong(running) == []
