"""A PostgreSQL server's database, and its backup."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pixel_bot.cli.backup import back_up_database
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in, stage
from tests.harness.postgres import Databases
from tests.upkeep.server_backups.settings import only


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Generator[str]:
    """A database on the server, at our schema, without viewers."""
    yield databases.of(tmp_path, "shared")
    databases.drop_all()


@pytest.fixture
def there(url: str, tmp_path: Path) -> Settings:
    """Settings of a bot on the server."""
    return settings_in(tmp_path / "data", database_url=url, backup_dir=tmp_path / "stick")


@pytest.fixture
async def backup(there: Settings) -> Path:
    """A backup that was made of the server, on which zoe came since."""
    async with stage(there.data_dir, database_url=there.database_url) as chat:
        await chat.viewer("alice", 100)
        await chat.viewer("bob", 50)
        await chat.say("alice", "!sound ding")
        await chat.say("bob", "!give @alice 20")
        await chat.settled()
    assert await back_up_database(there, None) == 0
    async with stage(there.data_dir, database_url=there.database_url) as chat:
        await chat.viewer("zoe", 7)
    return only(there)
