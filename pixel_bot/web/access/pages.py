"""The buttons of who gets in: a link for another browser, and the sign-out on all devices."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pixel_bot.model.hosts import is_loopback
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.origins import requested_origin
from pixel_bot.web.access.sessions import Purpose
from pixel_bot.web.forms import FormRefused, read_form
from pixel_bot.web.templates import OWN_PAGES, page, refusal


def access_routes(access: Access) -> list[BaseRoute]:
    """The targets of the buttons below the set-up page."""

    async def link(request: Request) -> Response:
        try:
            await read_form(request)
        except FormRefused as refused:
            return refusal(str(refused), refused.status)
        address = await access.link(Purpose.BROWSER, _reached_at(request, access))
        answer = page("link.html", {"address": address})
        answer.headers.update(OWN_PAGES)
        return answer

    async def sign_out(request: Request) -> Response:
        try:
            await read_form(request)
        except FormRefused as refused:
            return refusal(str(refused), refused.status)
        await access.sessions.sign_out_all()
        values: dict[str, object] = {"sentence": "All browsers are signed out.", "is_link": True, "elsewhere": ""}
        answer = page("signin.html", values)
        for is_tls in (False, True):
            name = access.cookie(is_tls=is_tls)
            answer.delete_cookie(name, path="/", secure=is_tls, httponly=True, samesite="lax")
        return answer

    return [
        Route("/setup/link", link, methods=["POST"]),
        Route("/setup/sign-out", sign_out, methods=["POST"]),
    ]


def _reached_at(request: Request, access: Access) -> str:
    """The origin that another device can use, where this browser came by one; empty for the usual one."""
    origin = requested_origin(request.scope, access.public)
    if origin is None or is_loopback(origin.host) or origin == access.public:
        return ""
    return f"{origin.scheme}://{request.headers['host']}"
