"""Fixtures of the tests of the wheel."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.harness.overlay_double import OverlayDouble, overlay_double


@pytest_asyncio.fixture(loop_scope="session")
async def bot() -> AsyncGenerator[OverlayDouble]:
    async with overlay_double() as running:
        yield running
