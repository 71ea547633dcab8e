"""OAuth routes: redirect to Twitch's sign-in, and its callback.

Anybody can forge a link to these addresses. So no text of such a link is ever shown, and only a short error code of it
reaches ``SignIn``.
"""

import logging
import re
from typing import Protocol

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.errors import PixelError
from pixel_bot.web.access.principal import principal_of
from pixel_bot.web.templates import SECURITY, refusal

log = logging.getLogger(__name__)

ACCOUNTS = ("bot", "broadcaster")
MAX_LENGTH = 512
"""Characters of a ``code`` or a ``state``; Twitch's own are about 30 long."""

NO_SUCH_ACCOUNT = "There are two accounts to sign in: the bot's and yours. Pick one of them on the set-up page."
NOT_FROM_TWITCH = "This address only works on the way back from Twitch. Begin with a button on the set-up page."

_ERROR = re.compile(r"[a-z_]{1,64}")


class SignInRefused(PixelError):
    """A sign-in did not work; nothing was kept. ``status`` is the page's: 400, or 403 for the wrong account."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        self.status = status
        super().__init__(sentence)


class SignIn(Protocol):
    """The sign-in behind the routes."""

    async def begin(self, account: str, browser: str) -> str:
        """The address at Twitch where ``bot`` or ``broadcaster`` signs in.

        Args:
            account: one of the two.
            browser: who begins, and alone may come back: the id of a session.

        Raises:
            SignInRefused: that account cannot sign in now.
        """
        ...

    async def finish(self, state: str, code: str, error: str, browser: str) -> str:
        """Take what Twitch sent back: the state that ``begin`` made for this browser, and either a code or an error.

        ``error`` is Twitch's word, such as ``access_denied``, or ``unknown`` for one that cannot be Twitch's. ``code``
        is anybody's until the state turns out to be right, and a secret from then on. Returns a sentence for the log.

        Raises:
            SignInRefused: the state is not ours, Twitch said no, or it is the wrong account.
        """
        ...


def oauth_routes(sign_in: SignIn) -> list[BaseRoute]:
    """``/oauth?account=bot|broadcaster`` leads to Twitch, ``/oauth/callback`` is where Twitch leads back to."""

    async def begin(request: Request) -> Response:
        account = request.query_params.get("account", "")
        if account not in ACCOUNTS:
            return refusal(NO_SUCH_ACCOUNT, 400)
        try:
            return RedirectResponse(await sign_in.begin(account, principal_of(request).id), 302, headers=SECURITY)
        except SignInRefused as refused:
            return refusal(str(refused), refused.status)

    async def callback(request: Request) -> Response:
        try:
            params = callback_params(request.query_params, NOT_FROM_TWITCH)
            sentence = await sign_in.finish(*params, principal_of(request).id)
        except SignInRefused as refused:
            return refusal(str(refused), refused.status)
        log.info("%s", sentence)
        return RedirectResponse("/setup", 303, headers=SECURITY)

    return [Route("/oauth", begin), Route("/oauth/callback", callback)]


def callback_params(query: QueryParams, foreign: str, *, stateless: bool = False) -> tuple[str, str, str]:
    """State, code and error of a callback.

    Args:
        query: the parameters of the address.
        foreign: the sentence for a callback that cannot be the platform's.
        stateless: whether an empty state may be right; one that is missing never is.

    Raises:
        SignInRefused: the platform does not lead back like this.
    """
    state, code, error = (query.get(name, "") for name in ("state", "code", "error"))
    has_state = "state" in query if stateless else bool(state)
    if not has_state or not (code or error) or max(len(state), len(code)) > MAX_LENGTH:
        raise SignInRefused(foreign)
    if error:
        return state, "", error if _ERROR.fullmatch(error) else "unknown"
    return state, code, ""
