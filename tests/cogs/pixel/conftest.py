"""Fixtures of the tests of the AI client."""

from collections.abc import AsyncGenerator

import pytest

from tests.cogs.pixel.ai_double import AiDouble, ai_double


@pytest.fixture
async def double() -> AsyncGenerator[AiDouble]:
    async with ai_double() as built:
        yield built
