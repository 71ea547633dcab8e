"""``python -m pixel_bot login``: both accounts sign in with a code, for a machine without a browser."""

import asyncio
import sys
from contextlib import AsyncExitStack

from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.db.server.cluster import in_use
from pixel_bot.errors import StartError
from pixel_bot.platforms.twitch.accounts import ROLES, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import OAuthError, wait_for_device
from pixel_bot.platforms.twitch.sign_in import SignIn
from pixel_bot.platforms.twitch.signing_in.default_app import with_default_app
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.run.live_app import twitch_of
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.settings import Settings
from pixel_bot.web.oauth import SignInRefused

WHO: dict[Role, str] = {"bot": "the account that is to speak in chat", "broadcaster": "the account that streams"}


async def login(settings: Settings) -> int:
    """Sign in what is not signed in. Returns the exit code: 0 when both accounts are signed in.

    Raises:
        StartError: there is no client id, or Twitch refuses.
    """
    settings = with_default_app(settings)
    if not settings.on_twitch:
        raise StartError("Set TWITCH_CLIENT_ID first; the sandbox needs no sign-in.")
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one(sqlite_path(settings.database_for("live"))))
        services = await stack.enter_async_context(opened(settings, "live", Clock()))
        if await in_use(services.database):
            raise StartError(f"A bot runs on {services.database.name}. Sign in on its set-up page, or stop it first.")
        stack.push_async_callback(services.cluster.stop)
        await services.cluster.start()
        platform = await twitch_of(settings, services, load_cipher(settings))
        stack.push_async_callback(platform.close)
        sign_in = SignIn(settings, platform.accounts, platform.oauth, "")
        await platform.token_refresh.check()
        missing: list[Role] = [
            role for role in ROLES if _is_missing(platform.accounts.get(role), scopes_for(role, settings))
        ]
        for role in missing:
            while not await _sign_in(sign_in, role, settings):
                _say("Let us try that again.")
        _say("Both accounts are signed in." if missing else "Both accounts were signed in already.")
    return 0


def _is_missing(account: TwitchAccount | None, scopes: frozenset[str]) -> bool:
    return account is None or account.tokens is None or bool(scopes - account.scopes)


async def _sign_in(sign_in: SignIn, role: Role, settings: Settings) -> bool:
    scopes = scopes_for(role, settings)
    try:
        device = await sign_in.oauth.begin_device(scopes)
        _say(f"Sign in {WHO[role]}: open {device.address} on any device and type {device.user_code}")
        tokens = await wait_for_device(sign_in.oauth, device, scopes)
        await sign_in.take(role, tokens, ask=False)
    except SignInRefused as exc:
        _say(str(exc))
        return False
    except OAuthError as exc:
        raise StartError(str(exc)) from None
    account = sign_in.accounts.get(role)
    if account is None:
        return False
    if sign_in.accounts.is_fixed(role) or await _yes(f"Use {account.display_name} as the {role} account? [y/n] "):
        _say(f"{account.display_name} is signed in as the {role} account.")
        return True
    await sign_in.forget(role)
    return False


async def _yes(question: str) -> bool:
    """Ask at the terminal; without one the accounts that signed in are taken as they are."""
    if not sys.stdin.isatty():
        return True
    return (await asyncio.to_thread(input, question)).strip().lower() in {"", "y", "yes"}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
