"""Token refresh: both accounts' tokens are validated once an hour, as Twitch demands, and renewed before they expire.

They are also renewed every few days whatever their age, because a sign-in that is not used ends.

https://dev.twitch.tv/docs/authentication/validate-tokens/
"""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from twitchio import HTTPException

from pixel_bot.clock import Clock
from pixel_bot.platforms.twitch.accounts import ROLES, STORE_ERRORS, Accounts, SignInState, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.http import TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError
from pixel_bot.platforms.twitch.token_store import INTERRUPTED
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

CHECK_SECONDS = 3_300.0
RETRY_SECONDS = 60.0
RENEW_SECONDS = 1_800.0
"""A token that expires sooner than this is renewed at once."""

RENEW_EVERY = timedelta(days=3)
"""Well before Twitch ends a sign-in of a public application that was not used: see ``token_store.UNUSED_LIFE``."""


class TokenRefresh:
    """Validates the tokens of both accounts, at the start and then once an hour."""

    def __init__(self, accounts: Accounts, oauth: OAuth, http: TwitchHttp, clock: Clock | None = None) -> None:
        self._accounts = accounts
        self._oauth = oauth
        self._http = http
        self._clock = clock or Clock()
        self._wake = asyncio.Event()

    def check_soon(self, _role: Role | None = None) -> None:
        """Something was revoked: check now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            succeeded = await self.check()
            try:
                async with asyncio.timeout(CHECK_SECONDS if succeeded else RETRY_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            # Cleared before the check: a revocation that arrives during it must lead to another one.
            self._wake.clear()

    async def check(self) -> bool:
        """Check the application and both accounts now. Returns False when it should be tried again soon."""
        results = [await self._http.check_app(), *[await self._check_role(role) for role in ROLES]]
        return all(results)

    async def _check_role(self, role: Role) -> bool:
        """Returns False when it should be checked again soon."""
        try:
            written = await self._accounts.write_again(role)
            await self._accounts.reload(role)
        except STORE_ERRORS:
            written = False
        account = self._accounts.get(role)
        if account is not None and account.tokens is not None:
            written = await self._check_tokens(account, account.tokens) and self._accounts.is_stored(role)
        account = self._accounts.get(role)
        # A process that hung in the middle of a renewal may finish it yet, without a word to this one.
        return written and not (self._accounts.is_shared and account is not None and account.why == INTERRUPTED)

    async def _check_tokens(self, account: TwitchAccount, tokens: Tokens) -> bool:
        role = account.role
        try:
            identity = await self._oauth.validate(tokens.access)
        except OAuthError as exc:
            return await self._renew(account) if exc.final else False
        # A restored database may hold the tokens of another account: acting as somebody else is worse than not at all.
        if identity.user_id != account.user_id:
            log.error("Twitch says that the tokens of the %s account belong to somebody else.", role)
            await self._accounts.end_sign_in(role, tokens)
            return True
        told = replace(
            account,
            scopes=identity.scopes or account.scopes,
            login=identity.login,
            client_id=identity.client_id or account.client_id,
        )
        if told != account:
            await self._accounts.update(told)
            if self._accounts.tokens_of(role) != tokens:
                return True  # they are for another application, or another process has renewed them
        is_old = account.renewed_at is not None and self._clock.now() - account.renewed_at >= RENEW_EVERY
        return await self._renew(account) if is_old or identity.expires_in <= RENEW_SECONDS else True

    async def _renew(self, account: TwitchAccount) -> bool:
        assert account.tokens is not None
        try:
            await self._http.renew(account.role, account.tokens.access)
        except (HTTPException, NoAnswer) as exc:
            log.info("The sign-in of the %s account could not be renewed: %s", account.role, exc)
            # Refused for good means that the sign-in has ended: then there is nothing to try again.
            return self._accounts.state_of(account.role) is SignInState.ENDED
        return True
