"""A backup, and the database that is there."""

import asyncio
import shutil
from pathlib import Path

import pytest

from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from tests.harness.seed import url_of
from tests.upkeep.restore.databases import grant, in_use


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A backup, and the database as it went on. Only to be copied."""
    folder = tmp_path_factory.mktemp("made")

    async def make() -> None:
        async with in_use(folder / "pixel.db") as services:
            await grant(services, "alice", 100)
            await services.backups.make_at(folder / "backup.db")
            await grant(services, "bob", 50)

    asyncio.run(make())
    return folder / "backup.db", folder / "pixel.db"


@pytest.fixture
def backup(tmp_path: Path, made: tuple[Path, Path]) -> Path:
    (tmp_path / "stick").mkdir()
    return Path(shutil.copy(made[0], tmp_path / "stick" / "pixel_20260101_030000.db"))


@pytest.fixture
def present(tmp_path: Path, made: tuple[Path, Path]) -> Path:
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(made[1], tmp_path / "data" / "pixel.db"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "data", database_url=url_of(tmp_path / "data" / "pixel.db"))
