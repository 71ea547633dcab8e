"""Fixtures of the tests of channel points."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.harness.twitch_harness import Harness, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        yield built
