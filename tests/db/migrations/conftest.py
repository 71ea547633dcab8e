"""Where an older database is."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the bot looks for its database on the sandbox."""
    return tmp_path / "sandbox.db"
