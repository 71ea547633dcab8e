"""The gateway connection to Joystick.tv: connect, subscribe, read, and reconnect with back-off unless told not to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from enum import Enum

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import sleep_with_jitter
from pixel_bot.platforms.joystick.frame_dispatch import FrameDispatcher, Listener
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost, GatewaySocket, GatewayTimeouts, Unauthorized
from pixel_bot.platforms.joystick.installations import Installations, NotInstalled
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STABLE_SECONDS = 20.0
"""A connection that lasted so long resets the back-off."""

RETRY_SECONDS = 3_600.0
QUIET_SECONDS = 0.1
DRAIN_CHECKS = 100

NOT_AUTHORIZED = "Joystick.tv does not let the bot listen. Install it again: open /setup."
STOPPED_BY_SERVER = (
    "Joystick.tv asked the bot not to come back. Install it again (open /setup), or start the bot again."
)


class GatewayState(Enum):
    """Where the connection stands."""

    CONNECTING = "connecting"
    """The first attempt is under way."""
    UP = "up"
    DOWN = "down"
    """Lost, or not opened; it is tried again with back-off."""
    STOPPED = "stopped"
    """Not tried until there is a new installation, or an hour has passed; ``problem`` says why."""


class GatewayConnection:
    """The connection of the installation in use. Run it as a task, and cancel it."""

    def __init__(
        self, url: str, http: aiohttp.ClientSession, installations: Installations, basic_key: str, clock: Clock
    ) -> None:
        self.timeouts = GatewayTimeouts()
        self.dispatcher = FrameDispatcher(clock)
        self.connections = 0
        """How many were opened: what was learnt about one may not hold for the next."""
        self.state = GatewayState.CONNECTING
        self.down_since: datetime | None = clock.now()
        self.down_reason = GatewayState.CONNECTING.value
        self.problem = ""
        """Why no reconnect is tried, and what to do; empty otherwise."""
        self.opened: Callable[[], Awaitable[None]] | None = None
        """Awaited beside each new connection, to catch up: events in between were missed."""
        self.on_error: Callable[[str], None] = lambda _: None
        """Called with what the server says of a command that it refused."""
        self._url = url
        self._http = http
        self._installations = installations
        self._basic_key = basic_key
        self._clock = clock
        self._prefers_basic = False
        self._token: str = ""
        self._rejected_token = ""
        self._rejected_at = -RETRY_SECONDS
        """The token that the gateway refused, and when."""
        self._was_stable = False
        self._socket: GatewaySocket | None = None
        self._channel_id = ""
        self._received_at = 0.0
        self._up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """True while events are received."""
        return self.state is GatewayState.UP

    async def ready(self) -> None:
        """Wait until events are received."""
        await self._up.wait()

    async def perform(self, action: str, **fields: str) -> None:
        """Send a command into the channel.

        Raises:
            GatewayLost: there is no connection.
        """
        if self._socket is None or not self.is_up:
            raise GatewayLost(self.down_reason)
        await self._socket.perform({"action": action, **fields, **self._socket.address(self._channel_id)})

    async def run(self, listener: Listener) -> None:
        """Work until cancelled."""
        dispatching = asyncio.create_task(self.dispatcher.run(listener), name="joystick-dispatching")
        try:
            await self._keep_connected()
        finally:
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)

    async def drain(self) -> None:
        """Wait until what has arrived is handed over: Joystick.tv would not send it again."""
        for _ in range(DRAIN_CHECKS):
            await asyncio.sleep(QUIET_SECONDS / 5)
            await self.dispatcher.done()
            if asyncio.get_running_loop().time() - self._received_at > QUIET_SECONDS:
                return

    async def _keep_connected(self) -> None:
        pause = FIRST_PAUSE
        while True:
            # Read before the attempt: an installation that is made while it fails must count as a new one.
            epoch = self._installations.epoch
            if stop := await self._attempt():
                await self._wait_for_installation(epoch, stop)
                pause = FIRST_PAUSE
                continue
            if self._was_stable:
                pause = FIRST_PAUSE
            await sleep_with_jitter(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _attempt(self) -> str:
        """Connect, and read until the connection is lost. Returns why it must not be tried again; empty if it may."""
        try:
            await self._connect_and_read()
        except (GatewayLost, NotInstalled, NoAnswer) as exc:
            self._on_lost(str(exc).rstrip("."))
            return self._stop_reason(exc)
        return ""

    def _stop_reason(self, why: Exception) -> str:
        now = asyncio.get_running_loop().time()
        match why:
            case NotInstalled():
                return str(why)
            case Unauthorized() if now < self._rejected_at + RETRY_SECONDS:
                return NOT_AUTHORIZED
            case Unauthorized():
                # The token is refreshed once, before the next attempt. A second refusal within the hour ends the
                # attempts: each refresh is a moment in which the pair of tokens can be lost.
                self._rejected_token, self._rejected_at = self._token, now
                return ""
            case GatewayLost(stop=True):
                return STOPPED_BY_SERVER
            case _:
                return ""

    async def _wait_for_installation(self, epoch: int, problem: str) -> None:
        """Wait for a new installation, the only sure remedy; without one, for an hour."""
        self.problem, self.state = problem, GatewayState.STOPPED
        log.warning("%s", problem)
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_SECONDS):
                while self._installations.epoch == epoch:
                    await self._installations.next_change()
        self.problem, self.state = "", GatewayState.DOWN
        self._rejected_token, self._rejected_at = "", -RETRY_SECONDS

    async def _connect_and_read(self) -> None:
        self._was_stable = False
        self._token = await self._installations.token()
        if self._token == self._rejected_token:
            self._token = await self._installations.refresh(self._token)
        install = self._installations.current
        self._channel_id = install.channel_id if install is not None else ""
        self.dispatcher.start_with(self._channel_id, install.username if install is not None else "")
        gateway = await self._open()
        beside = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("joystick-install", self._watch_installation(gateway)),
                ("joystick-state", self._run_opened()),
            )
        ]
        try:
            self._on_connected(gateway)
            await self._read(gateway)
        finally:
            # Before the first await, so that no command is sent into a connection that is being closed.
            self._up.clear()
            self.state, self._socket = GatewayState.DOWN, None
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await gateway.close()

    async def _read(self, gateway: GatewaySocket) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        try:
            while True:
                message = await gateway.read()
                # Before the hand-over, which may wait under back-pressure: ``drain`` must see this frame.
                self._received_at = loop.time()
                await self.dispatcher.put(message)
        finally:
            if loop.time() - since >= STABLE_SECONDS:
                self._was_stable = True

    async def _open(self) -> GatewaySocket:
        """Connect with the access token, or with the bot's basic key, whichever worked last."""
        keys = [self._token, self._basic_key]
        if self._prefers_basic:
            keys.reverse()
        with suppress(Unauthorized):
            return await self._subscribed(keys[0])
        gateway = await self._subscribed(keys[1])
        self._prefers_basic = not self._prefers_basic
        return gateway

    async def _subscribed(self, key: str) -> GatewaySocket:
        gateway = await GatewaySocket.open(self._http, self._url, key, self.timeouts)
        gateway.on_error = self._on_command_refused
        try:
            await gateway.subscribe()
        except BaseException:
            await gateway.close()
            raise
        return gateway

    async def _watch_installation(self, gateway: GatewaySocket) -> None:
        """Close the connection when the installation in use has ended, or is another one."""
        while True:
            # The future before the check: a change between the two would otherwise be missed.
            change = self._installations.next_change()
            install = self._installations.current
            if install is None or install.problem or install.channel_id != self._channel_id:
                change.cancel()
                await gateway.close()
                return
            await change

    async def _run_opened(self) -> None:
        if self.opened is not None:
            await self.opened()

    def _on_connected(self, gateway: GatewaySocket) -> None:
        self._socket = gateway
        self.connections += 1
        if self.down_since is not None:
            log.info("Connected to Joystick.tv.")
        self.down_since, self.problem, self.state = None, "", GatewayState.UP
        self._up.set()

    def _on_lost(self, reason: str) -> None:
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("The connection to Joystick.tv was lost: %s.", reason)
        else:
            log.info("No connection to Joystick.tv yet: %s.", reason)
        self.down_reason, self.state = reason, GatewayState.DOWN

    def _on_command_refused(self, error: str) -> None:
        log.warning("Joystick.tv refused something that the bot said: %s", error)
        self.on_error(error)
