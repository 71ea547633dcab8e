"""A browser that is signed in by the link that the bot prints."""

import re
from typing import Protocol

import aiohttp

from pixel_bot.web.access.access import Access
from pixel_bot.web.access.sessions import Purpose


class HasAccess(Protocol):
    """An app whose pages somebody opens."""

    @property
    def access(self) -> Access:
        """Who gets in."""
        ...


async def enter(http: aiohttp.ClientSession, app: HasAccess) -> None:
    """Open a link as the one that is printed at the start; from then on the session's cookies sign it in."""
    async with http.get(await app.access.link(Purpose.START)) as answer:
        assert answer.status == 200, await answer.text()
        assert "key=" not in str(answer.url)


async def cookie_of(app: HasAccess) -> dict[str, str]:
    """The ``Cookie`` header of a browser that was signed in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        link = await app.access.link(Purpose.START)
        async with http.get(link, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def form_token_in(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found is not None, page
    return found[1]
