"""Polls the installation, whose end is not announced, and the stream's state after reconnects."""

import asyncio
import logging
from datetime import timedelta

from pixel_bot.clock import Clock
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.platforms.decoding import text_or
from pixel_bot.platforms.joystick.api import ApiRefused, JoystickApi
from pixel_bot.platforms.joystick.frames import StreamChange
from pixel_bot.platforms.joystick.installations import EARLY, Installations, NotInstalled
from pixel_bot.platforms.joystick.oauth import JoystickOAuth
from pixel_bot.platforms.joystick.sender import JoystickSender
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

CHECK_SECONDS, RETRY_SECONDS = 3_600.0, 60.0
RENEW_EARLY = timedelta(hours=2)
"""A token that expires sooner than this is refreshed at the next check, before a request has to wait for it."""


class InstallationMonitor:
    """Checks the installation at the start, once an hour, and whenever it changed.

    Args:
        installations, oauth, api, sender: of this bot.
        stream: the state to update.
        clock: what time it is.
    """

    def __init__(
        self,
        installations: Installations,
        oauth: JoystickOAuth,
        api: JoystickApi,
        sender: JoystickSender,
        stream: Stream,
        clock: Clock,
    ) -> None:
        self._installations = installations
        self._oauth = oauth
        self._api = api
        self._sender = sender
        self._stream = stream
        self._clock = clock
        self._wake = asyncio.Event()
        self._changes = 0
        self._renewed_at = -CHECK_SECONDS

    def check_soon(self) -> None:
        """Check now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            pause = CHECK_SECONDS if await self._check_succeeds() else RETRY_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def check(self) -> None:
        """Check the installation with Joystick.tv now. One that has ended is marked so.

        Raises:
            NotInstalled: there is none, or none that works.
            NoAnswer, ApiRefused: it could not be asked.
        """
        # Not twice within the hour: each refresh is a moment in which the pair can be lost.
        now = asyncio.get_running_loop().time()
        early = EARLY if now < self._renewed_at + CHECK_SECONDS else RENEW_EARLY
        before = self._installations.current
        token = await self._installations.token(early)
        if before is not None and before.grant is not None and before.grant.access != token:
            self._renewed_at = now
        introspection = await self._oauth.introspect(token)
        if introspection is not None and introspection.active is False:
            token = await self._installations.refresh(token)
        identity = await self._api.identity()
        await self._installations.update_username(identity.channel_id, identity.username)
        name = text_or(introspection.username) if introspection is not None else ""
        if name:
            # Where the bot speaks as the streamer, that name says nothing.
            own = "" if name.lower() == identity.username.lower() else name.lower()
            self._sender.own_username = self._sender.hearing.own_username = own

    async def ask_state(self) -> None:
        """Ask until it is known whether the stream is on: changes during a lost connection were missed."""
        while True:
            changes = self._changes
            try:
                live = await self._api.is_live()
            except NotInstalled:
                return
            except (NoAnswer, ApiRefused) as exc:
                log.info("Whether the stream on Joystick.tv is on is not known yet: %s", exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if changes == self._changes:  # an event that arrived meanwhile is newer
                self._apply(StreamChange(live, self._clock.now()))
            return

    def on_stream_change(self, change: StreamChange) -> None:
        """The stream went on or off."""
        self._changes += 1
        self._apply(change)

    async def _check_succeeds(self) -> bool:
        try:
            await self.check()
        except NotInstalled:
            return True  # known, and shown on the set-up page
        except (NoAnswer, ApiRefused) as exc:
            log.info("The installation on Joystick.tv could not be checked: %s", exc)
            return False
        return True

    def _apply(self, change: StreamChange) -> None:
        if not change.live:
            self._stream.went_offline()
        elif not self._stream.is_live:
            self._stream.went_live(Broadcast(f"joystick:{change.at.isoformat()}", change.at))
