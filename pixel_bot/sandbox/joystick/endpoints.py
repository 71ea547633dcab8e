"""The double's routes: OAuth, the API and the gateway."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.grants import Pair
from pixel_bot.sandbox.twitch.faults import RecordedRequest, serve_with_fault, without_secrets

Work = Callable[[Request], Awaitable[Response]]
MOST_ON_A_PAGE = 50


class JoystickEndpoints:
    """The routes of one double."""

    def __init__(self, joystick: JoystickDouble) -> None:
        self._joystick = joystick

    def routes(self) -> list[BaseRoute]:
        """All routes, to be mounted where JOYSTICK_API_URL and JOYSTICK_GATEWAY_URL point."""
        people = {
            "followers": lambda: self._joystick.followers,
            "moderators": lambda: self._joystick.moderators,
            "subscribers": lambda: self._joystick.subscribers,
        }
        plain: dict[tuple[str, str], Work] = {
            ("GET", "api/oauth/authorize"): self._authorize,
            ("POST", "api/oauth/token"): self._token,
            ("POST", "api/oauth/introspect"): self._introspect,
            ("POST", "api/oauth/revoke"): self._revoke,
        }
        signed: dict[tuple[str, str], Work] = {
            ("GET", "api/v1/me/identity"): self._identity,
            ("GET", "api/v1/me/stream"): self._stream,
            ("POST", "api/v1/chat/messages"): self._say,
            ("POST", "api/v1/chat/whispers"): self._whisper,
            **{("GET", f"api/v1/{name}"): self._page_of(who) for name, who in people.items()},
        }
        return [
            *(Route(f"/{path}", self._with_faults(path, work), methods=[m]) for (m, path), work in plain.items()),
            *(
                Route(f"/{path}", self._with_faults(path, self._signed(work)), methods=[m])
                for (m, path), work in signed.items()
            ),
            WebSocketRoute("/cable", self._cable),
        ]

    def _with_faults(self, path: str, work: Work) -> Work:
        """Record each request, and apply an injected fault."""

        async def answer(request: Request) -> Response:
            joystick = self._joystick
            query = without_secrets(dict(request.query_params))
            joystick.requests.note(
                RecordedRequest(request.method, path, query, "", without_secrets(await _fields(request)))
            )
            fault = joystick.faults.take(path, request.method)
            if fault is None:
                return await work(request)
            made = await work(request) if fault.done or not fault.replaces else None
            await fault.hold(request.receive)
            return await fault.answer(request) if fault.replaces or made is None else made

        return answer

    def _signed(self, work: Work) -> Work:
        async def answer(request: Request) -> Response:
            _, _, token = request.headers.get("authorization", "").partition("Bearer ")
            if not self._joystick.grants.is_good(token):
                return JSONResponse({"error": "unauthorized"}, 401)
            return await work(request)

        return answer

    # OAuth

    async def _authorize(self, request: Request) -> Response:
        query, joystick = request.query_params, self._joystick
        target = query.get("redirect_uri", "")
        known = not joystick.redirect_uris or target in joystick.redirect_uris
        if query.get("client_id") != joystick.client_id or query.get("response_type") != "code" or not known:
            return JSONResponse({"error": "invalid_request"}, 400)
        back = {"error": "access_denied"} if joystick.refuses else {"code": joystick.grants.code(target)}
        joint = "&" if "?" in target else "?"
        return RedirectResponse(f"{target}{joint}{urlencode({**back, 'state': query.get('state', '')})}", 302)

    async def _token(self, request: Request) -> Response:
        if not self._is_our_bot(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        form, grants = await _fields(request), self._joystick.grants
        pair: Pair | None = None
        match form.get("grant_type"):
            case "authorization_code":
                pair = grants.exchange(form.get("code", ""), form.get("redirect_uri", ""))
            case "refresh_token":
                withdrawn = grants.withdrawn
                pair = grants.refresh(form.get("refresh_token", ""))
                if grants.withdrawn > withdrawn:
                    await self._joystick.gateway.close_all()
            case _:
                return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if pair is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        life = {} if grants.expires_in is None else {"expires_in": grants.expires_in}
        tokens = {"access_token": pair.access, "token_type": "Bearer", "refresh_token": pair.refresh}
        return JSONResponse(tokens | life)

    async def _introspect(self, request: Request) -> Response:
        if not self._is_our_bot(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        joystick = self._joystick
        ends_at = joystick.grants.ends_at((await _fields(request)).get("token", ""))
        if ends_at is None:
            return JSONResponse({"active": False})
        who = {"client_id": joystick.client_id, "username": joystick.streamer}
        return JSONResponse({"active": True, **who, "exp": int(ends_at)})

    async def _revoke(self, request: Request) -> Response:
        self._joystick.grants.revoke((await _fields(request)).get("token", ""))
        return JSONResponse({})

    def _is_our_bot(self, request: Request) -> bool:
        _, _, key = request.headers.get("authorization", "").partition("Basic ")
        try:
            return base64.b64decode(key).decode() == f"{self._joystick.client_id}:{self._joystick.client_secret}"
        except (binascii.Error, ValueError):
            return False

    # The API

    async def _identity(self, _: Request) -> Response:
        joystick = self._joystick
        return JSONResponse(
            {
                "channel_id": joystick.channel_id,
                "username": joystick.streamer,
                "nickname": None,
                "photo_url": None,
                "live": joystick.live,
            }
        )

    async def _stream(self, _: Request) -> Response:
        return JSONResponse({"live": self._joystick.live, "username": self._joystick.streamer})

    async def _say(self, request: Request) -> Response:
        return await self._send((await _fields(request)).get("text", ""), "")

    async def _whisper(self, request: Request) -> Response:
        fields = await _fields(request)
        if not fields.get("username"):
            return JSONResponse({"error": "username is missing"}, 422)
        return await self._send(fields.get("text", ""), fields["username"])

    async def _send(self, text: str, whisper_to: str) -> Response:
        error = await self._joystick.on_bot_message(text, whisper_to, "rest")
        return JSONResponse({"error": error}, 422) if error else JSONResponse({"id": secrets.token_hex(8)}, 201)

    def _page_of(self, who: Callable[[], set[str]]) -> Work:
        async def answer(request: Request) -> Response:
            names, wanted = sorted(who()), request.query_params.get("page", "1")
            page = max(1, int(wanted)) if wanted.isdecimal() and len(wanted) < 10 else 1
            first = (page - 1) * MOST_ON_A_PAGE
            items = [{"username": name} for name in names[first : first + MOST_ON_A_PAGE]]
            return JSONResponse({"items": items, "page": page, "total": len(names)})

        return answer

    # The gateway

    async def _cable(self, socket: WebSocket) -> None:
        fault = self._joystick.faults.take("cable", "GET")
        await serve_with_fault(fault, socket, lambda: self._serve(socket))

    async def _serve(self, socket: WebSocket) -> None:
        authorized = self._joystick.opens(socket.query_params.get("token", ""))
        await self._joystick.gateway.serve(socket, authorized=authorized)


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of a form, or of a JSON object."""
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        try:
            found: Any = orjson.loads(body)
        except orjson.JSONDecodeError:
            return {}
        fields = cast(dict[str, Any], found) if isinstance(found, dict) else {}
        return {name: value for name, value in fields.items() if isinstance(value, str)}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
