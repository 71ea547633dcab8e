"""The gate: ASGI middleware that lets a request to a protected page pass only with a session or a token.

===============================================  ======================================================================
path                                             who gets in
===============================================  ======================================================================
``/setup``, ``/oauth``, ``/joystick/oauth``      a session, or a token with the scope of ``SCOPES``; on loopback too
``/metrics``                                     the same, in the sandbox too
``/dashboard``, ``/api``                         a session, or a token; each route asks for its own scope
``/sandbox``                                     everybody on this machine, unless other computers can reach the
                                                 server: then a session or a token
``/sandbox/twitch``, ``/sandbox/joystick``       the bot itself, on this machine: they are the doubles of both platforms
``/overlay``                                     whoever has the overlay's own key, which its routes check
everything else                                  everybody; there is nothing to see
===============================================  ======================================================================

All of them are behind the check of Host and Origin in ``web/guard.py``.
"""

from enum import Enum
from functools import partial

from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pixel_bot.web.access.access import Access
from pixel_bot.web.access.answers import Why, is_below, refused
from pixel_bot.web.access.origins import is_from_this_machine, requested_origin
from pixel_bot.web.access.principal import NotAllowed, Principal, introduce
from pixel_bot.web.access.sessions import SESSION_LIFE, KeyState
from pixel_bot.web.access.sockets import GuardedSocket

PROTECTED = ("/setup", "/oauth", "/joystick/oauth", "/metrics", "/dashboard", "/api")
SANDBOX = "/sandbox"
OVERLAY = "/overlay"
DOUBLES = ("/sandbox/twitch", "/sandbox/joystick")
DOORS = ("/setup", "/dashboard", SANDBOX)
"""Where the link with the key leads to."""

SCOPES = (
    ("/setup/link", "people:manage"),
    ("/setup/sign-out", "people:manage"),
    ("/setup", "settings:manage"),  # the page shows the overlay's key
    ("/oauth", "settings:manage"),
    ("/joystick/oauth", "settings:manage"),
    ("/metrics", "show:view"),
)
"""What a token needs there; the first path that fits counts."""

WHY = {KeyState.USED: Why.USED, KeyState.EXPIRED: Why.EXPIRED, KeyState.UNKNOWN: Why.UNKNOWN}


class Need(Enum):
    """What a path asks for."""

    NOTHING = 0
    PRINCIPAL = 1
    THIS_MACHINE = 2


class Gate:
    """The middleware."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        conn = HTTPConnection(scope)
        try:
            answer = await self._answer(conn)
        except DBAPIError:
            is_for_all = self._need(scope) is Need.NOTHING
            answer = None if is_for_all else refused(conn, self._access, Why.DATABASE, 503)
        if answer is not None:
            await answer(scope, receive, send)
        elif scope["type"] == "websocket" and self._need(scope) is Need.PRINCIPAL:
            socket = GuardedSocket(receive, send, partial(self._is_in, conn))
            await socket.serve(self._app, scope, self._access.sessions)
        else:
            await self._app(scope, receive, send)

    def _need(self, scope: Scope) -> Need:
        path: str = scope["path"]
        if any(is_below(path, top) for top in PROTECTED):
            return Need.PRINCIPAL
        if not is_below(path, SANDBOX):
            return Need.NOTHING
        is_near = is_from_this_machine(scope)
        if any(is_below(path, top) for top in DOUBLES):
            return Need.NOTHING if is_near else Need.THIS_MACHINE
        return Need.NOTHING if is_near and not self._access.is_open else Need.PRINCIPAL

    async def _answer(self, conn: HTTPConnection) -> Response | None:
        """What is answered at once; None for a request that may pass."""
        need = self._need(conn.scope)
        if need is Need.THIS_MACHINE:
            return PlainTextResponse("There is nothing here.\n", 404)
        if is_below(conn.scope["path"], OVERLAY):
            return self._count_overlay_key(conn)
        if _brings_key(conn):
            return await self._open_link(conn, need)
        if need is Need.NOTHING and conn.scope["path"] != "/healthz":
            return None
        principal, why = await self._principal(conn)
        if principal is not None:
            introduce(conn.scope, principal)
            return self._without_scope(conn, principal)
        if need is Need.NOTHING:
            return None
        wait = self._access.wrong_tokens.wait(conn.scope) if why is Why.WAIT else 0
        return refused(conn, self._access, why, 429 if wait else 401, wait)

    def _count_overlay_key(self, conn: HTTPConnection) -> Response | None:
        """The rate limit for other computers; the overlay itself answers to a wrong key.

        On this machine there is none: a browser source in OBS may have an old key, and asks again and again.
        """
        attempts = self._access.wrong_overlay_keys
        if is_from_this_machine(conn.scope):
            return None
        if wait := attempts.wait(conn.scope):
            return PlainTextResponse(f"{Why.WAIT}\n", 429, headers={"Retry-After": str(wait)})
        if not self._access.is_overlay_key(conn.query_params.get("key", "")):
            attempts.failed(conn.scope)
        return None

    async def _principal(self, conn: HTTPConnection) -> tuple[Principal | None, Why]:
        """Who makes the request; else why nobody is signed in. A token counts before a cookie."""
        if sent := conn.headers.get("authorization"):
            return await self._by_token(conn, sent)
        secret = self._cookie(conn)
        return (await self._access.sessions.principal(secret) if secret else None), Why.NOBODY

    async def _is_in(self, conn: HTTPConnection) -> bool:
        """Whether whoever opened a socket may go on. Without the database nobody can tell: the page comes again."""
        try:
            return (await self._principal(conn))[0] is not None
        except DBAPIError:
            return False

    async def _by_token(self, conn: HTTPConnection, sent: str) -> tuple[Principal | None, Why]:
        attempts = self._access.wrong_tokens
        if attempts.wait(conn.scope):
            return None, Why.WAIT
        kind, _, token = sent.partition(" ")
        principal = await self._access.tokens.principal(token.strip()) if kind.lower() == "bearer" else None
        if principal is None:
            attempts.failed(conn.scope)
        return principal, Why.TOKEN

    def _without_scope(self, conn: HTTPConnection, principal: Principal) -> Response | None:
        needed = next((scope for top, scope in SCOPES if is_below(conn.scope["path"], top)), "")
        try:
            if needed:
                principal.require(needed)
        except NotAllowed as exc:
            return refused(conn, self._access, str(exc), 403)
        return None

    async def _open_link(self, conn: HTTPConnection, need: Need) -> Response:
        """Sign the browser in, and lead it to the page without the key, which so stays out of its history."""
        scope, access = conn.scope, self._access
        there = RedirectResponse(scope["path"], 303)
        principal, _ = await self._principal(conn)
        if principal is not None:
            return there
        if wait := access.wrong_keys.wait(scope):
            return refused(conn, access, Why.WAIT, 429, wait)
        done = await access.sessions.sign_in(conn.query_params["key"], conn.headers.get("user-agent", ""))
        if done.state is KeyState.GOOD:
            self._set_cookie(there, conn, done.secret)
            return there
        if done.state is KeyState.UNKNOWN:
            access.wrong_keys.failed(scope)
        return there if need is Need.NOTHING else refused(conn, access, WHY[done.state])

    def _set_cookie(self, answer: Response, conn: HTTPConnection, secret: str) -> None:
        is_tls = self._is_tls(conn)
        answer.set_cookie(
            self._access.cookie(is_tls=is_tls),
            secret,
            max_age=int(SESSION_LIFE.total_seconds()),
            path="/",
            secure=is_tls,
            httponly=True,
            samesite="lax",
        )

    def _cookie(self, conn: HTTPConnection) -> str:
        return conn.cookies.get(self._access.cookie(is_tls=self._is_tls(conn)), "")

    def _is_tls(self, conn: HTTPConnection) -> bool:
        origin = requested_origin(conn.scope, self._access.public)
        return origin is not None and origin.scheme == "https"


def _brings_key(conn: HTTPConnection) -> bool:
    """True for a person who follows a link with a key. Whoever only looks at it, as a HEAD does, does not use it up."""
    scope = conn.scope
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in DOORS:
        return False
    return "key" in conn.query_params and conn.headers.get("sec-fetch-mode", "navigate") == "navigate"
