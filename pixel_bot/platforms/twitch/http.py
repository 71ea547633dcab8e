"""TwitchIO's requests over our own wire: in time, with the right token, and again where that makes sense.

TwitchIO asks without a time limit that fits a show, gives up at 429, renews one token twice at once, and puts client
secret and tokens into its errors. All its requests come through ``request``, so that is where they are made anew.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from twitchio import HTTPException
from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.http import Route

from pixel_bot.platforms.twitch.accounts import Accounts
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError, UnknownApp
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire, message_of

log = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
NEW_SECONDS = 60.0
"""A token that is newer is not at fault when Twitch refuses without naming it."""

REPEATABLE = {"GET", "PUT", "DELETE"}
"""Requests that may be sent again when nobody knows whether they arrived."""

Sleep = Callable[[float], Awaitable[object]]


class TwitchHttp(ManagedHTTPClient):
    """What TwitchIO's objects ask with. ``token_for`` may name a role (``bot``, ``broadcaster``) or a user id."""

    def __init__(
        self, client_id: str, accounts: Accounts, oauth: OAuth, wire: Wire, sleep: Sleep = asyncio.sleep
    ) -> None:
        # Without the secret: only OAuth needs it, and there it stays.
        super().__init__(client_id=client_id, session=wire.session)
        self._accounts = accounts
        self._oauth = oauth
        self._wire = wire
        self._sleep = sleep
        self._app: str = ""
        self._renewals: dict[str, asyncio.Task[None]] = {}
        self._renewed_at: dict[str, float] = {}
        self.app_problem = ""
        """What is wrong with client id and secret, in words; empty when nothing is known to be."""

    async def request(self, route: Route) -> Any:
        """Send a request of TwitchIO's.

        Returns:
            The body of the answer, an object; None where there is none.

        Raises:
            HTTPException: Twitch refused. Neither its text nor its traceback holds a secret.
            NoAnswer: Twitch could not be reached, or its answer could not be read.
        """
        role = self._role(route.token_for)
        tries = 0
        renewed = False
        while True:
            tries += 1
            token = await self._token(role)
            answer = await self._send(route, token)
            if answer is not None and answer.status < 400:
                return None if answer.status == 204 else _object(answer)
            if answer is not None and not renewed and self._is_worthless(answer, role):
                renewed = True
                tries = 0
                await self.renew(role, token)
                continue
            pause = _pause(answer, route.method, tries)
            if pause is None:
                raise NoAnswer("none in time") if answer is None else _refusal(answer.status, answer.body)
            await self._sleep(pause)

    async def _send(self, route: Route, token: str) -> Answer | None:
        headers = {
            "Authorization": f"Bearer {token}",
            "Client-Id": self.client_id,
            "User-Agent": self.user_agent,
            "Accept": "application/json",
        }
        try:
            return await self._wire.send(route.method, route.url, headers=headers, json=route.json or None)
        except NoAnswer as exc:
            log.info("No answer to %s %s: %s", route.method, route.path, exc)
            return None

    # Tokens

    def _role(self, token_for: str) -> Role | None:
        """Whose token; None for that of the application, for which TwitchIO writes nothing, or the word None."""
        if token_for in {"", "None"}:
            return None
        role = self._accounts.role_of(token_for)
        if role is None:
            raise _refusal(401, {"message": "nobody is signed in for this"})
        return role

    async def _token(self, role: Role | None) -> str:
        if role is not None:
            tokens = self._accounts.tokens_of(role)
            if tokens is None:
                raise _refusal(401, {"message": f"the {role} account is not signed in"})
            return tokens.access
        if not self._app:
            await self.renew(None, "")
        return self._app

    async def check_app(self) -> bool:
        """See whether Twitch knows the application. Returns False when it could not be asked."""
        try:
            await self._token(None)
        except NoAnswer:
            return False
        except HTTPException:
            return bool(self.app_problem)
        return True

    async def renew(self, role: Role | None, used: str) -> None:
        """Get a new token in place of ``used``; whoever comes meanwhile waits for the same one.

        Where Twitch refuses for good, the sign-in of the role is over. Without a role it is the application's token.

        Raises:
            HTTPException, NoAnswer: there is no new one.
        """
        key = role or ""
        task = self._renewals.get(key)
        if task is None:
            task = asyncio.create_task(self._renew_user(role, used) if role else self._renew_app(used))
            self._renewals[key] = task
            task.add_done_callback(lambda done: self._renewed(key, done))
        # Shielded: the new tokens must be kept even if this one request is given up.
        await asyncio.shield(task)

    def _is_worthless(self, answer: Answer, role: Role | None) -> bool:
        """True where Twitch does not take the token any more; a missing scope, or another's id, is another matter."""
        said = answer.message.lower()
        if answer.status != 401 or "scope" in said:
            return False
        is_new = time.monotonic() - self._renewed_at.get(role or "", float("-inf")) < NEW_SECONDS
        return not is_new or "invalid oauth token" in said or "invalid access token" in said

    def _renewed(self, key: str, task: asyncio.Task[None]) -> None:
        del self._renewals[key]
        # Whoever waited has the error; if nobody waits any more it is of no matter.
        if not task.cancelled() and task.exception() is None:
            self._renewed_at[key] = time.monotonic()

    async def _renew_app(self, used: str) -> None:
        if self._app and self._app != used:
            return
        try:
            self._app = await self._oauth.app_token()
        except OAuthError as exc:
            self._note(exc)
            raise _of(exc) from None
        self.app_problem = ""

    async def _renew_user(self, role: Role, used: str) -> None:
        tokens = self._accounts.tokens_of(role)
        if tokens is None or tokens.access != used:
            return
        try:
            fresh = await self._oauth.refresh(tokens)
        except OAuthError as exc:
            self._note(exc)
            if exc.final and not isinstance(exc, UnknownApp):
                await self._accounts.lost(role, tokens)
            raise _of(exc) from None
        self.app_problem = ""
        if self._accounts.tokens_of(role) == tokens:
            await self._accounts.renewed(role, fresh)

    def _note(self, exc: OAuthError) -> None:
        if isinstance(exc, UnknownApp):
            if not self.app_problem:
                log.error("%s", exc)
            self.app_problem = str(exc)


def _of(exc: OAuthError) -> Exception:
    return _refusal(exc.status or 401, {"message": str(exc)}) if exc.final else NoAnswer("the sign-in server is away")


def _refusal(status: int, body: Any) -> HTTPException:
    return HTTPException(f"Twitch answered {status}", status=status, extra={"message": message_of(body)})


def _object(answer: Answer) -> Any:
    """The body of an answer that grants something: with Helix it is an object.

    Raises:
        NoAnswer: it is anything else, such as the page of a proxy on the way.
    """
    body: object = answer.body
    if body == "":
        return None
    if not isinstance(body, dict):
        raise NoAnswer("none that can be read")
    return cast(dict[str, Any], body)


def _pause(answer: Answer | None, method: str, tries: int) -> float | None:
    """Seconds until it makes sense to ask again; None when it does not."""
    if tries >= TRIES:
        return None
    backoff = FIRST_PAUSE * 2 ** (tries - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads requests, guards nothing
    if answer is None:
        return backoff if method in REPEATABLE else None
    if answer.status == 429:
        return _until_reset(answer.headers, backoff)
    if answer.status == 503 or (answer.status >= 500 and method in REPEATABLE):
        return backoff
    return None


def _until_reset(headers: Mapping[str, str], otherwise: float) -> float | None:
    """Twitch says when the next request is welcome, in seconds since 1970; None when that is too long to wait here.

    https://dev.twitch.tv/docs/api/guide/#twitch-rate-limits
    """
    try:
        seconds = float(headers.get("Ratelimit-Reset", "")) - time.time()
    except ValueError:
        return otherwise
    return max(seconds, 0.1) if seconds <= LONGEST_PAUSE else None
