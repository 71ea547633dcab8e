"""A bot on a double of Twitch that runs elsewhere, for example in another process."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

from pixel_bot.platforms.twitch.accounts import Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchEndpoints, TwitchPlatform
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.services import Services


@asynccontextmanager
async def guest(
    services: Services,
    base: str,
    app: tuple[str, str],
    accounts: Mapping[str, Sequence[str]],
    *,
    limited: bool = False,
) -> AsyncGenerator[RunningBot]:
    """The bot at a double, from before it begins (call ``begin``) to an orderly end.

    Args:
        services: over an open database.
        base: the double's address, like ``127.0.0.1:8080/sandbox/twitch``.
        app: client id and client secret.
        accounts: for ``bot`` and ``broadcaster``: user id, login, access token and refresh token.
        limited: whether the bot keeps Twitch's limits for what it says.
    """
    signed_in = Accounts()
    for name, (user_id, login, access, refresh) in accounts.items():
        role = cast(Role, name)
        tokens = Tokens(access, refresh)
        await signed_in.sign_in(TwitchAccount(role, user_id, login, login, scopes_for(role, services.settings), tokens))
    endpoints = TwitchEndpoints(f"http://{base}/helix/", f"http://{base}/", f"ws://{base}/ws", *app)
    async with AsyncExitStack() as stack:
        platform = TwitchPlatform(endpoints, signed_in, services.stream, services.clock)
        stack.push_async_callback(platform.close)
        running_bot = RunningBot(services, platform, limited=limited)
        stack.push_async_callback(running_bot.end)
        yield running_bot
