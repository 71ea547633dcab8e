"""Fixtures of the tests of event connections."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.harness.twitch_harness import Harness, house, in_haste


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path, near=False) as built:
        yield built
