"""A stream with a crowd."""

import pytest

from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from tests.earning.watch.stream import Crowd, WatchedStream


@pytest.fixture
async def show(services: Services, clock: SettableClock) -> WatchedStream:
    return WatchedStream(services, clock, Crowd("alice", "bob"))
