"""Renewal of an account's tokens. A refresh token of a public application works once, so that

- one process at a time renews, and looks at the row first: another one may have done it;
- write-ahead: the row says that the token is spent before it is sent;
- the new pair is stored before anybody uses it, and a pair that could not be stored is not spent.

Between Twitch's answer and the commit lies the one moment in which a kill loses the pair; no client can close that gap.
The row says so, and such a token is not sent a second time: the sign-in has ended, and the page says why. A process
that lives sends its token again only where no answer came at all, because most often the request did not arrive.
https://dev.twitch.tv/docs/authentication/refresh-tokens/
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from pixel_bot.platforms.twitch.accounts import STORE_ERRORS, Accounts, Lease, Tokens
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError, UnknownApp
from pixel_bot.platforms.twitch.token_store import INTERRUPTED
from pixel_bot.platforms.wire import NoAnswer

LEASE_SECONDS = 30.0
"""Longer than another process needs for a renewal."""

LOOK_SECONDS = 0.2

UNDER_WAY_SECONDS = 45.0
"""Another process that lost its lease in the middle of a renewal needs no longer to store what Twitch answered."""


class TokenRenewal:
    """Renews the tokens of both accounts."""

    def __init__(self, accounts: Accounts, oauth: OAuth) -> None:
        self._accounts = accounts
        self._oauth = oauth
        self._seen_spent: dict[Tokens, float] = {}

    async def renew(self, role: Role, used: str) -> None:
        """Renew the tokens of a role, unless they are no longer those with the access token ``used``.

        Raises:
            OAuthError: Twitch refused; where that is final, the sign-in has ended.
            NoAnswer: it cannot be done now.
        """
        async with self._accounts.lease(role) as held:
            await self._look_at_the_row(role, held=held)
            tokens = self._accounts.tokens_of(role)
            # A caller whose 401 is older than the last renewal must not use the refresh token again.
            if tokens is None or tokens.access != used:
                return
            await self._check_spent(role, tokens)
            try:
                fresh = await self._oauth.refresh(tokens)
            except OAuthError as exc:
                if exc.final and not isinstance(exc, UnknownApp):
                    await self._accounts.end_sign_in(role, tokens)
                elif self._oauth.is_public:
                    await self._accounts.note_spent(role, tokens, spent=False)
                raise
            # While Twitch answered, somebody may have signed in anew or signed out: those tokens win.
            now = self._accounts.get(role)
            if now is not None and (now.tokens == tokens or now.why == INTERRUPTED):
                await self._accounts.replace_tokens(role, fresh, tokens)

    async def _check_spent(self, role: Role, tokens: Tokens) -> None:
        """Write ahead that the tokens are spent, where they can be spent once only.

        Raises:
            OAuthError: they may be spent already, by a process that ended since or has hung. The sign-in has ended.
            NoAnswer: it cannot be written, or another process may be about to store the new ones.
        """
        if not self._oauth.is_public:
            return
        account = self._accounts.get(role)
        if account is not None and account.is_spent:
            now = asyncio.get_running_loop().time()
            since = self._seen_spent.setdefault(tokens, now)
            if self._accounts.is_shared and now - since < UNDER_WAY_SECONDS:
                raise NoAnswer("another process is renewing the sign-in, or was when it ended")
            del self._seen_spent[tokens]
            await self._accounts.end_sign_in(role, tokens, INTERRUPTED)
            raise OAuthError(INTERRUPTED, final=True)
        if not await self._accounts.note_spent(role, tokens, spent=True):
            raise NoAnswer("the sign-in is not renewed while the database, or another process, is at it")

    async def _look_at_the_row(self, role: Role, *, held: bool) -> None:
        try:
            written = await self._accounts.write_again(role)
            await self._accounts.reload(role)
        except STORE_ERRORS:
            written = False
        # With a client secret a refresh token works again, and a bot that goes on is worth more.
        if self._oauth.is_public and not (held and written):
            raise NoAnswer("the sign-in is not renewed while the database, or another process, is at it")


def cluster_lease(
    try_to_lead: Callable[[str], Awaitable[bool | None]], resign: Callable[[str], Awaitable[object]]
) -> Lease:
    """The lease among the processes on one database, over the cluster's leader election.

    The server itself gives it back when a process ends, however it ends.
    """

    @asynccontextmanager
    async def lease(role: Role) -> AsyncGenerator[bool]:
        name = f"twitch-tokens-{role}"
        # No timeout around the question: one that is cut off may have been granted, and nobody would give it back.
        deadline = (clock := asyncio.get_running_loop().time)() + LEASE_SECONDS
        # None, where the server does not answer, is not worth waiting for: requests wait for this.
        # In pauses, because the server tells nobody when an advisory lock is free.
        held = await try_to_lead(name)
        while held is False and clock() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            held = await try_to_lead(name)
        try:
            yield held is True
        finally:
            if held:
                await resign(name)

    return lease
