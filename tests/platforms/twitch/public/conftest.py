"""Fixtures of the tests of applications of the type Public."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import Harness, house
from tests.platforms.twitch.public.processes import make_public


@pytest.fixture
async def home(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Harness]:
    """A double of Twitch with an application of the type Public, on the test's clock."""
    async with house(tmp_path) as built:
        make_public(built, clock)
        yield built
