"""Jinja pages in the common look. Every value is escaped, and the browser runs nothing but files of our own."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pixel_bot.wording.texts import currency

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Headers for every answer of these pages, redirects included."""

# With "no-referrer" a browser sends "Origin: null" along with a form, and the guard refuses that.
OWN_PAGES = {"Referrer-Policy": "same-origin"}
"""For pages with forms."""

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def _icon(name: str) -> str:
    """A picture of ``icons.html``. Drawing one takes longer than the rest of a page, so each is drawn once."""
    drawn: Any = _PAGES.get_template("icons.html").module
    return drawn.icon(name)


_PAGES.globals["icon"] = _icon


def page(template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """A page, or a piece of one, from a template in this folder."""
    return HTMLResponse(
        _PAGES.get_template(template).render({"currency": currency, **values}), status, headers=SECURITY
    )


def refusal(sentence: str, status: int) -> HTMLResponse:
    """A page of its own that says what did not work, with a way back to ``/setup``."""
    return page("refused.html", {"sentence": sentence}, status)
