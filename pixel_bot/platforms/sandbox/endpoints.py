"""The double's OAuth and Helix over HTTP, answering as Twitch does, errors included."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from pixel_bot.platforms.sandbox.twitch import Twitch
from pixel_bot.platforms.sandbox.world import BOT, STREAMER, TOKEN_SECONDS, Citizen

Handler = Callable[[Request], Awaitable[Response]]

METHODS = ["GET", "POST", "DELETE"]
SCOPES = [
    "user:read:chat",
    "user:write:chat",
    "user:bot",
    "channel:bot",
    "bits:read",
    "channel:read:subscriptions",
    "clips:edit",
]


class Endpoints:
    """The routes of one double."""

    def __init__(self, twitch: Twitch) -> None:
        self._twitch = twitch
        self._world = twitch.world
        self._codes: dict[str, str] = {}

    def routes(self) -> list[BaseRoute]:
        """All routes, to be mounted where TWITCH_ID_URL, TWITCH_HELIX_URL and TWITCH_EVENTSUB_URL point."""
        return [
            Route("/oauth2/authorize", self._authorize),
            Route("/oauth2/token", self._token, methods=["POST"]),
            Route("/oauth2/validate", self._validate),
            Route("/oauth2/revoke", self._revoke, methods=["POST"]),
            Route("/helix/users", self._signed(self._users)),
            Route(
                "/helix/eventsub/subscriptions", self._signed(self._subscriptions), methods=["GET", "POST", "DELETE"]
            ),
            Route("/helix/chat/messages", self._signed(self._chat), methods=["POST"]),
            Route("/helix/clips", self._signed(self._make_clip), methods=["POST"]),
            Route("/helix/clips", self._signed(self._clips)),
            WebSocketRoute("/ws", self._twitch.serve_socket),
        ]

    # OAuth (https://dev.twitch.tv/docs/authentication/)

    async def _authorize(self, request: Request) -> Response:
        """The streamer always agrees; ``login`` chooses who signs in, the streamer's account by default."""
        query = request.query_params
        if query.get("client_id") != self._world.client_id:
            return _error(400, "invalid client")
        code = secrets.token_hex(15)
        self._codes[code] = BOT.id if query.get("login") == BOT.login else STREAMER.id
        answer = {"code": code, "scope": query.get("scope", ""), "state": query.get("state", "")}
        return RedirectResponse(f"{query.get('redirect_uri', '/')}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        form = {**request.query_params, **dict(parse_qsl((await request.body()).decode()))}
        if form.get("client_id") != self._world.client_id:
            return _error(400, "invalid client")
        if form.get("client_secret") != self._world.client_secret:
            return _error(403, "invalid client secret")
        match form.get("grant_type"):
            case "client_credentials":
                return _tokens(self._world.grant(None)[0], None)
            case "refresh_token":
                renewed = self._world.renew(form.get("refresh_token", ""))
                return _tokens(*renewed) if renewed else _error(400, "Invalid refresh token")
            case "authorization_code":
                user_id = self._codes.pop(form.get("code", ""), None)
                return _tokens(*self._world.grant(user_id)) if user_id else _error(400, "Invalid authorization code")
            case _:
                return _error(400, "missing grant type")

    async def _validate(self, request: Request) -> Response:
        token = _bearer(request)
        if not self._world.is_token(token):
            return _error(401, "invalid access token")
        answer: dict[str, Any] = {"client_id": self._world.client_id, "scopes": [], "expires_in": TOKEN_SECONDS}
        user = self._world.by_id(self._world.owner_of(token) or "")
        if user is not None:
            answer |= {"login": user.login, "user_id": user.id, "scopes": SCOPES}
        return JSONResponse(answer)

    async def _revoke(self, request: Request) -> Response:
        self._world.revoke(request.query_params.get("token", ""))
        return Response(status_code=200)

    # Helix (https://dev.twitch.tv/docs/api/reference/)

    def _signed(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if not self._world.is_token(_bearer(request)):
                return _error(401, "Invalid OAuth token")
            if request.headers.get("client-id") != self._world.client_id:
                return _error(401, "Client ID and OAuth token do not match")
            return await handler(request)

        return checked

    async def _users(self, request: Request) -> Response:
        query = request.query_params
        found = [self._world.by_id(i) for i in query.getlist("id")]
        found += [self._world.by_login(login) for login in query.getlist("login")]
        return JSONResponse({"data": [_user(c) for c in found if c is not None]})

    async def _subscriptions(self, request: Request) -> Response:
        if request.method == "DELETE":
            gone = self._twitch.subscriptions.pop(request.query_params.get("id", ""), None)
            return Response(status_code=204) if gone else _error(404, "subscription not found")
        if request.method == "GET":
            standing = list(self._twitch.subscriptions.values())
            return JSONResponse(_listed(standing) | {"pagination": {}})
        if self._world.owner_of(_bearer(request)) is None:
            return _error(400, "invalid transport and auth combination")
        body = orjson.loads(await request.body())
        session_id = body["transport"].get("session_id", "")
        if session_id not in self._twitch.sessions:
            return _error(400, "websocket transport session does not exist or has already disconnected")
        made = self._twitch.subscribe(body["type"], body["version"], body["condition"], session_id)
        if made is None:
            return _error(409, "subscription already exists")
        return JSONResponse(_listed([made]), 202)

    async def _chat(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        who = self._world.by_id(str(body.get("sender_id", "")))
        text = str(body.get("message", ""))
        if who is None or not text or len(text) > 500:
            return _error(400, "The message must be 1 to 500 characters long, from a known sender")
        reply_to = body.get("reply_parent_message_id")
        self._twitch.answers.answered(reply_to)
        line = await self._twitch.say(who, text, reply_to=reply_to)
        return JSONResponse({"data": [{"message_id": line.id, "is_sent": True, "drop_reason": None}]})

    async def _make_clip(self, request: Request) -> Response:
        maker = self._world.by_id(self._world.owner_of(_bearer(request)) or "")
        if maker is None:
            return _error(401, "Missing User OAUTH Token")
        broadcaster_id = request.query_params.get("broadcaster_id")
        if broadcaster_id is None:
            return _error(400, 'Missing required parameter "broadcaster_id"')
        if broadcaster_id != STREAMER.id or not self._twitch.live:
            return _error(404, "Clipping is not possible for an offline channel.")
        clip = self._twitch.clips.make(maker)
        return JSONResponse({"data": [{"id": clip.id, "edit_url": f"{_clip_url(request, clip.id)}-edit"}]}, 202)

    async def _clips(self, request: Request) -> Response:
        ids, channel = request.query_params.getlist("id"), request.query_params.get("broadcaster_id", "")
        if not ids and not channel:
            return _error(400, "The id or broadcaster_id query parameter is required.")
        found = self._twitch.clips.ready(channel, ids)
        listed = [clip.as_json(_clip_url(request, clip.id)) for clip in found]
        return JSONResponse({"data": listed, "pagination": {}})


def _clip_url(request: Request, clip_id: str) -> str:
    """Where a clip would be seen: nothing is recorded here, so it leads to the sandbox."""
    return f"{request.url.scheme}://{request.url.netloc}/sandbox#clip-{clip_id}"


def _listed(subscriptions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"data": subscriptions, "total": len(subscriptions), "total_cost": 0, "max_total_cost": 10}


def _tokens(access: str, refresh: str | None) -> Response:
    answer: dict[str, Any] = {"access_token": access, "expires_in": TOKEN_SECONDS, "token_type": "bearer"}
    if refresh is not None:
        answer |= {"refresh_token": refresh, "scope": SCOPES}
    return JSONResponse(answer)


def _user(who: Citizen) -> dict[str, str]:
    return {
        "id": who.id,
        "login": who.login,
        "display_name": who.name,
        "type": "",
        "broadcaster_type": "affiliate" if who.role == "broadcaster" else "",
        "description": "Lives in the sandbox.",
        "profile_image_url": "",
        "offline_image_url": "",
        "created_at": "2020-01-01T00:00:00Z",
    }


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")


def _error(status: int, message: str) -> Response:
    names = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
    return JSONResponse({"error": names[status], "status": status, "message": message}, status)
