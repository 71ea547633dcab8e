"""Changes with an ``Idempotency-Key``: a request that is sent again gets the answer of the first one, and does nothing.

What the services write carries the key in its own transaction, so that a change is made once even if the bot is killed
between the change and the answer (as https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, insert, select, update
from typing_extensions import override

from pixel_bot.api.caller import SAFE
from pixel_bot.api.errors import ApiError
from pixel_bot.api.state import ApiState, state_of
from pixel_bot.db.models_audit import AnsweredRequest
from pixel_bot.points.audit import begin_act, write_act
from pixel_bot.points.idempotency import use_idempotency_key, use_no_idempotency_key
from pixel_bot.web.access.principal import principal_of

HEADER = "Idempotency-Key"
MAX_KEY = 255
MAX_KEPT = 65_536
"""Characters of an answer that are kept. A longer one is not sent again: the repeat says that it was done."""

REPLAYED = {"Idempotent-Replayed": "true"}

FIRST_IS_UNDER_WAY = "The first request with this key is not answered yet. Ask again in a second."

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class OnceRoute(APIRoute):
    """A route whose changes are audited, and made once for each idempotency key."""

    @override
    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with the key claimed before and the answer kept after."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            begin_act(None)
            use_no_idempotency_key()
            if request.method in SAFE:
                return await handler(request)
            key = request.headers.get(HEADER, "")
            state = state_of(request)
            if not key:
                return await _audited(handler, request, state)
            if len(key) > MAX_KEY:
                raise ApiError(400, "idempotency-key", f"An {HEADER} has at most {MAX_KEY} characters.")
            full = f"api:{principal_of(request).id}:{key}"
            if full in state.under_way:
                raise ApiError(409, "under-way", FIRST_IS_UNDER_WAY, {"Retry-After": "1"})
            state.under_way.add(full)
            try:
                return await _once(handler, request, state, full)
            finally:
                state.under_way.discard(full)

        return handle


async def _audited(handler: Handler, request: Request, state: ApiState) -> Response:
    response = await handler(request)
    if response.status_code < 400:
        await write_act(state.services.database)
    return response


async def _once(handler: Handler, request: Request, state: ApiState, key: str) -> Response:
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    request_hash = hashlib.sha256(what).hexdigest()
    database, now = state.services.database, state.services.clock.now()
    async with database.readers() as session:
        found = await session.scalar(select(AnsweredRequest).where(AnsweredRequest.key == key))
    if found is None:
        async with database.write() as session:
            await session.execute(insert(AnsweredRequest).values(key=key, request_hash=request_hash, at=now))
    elif found.request_hash != request_hash:
        raise ApiError(422, "idempotency-key", "This key was sent with another request. Choose a new one.")
    elif found.status is not None and found.body is not None:
        return Response(found.body, found.status, REPLAYED, "application/json")
    use_idempotency_key(key, now)
    try:
        response = await _audited(handler, request, state)
    except BaseException:
        await _forget(state, key)
        raise
    if response.status_code >= 400:
        await _forget(state, key)
    else:
        await _keep(state, key, response)
    return response


async def _keep(state: ApiState, key: str, response: Response) -> None:
    body = bytes(response.body).decode()
    kept = body if len(body) <= MAX_KEPT else '{"repeated": true}'
    change = update(AnsweredRequest).where(AnsweredRequest.key == key)
    async with state.services.database.write() as session:
        await session.execute(change.values(status=response.status_code, body=kept))


async def _forget(state: ApiState, key: str) -> None:
    """Nothing was done: the key may be used again."""
    async with state.services.database.write() as session:
        await session.execute(delete(AnsweredRequest).where(AnsweredRequest.key == key))
