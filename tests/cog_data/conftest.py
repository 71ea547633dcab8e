"""Viewers without points."""

from collections.abc import Generator

import pytest

from pixel_bot.cog_data.models import forget_models, owner_of
from pixel_bot.configuration.cog_files import find_cogs
from pixel_bot.db.tables import Base
from pixel_bot.model.people import Person, Viewer
from pixel_bot.services import Services


@pytest.fixture
async def alice(services: Services) -> Viewer:
    return await services.viewers.meet(Person("1", "alice", "Alice"))


@pytest.fixture
async def bob(services: Services, alice: Viewer) -> Viewer:
    return await services.viewers.meet(Person("2", "bob", "Bob"))


@pytest.fixture(autouse=True)
def _no_models_stay() -> Generator[None]:
    """What a test declares is gone afterwards, as in another process; built-in cogs are imported once."""
    yield
    for name in {owner_of(table) for table in Base.metadata.sorted_tables} - {"", *find_cogs(None).cogs}:
        forget_models(name)
