"""The set-up page says which settings may not be as they were meant."""

from pathlib import Path

import aiohttp

from pixel_bot.configuration.finding import hint, warning
from pixel_bot.run.live_app import live
from pixel_bot.testing import settings_in
from pixel_bot.web.access.sessions import Purpose
from tests.web.access.stranger import ask, sign_in


async def page_of(folder: Path, *, strange: bool) -> str:
    """The set-up page of a bot that waits for its sign-ins."""
    settings = settings_in(folder, twitch_client_id="abc", xp_max_level=1 if strange else 2)
    if strange:
        settings = settings.noting((warning(".env, line 3: <b>BACKUPDIR</b> is no setting."), hint("only a hint")))
    async with live(settings) as app, aiohttp.ClientSession() as web:
        cookie = await sign_in(app.access, await app.access.link(Purpose.START))
        answer = await ask(web, app.access, "/setup", headers=cookie)
    assert answer.status == 200
    return answer.text


async def test_strange_settings_are_a_step_of_the_set_up(tmp_path: Path) -> None:
    page = await page_of(tmp_path, strange=True)
    assert "2 settings may not be as you meant it." in page
    assert ".env, line 3: &lt;b&gt;BACKUPDIR&lt;/b&gt; is no setting." in page
    assert "XP_MAX_LEVEL=1: nobody ever levels up." in page
    assert "only a hint" not in page


async def test_settings_that_are_right_are_no_step(tmp_path: Path) -> None:
    assert "as you meant it" not in await page_of(tmp_path, strange=False)
