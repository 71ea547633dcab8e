"""What the endpoints work on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from pixel_bot.api.errors import ApiError
from pixel_bot.bot.bot import PixelBot
from pixel_bot.services import Services
from pixel_bot.web.access.access import Access


@dataclass(frozen=True)
class ApiState:
    """The bot behind the API.

    Args:
        services: over the open database.
        access: who gets in.
        running_bot: the bot; None until an account has signed in.
        health: what is wrong, a sentence each.
        under_way: the idempotency keys of requests that are not answered yet.
    """

    services: Services
    access: Access
    running_bot: Callable[[], PixelBot | None]
    health: Callable[[], Awaitable[list[str]]]
    under_way: set[str] = field(default_factory=set[str])

    @property
    def bot(self) -> PixelBot:
        """The bot at work.

        Raises:
            ApiError: it waits for somebody to sign in.
        """
        bot = self.running_bot()
        if bot is None:
            raise ApiError(503, "no-bot", "The bot is on no platform yet. Sign in on the set-up page first.")
        return bot


def state_of(request: Request) -> ApiState:
    """The state of the app that a request came to."""
    return request.app.state.pixel
