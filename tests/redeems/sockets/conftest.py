"""A bot on real sockets, and a page that plays."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.testing import live
from tests.harness.page_double import PageDouble, page_double
from tests.redeems.sockets.running import RunningRedeems, begin


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[RunningRedeems]:
    async with live(tmp_path) as running:
        shown = await begin(running)
        yield shown
        await shown.clean()


@pytest.fixture
async def page(show: RunningRedeems) -> AsyncGenerator[PageDouble]:
    async with page_double(show.address, show.key) as double:
        yield double
