"""Fixtures of the tests of redeems on the sandbox page."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from pixel_bot.testing import Live, live
from tests.sandbox.redeems.redeem_helpers import PRIZES


@pytest_asyncio.fixture(loop_scope="session")
async def show(tmp_path: Path) -> AsyncGenerator[Live]:
    prizes = tmp_path / "prizes.json"
    listed = [{"name": name, "weight": 1, "grant_points": points} for name, points in PRIZES.items()]
    prizes.write_text(json.dumps(listed), encoding="utf-8")
    async with live(tmp_path, prizes_file=prizes) as running:
        yield running
