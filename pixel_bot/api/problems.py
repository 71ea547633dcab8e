"""Errors of the API as problem details (RFC 9457): type, title, status and detail, and what belongs to each kind."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from pixel_bot.api.errors import ApiError
from pixel_bot.errors import (
    AmbiguousName,
    BackupFailed,
    BackupUnderWay,
    BadAmount,
    BadInput,
    CannotLookUp,
    CannotSave,
    ChatError,
    CogError,
    NotEnoughPoints,
    NothingToUndo,
    PixelError,
    UnknownViewer,
)
from pixel_bot.points.idempotency import AlreadyProcessed
from pixel_bot.web.access.principal import NotAllowed
from pixel_bot.web.access.tokens import TokenRefused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[PixelError], int, str], ...] = (
    (UnknownViewer, 404, "unknown-viewer"),
    (AmbiguousName, 409, "ambiguous-name"),
    (NotEnoughPoints, 409, "not-enough-points"),
    (NothingToUndo, 409, "nothing-to-undo"),
    (BackupUnderWay, 409, "backup-under-way"),
    (BadAmount, 422, "bad-amount"),
    (BadInput, 422, "bad-input"),
    (CogError, 409, "cog"),
    (TokenRefused, 409, "token"),
    (CannotLookUp, 503, "cannot-look-up"),
    (CannotSave, 503, "cannot-save"),
    (BackupFailed, 503, "backup-failed"),
    (ChatError, 409, "refused"),
)
"""The status of each kind of refusal, and the last part of its type; the first that fits counts."""


def problem(status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """The answer for an error. ``kind`` is the last part of its type; ``more`` are its own members."""
    body = {
        "type": f"urn:pixel-bot:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """From now on what goes wrong in the endpoints of an app is answered as a problem."""
    app.add_exception_handler(PixelError, _of_ours)
    app.add_exception_handler(AlreadyProcessed, _repeated)
    app.add_exception_handler(RequestValidationError, _of_input)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(DBAPIError, _of_database)


async def _of_ours(_: Request, exc: Exception) -> JSONResponse:
    if isinstance(exc, ApiError):
        return problem(exc.status, exc.kind, exc.detail, exc.headers)
    if isinstance(exc, NotAllowed):
        return problem(403, "missing-scope", str(exc), scope=exc.scope)
    for kind, status, name in _STATUS:
        if isinstance(exc, kind):
            return problem(status, name, str(exc), **_members(exc))
    return problem(409, "refused", str(exc))


def _members(exc: Exception) -> dict[str, Any]:
    match exc:
        case NotEnoughPoints(needed=needed, balance=balance):
            return {"needed": needed, "balance": balance}
        case _:
            return {}


async def _repeated(_request: Request, _: Exception) -> JSONResponse:
    """The change is durable, but the bot ended before it kept what it answered."""
    return JSONResponse({"repeated": True}, headers={"Idempotent-Replayed": "true"})


async def _of_input(_: Request, exc: Exception) -> JSONResponse:
    errors = [
        {"where": ".".join(str(part) for part in error["loc"]), "what": error["msg"]}
        for error in cast(RequestValidationError, exc).errors()
    ]
    words = "; ".join(f"{error['where']}: {error['what']}" for error in errors)
    return problem(422, "invalid-request", words, errors=errors)


async def _of_http(request: Request, exc: Exception) -> JSONResponse:
    error = cast(HTTPException, exc)
    words = {404: f"There is nothing at {request.url.path}.", 405: f"{request.method} is not possible there."}
    return problem(error.status_code, "http", words.get(error.status_code, str(error.detail)), error.headers)


async def _of_database(_: Request, exc: Exception) -> JSONResponse:
    log.warning("The API could not answer, because the database says: %s", cast(DBAPIError, exc).orig)
    return problem(503, "database", "The database cannot be used right now. Nothing was changed.", {"Retry-After": "5"})
