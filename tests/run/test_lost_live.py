"""The live bot, whose database is deleted while it waits for a sign-in: the set-up page has it, and it ends."""

import asyncio
import sys
from pathlib import Path

import pytest

from pixel_bot.db.write_outage import LOST
from pixel_bot.run.live_app import live
from pixel_bot.run.setup_page import SetUp
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.backups import SAME_DISK
from pixel_bot.upkeep.rescue import DatabaseLost
from tests.harness.seed import url_of

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes and replaces no file that is open"),
]


async def test_it_ends_and_says_where_the_copy_is(tmp_path: Path) -> None:
    database = tmp_path / "data" / "pixel.db"
    settings = settings_in(tmp_path / "data", database_url=url_of(database), twitch_client_id="id")
    async with live(settings) as app:
        page = SetUp(app.services, lambda: None, "", None, None)
        assert ("Backups", "off", SAME_DISK) in await steps_of(page)
        database.unlink()
        with pytest.raises(DatabaseLost, match="db restore") as caught:
            async with asyncio.timeout(20):
                await app.failed
        assert ("Points", "broken", str(LOST)) in await steps_of(page)
    assert caught.value.copy is not None
    assert caught.value.copy.name.startswith("pixel-rescued-")
    assert not database.exists()


async def steps_of(page: SetUp) -> list[tuple[str, str, str]]:
    """What the set-up page shows: title, tone and words of each step."""
    return [(step.title, step.tone, step.words) for step in (await page.state()).steps]
