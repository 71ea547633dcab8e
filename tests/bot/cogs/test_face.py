"""Small parts of what cogs are promised: rows without points, stored draws, fragments, the version."""

import re
from pathlib import Path

from sqlalchemy import text

from pixel_bot.plugin import API_VERSION, Fragment, StoredDraw
from pixel_bot.testing import stage
from tests.bot.cogs.conftest import WriteCog


def test_the_version_has_two_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+", API_VERSION)


async def test_a_draw_can_be_looked_up_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        async with chat.bot.transaction("k", "dice") as tx:
            draw = await tx.draw({"one": 1, "six": 1})
        stored = await chat.bot.stored_draw(draw.id)
        assert isinstance(stored, StoredDraw)
        assert (stored.seed, stored.choice) == (draw.seed, draw.choice)
        assert await chat.bot.stored_draw(draw.id + 1) is None


async def test_rows_without_points_are_written_and_read(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        insert = text("INSERT INTO meta (key, value) VALUES (:key, 'x')")
        async with chat.bot.sessions() as session:
            await session.execute(insert, {"key": "one"})
            await session.commit()
        async with chat.bot.sessions() as session:
            await session.execute(insert, {"key": "two"})
        async with chat.bot.readers() as session:
            found = await session.scalars(text("SELECT key FROM meta WHERE value = 'x'"))
            assert found.all() == ["one"], "what nobody commits is not kept"


async def test_a_message_has_fragments(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @on(ChatMessage)
    async def note(self, message):
        self.seen = message.fragments
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        await chat.say("alice", "hello @bob")
        (component,) = chat.bot.cogs.components_of("mine")
        assert vars(component)["seen"][0] == Fragment("text", "hello @bob")
