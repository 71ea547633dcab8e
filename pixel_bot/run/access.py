"""Who gets in to the running bot's pages: built at the start, announced, and refused where nobody owns the bot."""

import secrets
from contextlib import AsyncExitStack

from pixel_bot.errors import StartError
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.services import Services
from pixel_bot.web.access.access import Access
from pixel_bot.web.server import WebServer


class NoOwner(StartError):
    """Other computers would reach the web pages, and the streamer has not signed in yet."""

    exit_code = 2

    def __init__(self, host: str, *, on_twitch: bool) -> None:
        first = "python -m pixel_bot login" if on_twitch else "start the bot without WEB_HOST, and install it there"
        super().__init__(
            f"WEB_HOST is {host}: other computers can open the bot's pages, and the streamer has not signed in yet. "
            f"Do that first: {first}. Then start again."
        )


async def access_for(web: WebServer, services: Services, home: str, stack: AsyncExitStack) -> Access:
    """Who gets in to this server. Its address is noted in the database until the stack ends.

    Args:
        web: the server, whose port is known.
        services: over the open database.
        home: the path of the page that a person opens first.
        stack: of the running bot.
    """
    access = Access(
        services.database,
        services.clock,
        host=web.host,
        port=web.port,
        home=home,
        public_url=services.settings.web_public_url,
        is_overlay_key=lambda key: secrets.compare_digest(key.encode(), services.overlay.key.encode()),
    )
    await access.announce()
    stack.push_async_callback(access.withdraw)
    return access


def refuse_without_owner(access: Access, twitch: TwitchPlatform | None, joystick: JoystickPlatform | None) -> None:
    """Do nothing where only this machine reaches the pages, or the streamer has signed in.

    Raises:
        NoOwner: everybody in the network could be the first to sign in.
    """
    is_owned = (twitch is not None and twitch.accounts.get("broadcaster") is not None) or (
        joystick is not None and joystick.installations.current is not None
    )
    if access.is_open and not is_owned:
        raise NoOwner(access.host, on_twitch=twitch is not None)
