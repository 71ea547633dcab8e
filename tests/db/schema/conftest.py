"""A new database, and an older one."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.db.engine import Database
from tests.db.schema.revisions import at_revision, opened
from tests.harness import pattern
from tests.harness.seed import execute


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncGenerator[Database]:
    pattern.fresh(tmp_path / "pixel.db")  # by all migrations
    async with opened(tmp_path / "pixel.db") as database:
        yield database


# An older database


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "pixel.db"
    at_revision(path, "0001")
    execute(
        path,
        "INSERT INTO users (id, name, points, created_at) VALUES (7, 'alice', 30, '2025-01-01 10:00:00.000000')",
        "INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES (7, 30, 'chat', 30)",
        "INSERT INTO xp_records (user_name, xp, level) VALUES ('alice', 150, 2)",
    )
    return path
