"""A stream with a crowd."""

import pytest

from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from tests.earning.watch.stream import Crowd, Show


@pytest.fixture
async def show(services: Services, clock: SettableClock) -> Show:
    return Show(services, clock, Crowd("alice", "bob"))
