"""The Joystick.tv platform: installation, API and gateway connection, wired together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.db.engine import Database
from pixel_bot.model.stream_state import Stream
from pixel_bot.platforms.joystick.api import JoystickApi
from pixel_bot.platforms.joystick.frame_dispatch import Listener
from pixel_bot.platforms.joystick.gateway_connection import GatewayConnection, GatewayState
from pixel_bot.platforms.joystick.installation_monitor import InstallationMonitor
from pixel_bot.platforms.joystick.installation_store import InstallationStore
from pixel_bot.platforms.joystick.installations import NOT_YET, Installations
from pixel_bot.platforms.joystick.leader_election import LeadershipCheck
from pixel_bot.platforms.joystick.oauth import JoystickOAuth
from pixel_bot.platforms.joystick.sender import JoystickSender
from pixel_bot.platforms.wire import Wire
from pixel_bot.security.cipher import Cipher
from pixel_bot.texts import duration
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0
ELECTION_SECONDS = 2.0
"""Seconds between two checks whether this process is the leader."""


@dataclass(frozen=True, slots=True)
class JoystickEndpoints:
    """Joystick.tv's addresses, and the credentials of our bot."""

    api_url: str
    gateway_url: str
    authorize_url: str
    client_id: str
    client_secret: str


class JoystickPlatform:
    """Joystick.tv, as one bot uses it. Needs a running event loop.

    Args:
        endpoints: where it is.
        database, cipher: where installations are kept, and how.
        clock: what time it is.
        stream: the state of the stream there.
    """

    def __init__(
        self, endpoints: JoystickEndpoints, database: Database, clock: Clock, cipher: Cipher, stream: Stream
    ) -> None:
        self.stream = stream
        self.wire = Wire(platform="Joystick.tv")
        self.oauth = JoystickOAuth(
            self.wire, clock, endpoints.api_url, endpoints.authorize_url, endpoints.client_id, endpoints.client_secret
        )
        self.installations = Installations(InstallationStore(database, clock, cipher), clock, self.oauth)
        self.api = JoystickApi(self.wire, endpoints.api_url, self.installations)
        self.connection = GatewayConnection(
            endpoints.gateway_url, self.wire.session, self.installations, self.oauth.basic_key, clock
        )
        self.sender = JoystickSender(self.api, self.connection)
        self.monitor = InstallationMonitor(self.installations, self.oauth, self.api, self.sender, stream, clock)
        self.connection.dispatcher.on_stream = self.monitor.on_stream_change
        self.connection.opened = self.monitor.ask_state
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._election: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the stored installations."""
        await self.installations.load()

    async def join_election(self, is_leader: LeadershipCheck) -> None:
        """Leader election: processes share the installation, and only the leader may use it."""

        async def check() -> None:
            if (ours := await is_leader()) is not None:
                await self.installations.on_leadership(ours=ours)

        async def check_for_ever() -> None:
            while True:
                await asyncio.sleep(ELECTION_SECONDS)
                await check()

        self.installations.election.share(is_leader)
        await check()
        self._election = asyncio.create_task(keep_running("joystick-turns", check_for_ever), name="joystick-turns")

    def listen(self, listener: Listener) -> None:
        """Start to receive events, and to monitor the installation."""
        self._spawn("joystick", lambda: self.connection.run(listener))
        self._spawn("joystick-tokens", self.monitor.run)
        self.installations.changed.add(self.check_soon)

    async def stop_listening(self) -> None:
        """Handle what was received, and stop receiving; messages can still be sent by the API."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.connection.drain()
        except TimeoutError:
            log.warning("Some of what was heard on Joystick.tv could not be worked at the end.")
        await self._end_tasks()

    async def close(self) -> None:
        """End all tasks and connections."""
        if self._election is not None:
            self._election.cancel()
            await asyncio.gather(self._election, return_exceptions=True)
        await self._end_tasks()
        await self.installations.close()
        await self.wire.close()

    def check_soon(self) -> None:
        """Check the installation soon."""
        self.monitor.check_soon()

    def problems(self) -> list[str]:
        """What does not work, one sentence each."""
        if self.oauth.problem:
            return [self.oauth.problem]
        if self.installations.election.is_elsewhere:
            return []
        install = self.installations.current
        if install is None:
            return [NOT_YET]
        if install.problem or self.connection.problem:
            return [install.problem or self.connection.problem]
        if self.connection.down_since is None or self.connection.state is GatewayState.CONNECTING:
            return []
        since = duration((self._clock.now() - self.connection.down_since).total_seconds())
        return [f"Joystick.tv has been away for {since}: {self.connection.down_reason}. It is tried again by itself."]

    def summary(self) -> str:
        """How the connection is, in a few words."""
        if self.installations.election.is_elsewhere:
            return _("by another process")
        if self.installations.current is None:
            return _("not installed yet")
        if self.connection.down_since is None:
            return _("connected")
        if self.connection.state is GatewayState.CONNECTING:
            return _("connecting")
        return _("away for {time}", time=duration((self._clock.now() - self.connection.down_since).total_seconds()))

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
