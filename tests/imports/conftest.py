"""Fixtures of the tests of imports."""

from pathlib import Path

import pytest

from pixel_bot.imports.batches import Imports
from pixel_bot.services import Services


@pytest.fixture
def paying(services: Services) -> Imports:
    return Imports(services.database, services.clock)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"
