"""Viewers with points, and a second process."""

from collections.abc import AsyncGenerator

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services, build_services
from tests.points.funded import met


@pytest.fixture
async def mod(services: Services) -> Viewer:
    return await met(services, "mod")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    return await met(services, "alice", 100)


@pytest.fixture
async def bob(services: Services) -> Viewer:
    return await met(services, "bob")


@pytest.fixture
async def duplicate(services: Services) -> AsyncGenerator[Services]:
    """The services of a second process on the same file."""
    database = Database(services.database.url)
    yield build_services(services.settings, database, services.clock)
    await database.close()
