"""Processes of a bot whose application is of the type Public, over simulated days, and how they are killed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from pixel_bot.platforms.twitch.accounts import ROLES, SignInState, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.helix_structs import User
from pixel_bot.platforms.twitch.platform import TwitchPlatform
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.run.live_app import twitch_of
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser
from pixel_bot.security.cipher import load_cipher
from pixel_bot.settings import Settings
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.twitch_harness import Harness

HOUR, DAY = 3_600.0, 86_400.0
WHO: dict[Role, SandboxUser] = {"bot": BOT, "broadcaster": STREAMER}


def make_public(home: Harness, clock: SettableClock) -> None:
    """The application is of the type Public, and Twitch's clock is the test's."""
    home.world.is_public = True
    home.world.now = lambda: clock.now().timestamp()


def settings_of(home: Harness, **more: Any) -> Settings:
    """What a process of the bot is started with."""
    return settings_in(home.folder, **home.settings(**more))


@asynccontextmanager
async def process(home: Harness, clock: SettableClock, **more: Any) -> AsyncGenerator[TwitchPlatform]:
    """A process of the bot, as far as it is signed in."""
    settings = settings_of(home, **more)
    async with opened(settings, "live", clock) as services:
        await services.cluster.start()
        platform = await twitch_of(settings, services, load_cipher(settings))
        try:
            yield platform
        finally:
            await platform.close()
            await services.cluster.stop()


async def sign_in(home: Harness, platform: TwitchPlatform) -> None:
    """Both accounts, as after a device code."""
    for role, who in WHO.items():
        scopes = scopes_for(role, settings_of(home))
        tokens = Tokens(*home.world.grant(who.id, scopes))
        await platform.accounts.sign_in(TwitchAccount(role, who.id, who.login, who.name, scopes, tokens))


def states(platform: TwitchPlatform) -> list[SignInState]:
    """How both accounts are."""
    return [platform.accounts.state_of(role) for role in ROLES]


def why_ended(platform: TwitchPlatform) -> list[str]:
    """Why sign-ins have ended, as the page says it."""
    accounts = [platform.accounts.get(role) for role in ROLES]
    return [account.why for account in accounts if account is not None and account.tokens is None]


SIGNED_IN = [SignInState.SIGNED_IN] * 2


async def works(home: Harness, platform: TwitchPlatform) -> bool:
    """Whether a request with each account's token is answered, renewed where that is due."""
    rows = [await platform.helix.get("users", role, User, id=who.id) for role, who in WHO.items()]
    return [row.id for (row,) in rows] == [who.id for who in WHO.values()]


async def kill_before_the_write(platform: TwitchPlatform, role: Role) -> Tokens:
    """The process is killed when Twitch has answered a renewal, and before the new tokens are written. Returns those.

    Only as far as a cancelled task goes; ``test_killed`` kills for real.
    """
    store = cast(Any, platform.accounts)._store
    swap = store.swap
    lost: list[Tokens] = []

    async def killed(account: TwitchAccount, _: Tokens) -> None:
        assert account.tokens is not None
        lost.append(account.tokens)
        raise asyncio.CancelledError

    store.swap = killed
    tokens = platform.accounts.tokens_of(role)
    assert tokens is not None
    try:
        await platform.http.renew(role, tokens.access)
    except asyncio.CancelledError:
        store.swap = swap
        return lost[0]
    raise AssertionError("nothing was renewed")
