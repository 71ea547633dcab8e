"""Who calls an endpoint, what they may do, and what they do, for the audit log."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from pixel_bot.api.errors import ApiError
from pixel_bot.api.state import ApiState, state_of
from pixel_bot.model.people import Viewer
from pixel_bot.points.audit import Act, Via, begin_act
from pixel_bot.web.access.principal import Principal, is_form_token, principal_of

OWNER = "streamer"
"""Who acts in a browser that is signed in, in the audit log and in notes of the ledger."""

FORM_HEADER = "X-Form-Token"
"""The header by which a page proves that a change comes from it; scripts with a token need none."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RIGHT = "x-right"
"""The extension of OpenAPI that names the scope of an endpoint."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request that is allowed."""

    principal: Principal
    name: str
    via: Via

    @property
    def actor(self) -> Viewer:
        """As the services know who changes something."""
        return Viewer(0, self.name, self.name, 0)


def need(right: str) -> dict[str, Any]:
    """What an endpoint is declared with: who may call it, in OpenAPI too.

    Args:
        right: like ``points:manage``.
    """
    return {"dependencies": [Depends(_requiring(right))], "openapi_extra": {RIGHT: right}}


def _requiring(right: str) -> Callable[[Request], Awaitable[None]]:
    async def require(request: Request) -> None:
        principal_of(request).require(right)

    return require


async def caller_of(request: Request) -> Caller:
    """Who calls.

    Raises:
        ApiError: a change from a browser that does not come from a page of ours; or too many requests.
    """
    principal = principal_of(request)
    is_page = bool(principal.form_token)
    if request.method not in SAFE and is_page and not is_form_token(principal, request.headers.get(FORM_HEADER, "")):
        raise ApiError(403, "form-token", f"Send the form token of the page in {FORM_HEADER}.")
    return Caller(principal, OWNER if is_page else principal.name, "page" if is_page else "api")


Calling = Annotated[Caller, Depends(caller_of)]
"""The caller, as an endpoint takes it."""

State = Annotated[ApiState, Depends(state_of)]
"""The bot behind the API, as an endpoint takes it."""


def begin(caller: Caller, state: ApiState, area: str, action: str, target: str = "") -> None:
    """What is done from now on in this request, for the audit log; the services note before and after."""
    begin_act(Act(caller.name, caller.via, area, action, state.services.clock.now(), target))
