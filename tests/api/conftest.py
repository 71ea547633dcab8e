"""A bot in process with its API, and clients of it."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from pixel_bot.api.app import build_api
from pixel_bot.api.state import ApiState
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.api_client import ApiClient
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.principal import Principal
from pixel_bot.web.access.scopes import EVERYTHING


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A bot without a platform."""
    async with stage(tmp_path) as made:
        yield made


@pytest.fixture
def client(chat: Stage) -> Callable[..., ApiClient]:
    """Makes clients: a script with these scopes, all when none is given."""
    services = chat.services
    access = Access(
        services.database,
        services.clock,
        host="127.0.0.1",
        port=8080,
        home="/setup",
        public_url="",
        is_overlay_key=lambda _: False,
    )

    async def health() -> list[str]:
        return []

    app = build_api(ApiState(services, access, lambda: chat.bot, health))

    def made(*scopes: str, name: str = "deck") -> ApiClient:
        return ApiClient(app, Principal(f"token {name}", name, frozenset(scopes) or EVERYTHING))

    return made


@pytest.fixture
def deck(client: Callable[..., ApiClient]) -> ApiClient:
    """A script that may do everything."""
    return client()
