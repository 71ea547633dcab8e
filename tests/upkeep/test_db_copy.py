"""A database moves to PostgreSQL and back: every row, and nothing while somebody is at it."""

from pathlib import Path

import pytest

from pixel_bot.cli.copy import copy_database
from pixel_bot.db.engine import Database
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import DatabaseRefused
from pixel_bot.testing import settings_in, stage
from tests.harness.database import findings
from tests.harness.postgres import Databases
from tests.harness.seed import url_of


async def test_a_database_moves_to_the_server_and_back_row_for_row(
    databases: Databases, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = url_of(tmp_path / "pixel.db")
    async with stage(tmp_path, database_url=here) as chat:
        for who in ("alice", "bob"):
            await chat.viewer(who, 500)
            await chat.say(who, "hello")
        await chat.say("alice", "!sound ding")
        await chat.say("alice", "!spin")
        await chat.say("bob", "!give @alice 20 thanks")
        chat.overlay.close()
        await chat.say("bob", "!tts wait for me")
        await chat.say("mia", "!block @bob sound", "moderator")
    there, back = databases.empty(tmp_path), url_of(tmp_path / "back.db")
    choices = settings_in(tmp_path)
    assert await copy_database(choices, str(tmp_path / "pixel.db"), there) == 0
    assert "everything is right" in capsys.readouterr().out
    assert await copy_database(choices, there, back) == 0
    assert await everything(here) == await everything(there) == await everything(back)
    with pytest.raises(DatabaseRefused, match="is not empty"):
        await copy_database(choices, here, there)
    async with stage(tmp_path / "new", database_url=there) as chat:
        await chat.settled()
        assert chat.overlay.played  # what waited goes on there
        before = await chat.points("alice")
        chat.clock.advance(60)
        await chat.say("alice", "!sound ding")
        assert await chat.points("alice") == before - 15
        assert await findings(chat) == []
    databases.drop_all()


async def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    try:
        async with database.readers() as session:
            return {
                table.name: sorted((tuple(row) for row in await session.execute(table.select())), key=repr)
                for table in core_tables()
            }
    finally:
        await database.close()


async def test_while_a_bot_is_on_it_nothing_is_copied(databases: Databases, tmp_path: Path) -> None:
    url = databases.of(tmp_path, "shared")
    async with stage(tmp_path / "one", database_url=url):
        with pytest.raises(DatabaseRefused, match="A bot runs on"):
            await copy_database(settings_in(tmp_path), url, str(tmp_path / "copy.db"))
    databases.drop_all()
