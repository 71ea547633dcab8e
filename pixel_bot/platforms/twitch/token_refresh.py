"""Looks after the sign-ins: Twitch wants them checked once an hour, and renews them before they end.

https://dev.twitch.tv/docs/authentication/validate-tokens/
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from twitchio import HTTPException

from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.http import TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

CHECK_SECONDS = 3_300.0
RETRY_SECONDS = 60.0
RENEW_SECONDS = 1_800.0
"""A token that ends sooner than this is renewed at once."""

Sleep = Callable[[float], Awaitable[object]]


class TokenRefresh:
    """Checks the tokens of both accounts, at the start and then once an hour."""

    def __init__(self, accounts: Accounts, oauth: OAuth, http: TwitchHttp) -> None:
        self._accounts = accounts
        self._oauth = oauth
        self._http = http
        self._wake = asyncio.Event()

    def check_soon(self, _role: Role | None = None) -> None:
        """Something was revoked: check now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            well = await self.check()
            try:
                async with asyncio.timeout(CHECK_SECONDS if well else RETRY_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def check(self) -> bool:
        """Check the application and both accounts now. Returns False when it should be tried again soon."""
        well = [await self._http.check_app(), *[await self._check(role) for role in ROLES]]
        return all(well)

    async def _check(self, role: Role) -> bool:
        """Returns False when it should be checked again soon."""
        account = self._accounts.get(role)
        if account is None or account.tokens is None:
            return True
        try:
            identity = await self._oauth.validate(account.tokens.access)
        except OAuthError as exc:
            return await self._renew(account) if exc.final else False
        if identity.user_id != account.user_id:
            log.error("Twitch says that the tokens of the %s account belong to somebody else.", role)
            await self._accounts.lost(role, account.tokens)
            return True
        scopes = identity.scopes or account.scopes
        if scopes != account.scopes or identity.login != account.login:
            await self._accounts.noted(replace(account, scopes=scopes, login=identity.login))
        return True if identity.expires_in > RENEW_SECONDS else await self._renew(account)

    async def _renew(self, account: TwitchAccount) -> bool:
        assert account.tokens is not None
        try:
            await self._http.renew(account.role, account.tokens.access)
        except (HTTPException, NoAnswer) as exc:
            log.info("The sign-in of the %s account could not be renewed: %s", account.role, exc)
            return self._accounts.tokens_of(account.role) is None
        return True
