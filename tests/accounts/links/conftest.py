"""Two accounts of one person, and levels that pay."""

import pytest

from pixel_bot.services import Services
from pixel_bot.testing import there
from tests.accounts.links.pairs import Pair, here, pay


@pytest.fixture
async def alice(services: Services) -> Pair:
    kept, merged = await services.viewers.meet(here("alice")), await services.viewers.meet(there("Alice"))
    await pay(services, kept, 50, 600)
    await pay(services, merged, 30, 700)
    return Pair(await services.viewers.by_id(kept.id), await services.viewers.by_id(merged.id))
