"""HTTP requests of TwitchIO: with a timeout, the right token, a token renewal after 401, and retries with back-off.

TwitchIO itself has no short timeout, gives up at 429, renews one token twice at once, and puts client secret and tokens
into its errors. All of its requests pass through ``request``, which replaces that.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from twitchio import HTTPException
from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.http import Route
from typing_extensions import override

from pixel_bot.concurrency.retry import backoff
from pixel_bot.platforms.decoding import Unreadable, decode
from pixel_bot.platforms.twitch.accounts import Accounts
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError, UnknownApp
from pixel_bot.platforms.twitch.signing_in.token_renewal import TokenRenewal
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire, without_secrets

log = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
NEW_SECONDS = 60.0
"""A 401 that does not name the token is not blamed on one that is younger than this."""

REPEATABLE = {"GET", "PUT", "DELETE"}
"""Idempotent methods: sent again also when it is unknown whether the request arrived."""

Sleep = Callable[[float], Awaitable[object]]

_OBJECTS = msgspec.json.Decoder(dict[str, Any])


class TwitchHttp(ManagedHTTPClient):
    """TwitchIO's HTTP client. ``token_for`` may name a role (``bot``, ``broadcaster``) or a user id."""

    def __init__(
        self, client_id: str, accounts: Accounts, oauth: OAuth, wire: Wire, sleep: Sleep = asyncio.sleep
    ) -> None:
        # Without the secret: only OAuth needs it, and there it stays.
        super().__init__(client_id=client_id, session=wire.session)
        self._accounts = accounts
        self._oauth = oauth
        self._renewal = TokenRenewal(accounts, oauth)
        self._wire = wire
        self._sleep = sleep
        self._application_token: str = ""
        self._renewals: dict[str, asyncio.Task[None]] = {}
        self._renewed_at: dict[str, float] = {}
        self.app_problem = ""
        """What is wrong with client id and secret, in words; empty when nothing is known to be."""

    @override
    async def request(self, route: Route) -> Any:
        """Send a request, with retries: for TwitchIO, which takes dictionaries.

        Returns:
            The body of the answer, an object; None where there is none.

        Raises:
            HTTPException, NoAnswer: as ``fetch``; also where the body is anything else, like the page of a proxy.
        """
        body = await self.fetch(route)
        if not body:
            return None
        try:
            return decode(_OBJECTS, body)
        except Unreadable:
            raise NoAnswer("none that can be read") from None

    async def fetch(self, route: Route) -> bytes:
        """Send a request, with retries. Returns the body of the answer as it came; empty where there is none.

        Raises:
            HTTPException: Twitch refused. Neither its text nor its traceback holds a secret.
            NoAnswer: Twitch could not be reached.
        """
        role = self._role(route.token_for)
        tries = 0
        renewed = False
        while True:
            tries += 1
            token = await self._token(role)
            answer = await self._send(route, token)
            if answer is not None and answer.status < 400:
                return b"" if answer.status == 204 else answer.raw
            if answer is not None and not renewed and self._is_token_refused(answer, role):
                # Once only: Twitch refusing a brand-new token, too, would otherwise loop. The tries count anew, because
                # this request has not failed yet.
                renewed = True
                tries = 0
                await self.renew(role, token)
                continue
            pause = _retry_delay(answer, route.method, tries)
            if pause is None:
                raise NoAnswer("none in time") if answer is None else _refusal(answer.status, answer.message)
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
        """Whose token; None for the application's own, for which TwitchIO writes nothing, or the word None."""
        if token_for in {"", "None"}:
            return None
        role = self._accounts.role_of(token_for)
        if role is None:
            raise _refusal(401, "nobody is signed in for this")
        return role

    async def _token(self, role: Role | None) -> str:
        if role is not None:
            tokens = self._accounts.tokens_of(role)
            if tokens is None:
                raise _refusal(401, f"the {role} account is not signed in")
            return tokens.access
        if not self._application_token:
            await self.renew(None, "")
        return self._application_token

    async def check_app(self) -> bool:
        """See whether Twitch knows the application. Returns False when it could not be asked.

        One without a client secret has nothing to ask with: the renewals tell.
        """
        if self._oauth.is_public:
            return True
        try:
            await self._token(None)
        except NoAnswer:
            return False
        except HTTPException:
            return bool(self.app_problem)
        return True

    async def renew(self, role: Role | None, used: str) -> None:
        """Renew the token ``used``, single-flight: concurrent callers wait for the same renewal.

        Where Twitch refuses for good, the sign-in of the role is over. Without a role it is the application's token,
        which an application without a client secret does not have.

        Raises:
            HTTPException, NoAnswer: there is no new one.
        """
        key = role or ""
        task = self._renewals.get(key)
        if task is None:
            task = asyncio.create_task(self._renew_user(role, used) if role else self._renew_app(used))
            self._renewals[key] = task
            task.add_done_callback(lambda done: self._on_renewal_done(key, done))
        # Shielded: the new tokens must be kept even if this one request is given up.
        await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait until the renewals under way have ended: new tokens that nobody keeps would end a sign-in."""
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)

    def _is_token_refused(self, answer: Answer, role: Role | None) -> bool:
        """True where a 401 means an invalid token: a missing scope, or a wrong id, is answered with 401, too."""
        message = answer.message.lower()
        if answer.status != 401 or "scope" in message:
            return False
        is_new = time.monotonic() - self._renewed_at.get(role or "", float("-inf")) < NEW_SECONDS
        return not is_new or "invalid oauth token" in message or "invalid access token" in message

    def _on_renewal_done(self, key: str, task: asyncio.Task[None]) -> None:
        del self._renewals[key]
        # Reading the exception marks it as retrieved: callers have it already, or gave up waiting.
        if not task.cancelled() and task.exception() is None:
            self._renewed_at[key] = time.monotonic()

    async def _renew_app(self, used: str) -> None:
        if self._application_token and self._application_token != used:
            return  # a renewal between this caller's request and now has replaced it already
        if self._oauth.is_public:
            raise _refusal(401, "an application of the type Public has no token of its own")
        try:
            self._application_token = await self._oauth.app_token()
        except OAuthError as exc:
            self._record_app_problem(exc)
            raise _translated(exc) from None
        self.app_problem = ""

    async def _renew_user(self, role: Role, used: str) -> None:
        try:
            await self._renewal.renew(role, used)
        except OAuthError as exc:
            self._record_app_problem(exc)
            raise _translated(exc) from None
        self.app_problem = ""

    def _record_app_problem(self, exc: OAuthError) -> None:
        if isinstance(exc, UnknownApp):
            if not self.app_problem:
                log.error("%s", exc)
            self.app_problem = str(exc)


def _translated(exc: OAuthError) -> Exception:
    return _refusal(exc.status or 401, str(exc)) if exc.final else NoAnswer("the sign-in server is away")


def _refusal(status: int, message: str) -> HTTPException:
    return HTTPException(f"Twitch answered {status}", status=status, extra={"message": without_secrets(message)})


def _retry_delay(answer: Answer | None, method: str, tries: int) -> float | None:
    """Exponential back-off with jitter: seconds until the next try; None for no further one."""
    if tries >= TRIES:
        return None
    pause = backoff(FIRST_PAUSE, tries)
    if answer is None:
        return pause if method in REPEATABLE else None
    if answer.status == 429:
        return _until_reset(answer.headers, pause)
    if answer.status == 503 or (answer.status >= 500 and method in REPEATABLE):
        return pause
    return None


def _until_reset(headers: Mapping[str, str], default: float) -> float | None:
    """Seconds until Twitch's rate limit resets (its header is a Unix time); None when that is too long to wait.

    While requests remain it is another limit, such as the number of subscriptions: then it is ``default``.
    https://dev.twitch.tv/docs/api/guide/#twitch-rate-limits
    """
    if headers.get("Ratelimit-Remaining", "0") != "0":
        return default
    try:
        seconds = float(headers.get("Ratelimit-Reset", "")) - time.time()
    except ValueError:
        return default
    return max(seconds, 0.1) if seconds <= LONGEST_PAUSE else None
