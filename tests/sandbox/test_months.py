"""The sandbox goes on counting the months of subs after a restart, so that each further one pays."""

from contextlib import suppress
from pathlib import Path

from pixel_bot.errors import UnknownViewer
from pixel_bot.run.sandbox_app import App, running
from pixel_bot.sandbox.twitch.channel_activity import ChannelActivity
from pixel_bot.sandbox.twitch.users import PERSONAS
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from tests.harness.waiting import until

VIEWER = PERSONAS[0]


async def pays(app: App, expected: int) -> None:
    async def is_paid() -> bool:
        with suppress(UnknownViewer):
            return (await app.services.viewers.find(VIEWER.login)).points == expected
        return False

    await until(is_paid)


async def resub(settings: Settings, expected: int) -> int:
    """One run of the sandbox, with the button of six months. Returns the months that it came to."""
    async with running(settings) as app:
        months = await ChannelActivity(app.twitch).resub(VIEWER, 6)
        await pays(app, expected)
    return months


async def test_a_resub_pays_after_a_restart_too(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, points_chat_amount=0, greeting="off")
    assert [await resub(settings, expected) for expected in (200, 400, 600)] == [6, 7, 8]
