"""A channel that thanks."""

from pathlib import Path

import pytest

from tests.cogs.thanks.thanked import Channel


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    return Channel(tmp_path)
