"""``python -m pixel_bot open``: a new link to the pages of the bot that runs."""

import asyncio
import os
import sys
import webbrowser

from pixel_bot.cli.running import database_of_bot
from pixel_bot.clock import Clock
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.settings import Settings
from pixel_bot.web.access.access import newest_server
from pixel_bot.web.access.sessions import Purpose, Sessions

NOT_RUNNING = "No bot runs here. Start it with: python -m pixel_bot"


async def open_pages(settings: Settings) -> int:
    """Print a link that signs one browser in, once, and open it where there is a browser.

    Returns:
        The exit code: 1 when no bot runs.

    Raises:
        StartError: its database cannot be used.
    """
    from pixel_bot.platforms.twitch.signing_in import default_app

    settings = await default_app.with_app_of_sign_ins(settings)
    async with database_of_bot(settings) as (database, is_running):
        address = await newest_server(database) if is_running else ""
        if not address:
            print(NOT_RUNNING, file=sys.stderr)
            return 1
        with in_plain_words(database.path):
            link = f"{address}?key={await Sessions(database, Clock()).issue_key(Purpose.OPEN)}"
    sys.stdout.write(f"Open: {link}\n")
    sys.stdout.flush()
    if _has_browser():
        await asyncio.to_thread(webbrowser.open, link)
    return 0


def _has_browser() -> bool:
    """False on a machine without a screen, where ``webbrowser`` would begin a browser in the terminal."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
