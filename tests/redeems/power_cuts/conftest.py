"""A database to begin each life with."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.db.engine import Database
from pixel_bot.overlay import overlay as bus
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.seed import url_of
from tests.redeems.power_cuts.life import COG


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which two redeems are for channel points, and a folder with a cog."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "own").mkdir()
    (folder / "own" / "asks.py").write_text(COG, encoding="utf-8")

    async def make() -> None:
        database = Database(url_of(folder / "pixel.db"))
        await upgrade(database, folder / "backups")
        async with database.write() as session:
            await session.execute(
                text(
                    "INSERT INTO native_rewards (key, reward_id, cost, updated_at) VALUES "
                    "('sound', 'reward-sound', 5, '2026-01-01'), ('asks', 'reward-asks', 5, '2026-01-01')"
                )
            )
        await database.close()

    asyncio.run(make())
    return folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.05)
