"""Routes of the page on which the streamer says yes or no to games with points."""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.web.access.principal import principal_of
from pixel_bot.web.forms import FormRefused, read_form
from pixel_bot.web.templates import OWN_PAGES, SECURITY, page, refusal

GAMES_PAGE = "/setup/games"


class GamesChoice(Protocol):
    """What the streamer has chosen. ``is_set`` where ``GAMES`` says yes, so that there is nothing to ask."""

    is_set: bool
    day_loss: int

    @property
    def on(self) -> bool:
        """Whether games may be played."""
        ...

    async def say(self, *, yes: bool) -> None:
        """Answer."""
        ...


def games_routes(games: GamesChoice) -> list[BaseRoute]:
    """``/setup/games``: the page, and the target of its two buttons."""

    async def read(request: Request) -> Response:
        values = {"games": games, "form_token": principal_of(request).form_token}
        response = page("games.html", values)
        response.headers.update(OWN_PAGES)
        return response

    async def answer(request: Request) -> Response:
        try:
            said = (await read_form(request)).get("answer")
            if said not in {"yes", "no"}:
                raise FormRefused("The bot could not read that. Go back and press the button again.", 400)
        except FormRefused as refused:
            return refusal(str(refused), refused.status)
        await games.say(yes=said == "yes")
        return RedirectResponse("/setup", 303, headers=SECURITY)

    return [Route(GAMES_PAGE, read, methods=["GET"]), Route(GAMES_PAGE, answer, methods=["POST"])]
