"""Fixtures of the tests of the OBS client."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.backends import obs as module
from pixel_bot.backends.obs import Obs
from tests.backends.obs.saving import client
from tests.harness.studio.obs_double import ObsDouble, obs_double


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> float:
    """How far apart saves must be by rights. Most tests are not about that, and do not wait."""
    seconds = module.APART_SECONDS
    monkeypatch.setattr(module, "APART_SECONDS", 0.0)
    return seconds


@pytest.fixture
async def double(tmp_path: Path) -> AsyncGenerator[ObsDouble]:
    async with obs_double(tmp_path) as running:
        yield running


@pytest.fixture
async def obs(double: ObsDouble) -> AsyncGenerator[Obs]:
    async with client(double) as built:
        yield built
