"""Somebody with a linked account."""

import pytest

from pixel_bot.accounts.merge import Linked
from pixel_bot.services import Services
from tests.accounts.linked.people import HERE, MOD, link


@pytest.fixture
async def alice(services: Services) -> Linked:
    """Alice on Twitch, who is Ally on Joystick.tv, with 100 points."""
    viewer = await services.viewers.meet(HERE)
    await services.economy.add(MOD, viewer, 100)
    return await link(services)
