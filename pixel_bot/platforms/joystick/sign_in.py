"""Installation by OAuth: from the authorize address at Joystick.tv to a stored installation."""

import asyncio
import logging
import secrets
from collections import OrderedDict

from pixel_bot.platforms.joystick.api import ApiRefused, Identity, JoystickApi
from pixel_bot.platforms.joystick.installations import ELSEWHERE, Installations, NotInstalled
from pixel_bot.platforms.joystick.oauth import Grant, JoystickOAuth, OAuthRefused
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.web.oauth import SignInRefused

log = logging.getLogger(__name__)

MOST_OPEN = 50
OPEN_SECONDS = 900.0
MOST_WAITING = 5
"""Unconfirmed installations from the marketplace: anybody can make one, so their number is bounded."""

BEGIN_AGAIN = "Begin again on the set-up page."


class JoystickSignIn:
    """The installations of one bot."""

    def __init__(self, installations: Installations, oauth: JoystickOAuth, api: JoystickApi, redirect_uri: str) -> None:
        self._installations = installations
        self._oauth = oauth
        self._api = api
        self._redirect_uri = redirect_uri
        self._pending: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = asyncio.Lock()

    def begin(self, browser: str) -> str:
        """The address at Joystick.tv where the streamer agrees. ``browser`` is the session that alone may come back.

        Raises:
            SignInRefused: another process is there.
        """
        self._refuse_elsewhere()
        state = secrets.token_urlsafe(24)
        self._pending[state] = browser, asyncio.get_running_loop().time() + OPEN_SECONDS
        while len(self._pending) > MOST_OPEN:
            self._pending.popitem(last=False)
        return self._oauth.authorize_url(state, self._redirect_uri)

    async def finish(self, state: str, code: str, error: str, browser: str) -> str:
        """The streamer came back from Joystick.tv, to the browser that began. Returns what happened, in a sentence.

        Raises:
            SignInRefused: it did not work, or must not.
        """
        self._refuse_elsewhere()
        # One that was begun in the marketplace has no state of ours, so it counts only once the streamer says so.
        from_marketplace = not state
        if not from_marketplace and not self._take_state(state, browser):
            raise SignInRefused("This installation was not begun here, or is too old. Begin it on the set-up page.")
        if error:
            raise SignInRefused(f"Joystick.tv says that nobody agreed. {BEGIN_AGAIN}")
        if not code:
            raise SignInRefused(f"Joystick.tv sent no code along. {BEGIN_AGAIN}")
        if from_marketplace:
            # One at a time, so that many at once cannot be more than may wait.
            async with self._lock:
                return await self._keep_pending(code)
        grant, identity = await self._exchange(code)
        await self._installations.keep(grant, identity.channel_id, identity.username, pending=False)
        return f"The bot is in the channel of {identity.username} on Joystick.tv."

    async def accept(self, channel_id: str) -> None:
        """The streamer says yes, that channel is mine.

        Raises:
            SignInRefused: nobody was asked that.
        """
        try:
            await self._installations.confirm(channel_id)
        except NotInstalled as exc:
            raise SignInRefused(str(exc)) from None

    async def decline(self, channel_id: str) -> None:
        """The streamer says no.

        Raises:
            SignInRefused: nobody was asked that.
        """
        try:
            await self._installations.decline(channel_id)
        except NotInstalled as exc:
            raise SignInRefused(str(exc)) from None

    def _take_state(self, state: str, browser: str) -> bool:
        """Whether this browser began it, not too long ago. Another one does not use it up."""
        beginner, until = self._pending.get(state, ("", 0.0))
        if not beginner or beginner != browser:
            return False
        del self._pending[state]
        return until >= asyncio.get_running_loop().time()

    def _refuse_elsewhere(self) -> None:
        if self._installations.election.is_elsewhere:
            raise SignInRefused(f"{ELSEWHERE} Open the set-up page of that one.")

    async def _keep_pending(self, code: str) -> str:
        if len(self._installations.pending) >= MOST_WAITING:
            raise SignInRefused("Too many installations wait for an answer. Answer them on the set-up page first.")
        grant, identity = await self._exchange(code)
        await self._installations.keep(grant, identity.channel_id, identity.username, pending=True)
        return f"The bot was installed in the channel of {identity.username}; the set-up page asks whether to join."

    async def _exchange(self, code: str) -> tuple[Grant, Identity]:
        try:
            grant = await self._oauth.exchange(code, self._redirect_uri)
        except OAuthRefused as exc:
            log.warning("An installation on Joystick.tv failed: %s", exc)
            raise SignInRefused(f"{exc} {BEGIN_AGAIN}", status=400 if exc.final else 502) from None
        try:
            identity = await self._api.identity(grant.access)
        except (ApiRefused, NoAnswer) as exc:
            log.warning("An installation on Joystick.tv failed: %s", exc)
            await self._oauth.revoke(grant.access)
            raise SignInRefused(f"Joystick.tv does not say whose channel it is. {BEGIN_AGAIN}", status=502) from None
        return grant, identity
