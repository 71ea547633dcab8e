"""OAuth routes for Joystick.tv: redirect to the installation, and its callback."""

import logging
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.web.access.principal import principal_of
from pixel_bot.web.oauth import SignInRefused, callback_params
from pixel_bot.web.templates import SECURITY, refusal

log = logging.getLogger(__name__)

CALLBACK = "/joystick/oauth/callback"
NOT_FROM_JOYSTICK = "This address only works on the way back from Joystick.tv. Begin on the set-up page."


class JoystickInstallation(Protocol):
    """The installation behind the routes."""

    def begin(self, browser: str) -> str:
        """The address at Joystick.tv where the streamer agrees.

        Args:
            browser: who begins, and alone may come back: the id of a session.

        Raises:
            SignInRefused: it cannot begin now.
        """
        ...

    async def finish(self, state: str, code: str, error: str, browser: str) -> str:
        """Take what Joystick.tv sent back. The state is empty for an installation that was begun in its marketplace.

        Returns:
            A sentence for the log.

        Raises:
            SignInRefused: the state is not ours, nobody agreed, or Joystick.tv does not take the code.
        """
        ...


def joystick_routes(install: JoystickInstallation) -> list[BaseRoute]:
    """``/joystick/oauth`` leads to Joystick.tv, ``/joystick/oauth/callback`` is where it leads back to."""

    async def begin(request: Request) -> Response:
        try:
            return RedirectResponse(install.begin(principal_of(request).id), 302, headers=SECURITY)
        except SignInRefused as refused:
            return refusal(str(refused), refused.status)

    async def callback(request: Request) -> Response:
        try:
            params = callback_params(request.query_params, NOT_FROM_JOYSTICK, stateless=True)
            sentence = await install.finish(*params, principal_of(request).id)
        except SignInRefused as refused:
            return refusal(str(refused), refused.status)
        log.info("%s", sentence)
        return RedirectResponse("/setup", 303, headers=SECURITY)

    return [Route("/joystick/oauth", begin), Route(CALLBACK, callback)]
