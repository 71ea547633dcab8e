"""Viewers without points."""

import pytest

from pixel_bot.model.people import Person, Viewer
from pixel_bot.services import Services


@pytest.fixture
async def alice(services: Services) -> Viewer:
    return await services.viewers.meet(Person("1", "alice", "Alice"))


@pytest.fixture
async def bob(services: Services, alice: Viewer) -> Viewer:
    return await services.viewers.meet(Person("2", "bob", "Bob"))
