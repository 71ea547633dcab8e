"""Forms of our own pages: read within limits, and sent by the page of whoever is signed in."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from pixel_bot.errors import PixelError
from pixel_bot.web.access.principal import is_form_token, principal_of

MAX_FORM_BYTES = 4_096
FORM = "application/x-www-form-urlencoded"
FIELD = "form_token"

Form = Mapping[str, str]


class FormRefused(PixelError):
    """What was sent is no form of ours. ``status`` is the page's."""

    def __init__(self, sentence: str, status: int) -> None:
        self.status = status
        super().__init__(sentence)


async def read_form(request: Request) -> Form:
    """The fields that a page sent. The route must stand behind the gate.

    Raises:
        FormRefused: it is no form, too long, cannot be read, was not sent from a page of this session, or its sender is
            gone.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise FormRefused("The bot only takes the buttons of its own pages here.", 415)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                raise FormRefused("That was too much for one button.", 413)
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=16))
    except (ValueError, ClientDisconnect) as exc:
        raise FormRefused("The bot could not read that. Go back and press the button again.", 400) from exc
    # A token is sent by no browser by itself, so a request with one needs no proof of its page.
    principal = principal_of(request)
    if principal.form_token and not is_form_token(principal, form.get(FIELD, "")):
        raise FormRefused("That button belongs to an older page. Load the page again, and press it there.", 403)
    return form
