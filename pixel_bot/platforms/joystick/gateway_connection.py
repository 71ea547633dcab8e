"""Keeps the connection to Joystick.tv: opens it, and opens it again whenever it is lost, unless it is told not to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import sleep_with_jitter
from pixel_bot.platforms.joystick.frame_dispatch import FrameDispatcher, Listener
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost, GatewaySocket, Patience, Unauthorized
from pixel_bot.platforms.joystick.installations import Installations, NotInstalled
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STABLE_SECONDS = 20.0
"""A connection that held so long was a good one: the next loss begins with a short pause again."""

CONNECTING = "connecting"
AGAIN_SECONDS = 3_600.0
QUIET_SECONDS = 0.1
DRAIN_TURNS = 100

DEAF = "Joystick.tv does not let the bot listen. Install it again: open /setup."
SENT_AWAY = "Joystick.tv asked the bot not to come back. Install it again (open /setup), or start the bot again."


class GatewayConnection:
    """The connection of the installation in use. Run it as a task, and cancel it."""

    def __init__(
        self, url: str, http: aiohttp.ClientSession, installations: Installations, basic_key: str, clock: Clock
    ) -> None:
        self.patience = Patience()
        self.dispatcher = FrameDispatcher(clock)
        self.connections = 0
        """How many there were: what was found out about one may be different on the next."""
        self.down_since: datetime | None = clock.now()
        self.down_reason = CONNECTING
        self.problem = ""
        """Why it is not tried any more, and what to do; empty while it is."""
        self.opened: Callable[[], Awaitable[None]] | None = None
        """Awaited beside each new connection: what happened meanwhile was not heard."""
        self.on_error: Callable[[str], None] = lambda _: None
        """Called with what the server says of a command that it refused."""
        self._url = url
        self._http = http
        self._installations = installations
        self._basic_key = basic_key
        self._clock = clock
        self._prefers_basic = False
        self._token: str = ""
        self._suspect = ""
        self._suspected_at = -AGAIN_SECONDS
        """A token with which no connection was to be had, by no key."""
        self._was_stable = False
        self._socket: GatewaySocket | None = None
        self._channel_id = ""
        self._heard_at = 0.0
        self._up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """True while the bot hears what happens."""
        return self._up.is_set()

    async def ready(self) -> None:
        """Wait until the bot hears what happens."""
        await self._up.wait()

    async def perform(self, action: str, **fields: str) -> None:
        """Send a command into the channel.

        Raises:
            CableLost: there is no connection.
        """
        if self._socket is None or not self.is_up:
            raise GatewayLost(self.down_reason)
        await self._socket.perform({"action": action, **fields, **self._socket.address(self._channel_id)})

    async def run(self, listener: Listener) -> None:
        """Work until cancelled."""
        hearing = asyncio.create_task(self.dispatcher.run(listener), name="joystick-hearing")
        try:
            await self._keep()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def drain(self) -> None:
        """Wait until what has arrived already is handed over: Joystick.tv would not send it again."""
        for _ in range(DRAIN_TURNS):
            await asyncio.sleep(QUIET_SECONDS / 5)
            await self.dispatcher.done()
            if asyncio.get_running_loop().time() - self._heard_at > QUIET_SECONDS:
                return

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            epoch = self._installations.epoch
            if stop := await self._try_once():
                await self._wait_for_another(epoch, stop)
                pause = FIRST_PAUSE
                continue
            if self._was_stable:
                pause = FIRST_PAUSE
            await sleep_with_jitter(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _try_once(self) -> str:
        """Connect, and read until the connection is lost. Returns why it must not be tried again; empty if it may."""
        try:
            await self._connect_and_read()
        except (GatewayLost, NotInstalled, NoAnswer) as exc:
            self._end(str(exc).rstrip("."))
            return self._result(exc)
        return ""

    def _result(self, why: Exception) -> str:
        now = asyncio.get_running_loop().time()
        match why:
            case NotInstalled():
                return str(why)
            case Unauthorized() if now < self._suspected_at + AGAIN_SECONDS:
                return DEAF
            case Unauthorized():
                # The token is renewed once for that, before the next connection.
                self._suspect, self._suspected_at = self._token, now
                return ""
            case GatewayLost(stop=True):
                return SENT_AWAY
            case _:
                return ""

    async def _wait_for_another(self, epoch: int, problem: str) -> None:
        """Only a new installation is sure to help, so without one it is tried again once an hour, and no sooner."""
        self.problem = problem
        log.warning("%s", problem)
        with suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_SECONDS):
                while self._installations.epoch == epoch:
                    await self._installations.next_change()
        self.problem = ""
        self._suspect, self._suspected_at = "", -AGAIN_SECONDS

    async def _connect_and_read(self) -> None:
        self._was_stable = False
        self._token = await self._installations.token()
        if self._token == self._suspect:
            self._token = await self._installations.renewed(self._token)
        install = self._installations.current
        self._channel_id = install.channel_id if install is not None else ""
        self.dispatcher.start_with(self._channel_id, install.username if install is not None else "")
        cable = await self._open()
        beside = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("joystick-install", self._watch_installation(cable)),
                ("joystick-state", self._ask_anew()),
            )
        ]
        try:
            self._begin(cable)
            await self._read(cable)
        finally:
            self._up.clear()
            self._socket = None
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await cable.close()

    async def _read(self, cable: GatewaySocket) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        try:
            while True:
                message = await cable.read()
                self._heard_at = loop.time()
                await self.dispatcher.put(message)
        finally:
            if loop.time() - since >= STABLE_SECONDS:
                self._was_stable = True

    async def _open(self) -> GatewaySocket:
        """By the access token, or by our bot's own key where that is what the server takes; whichever worked last."""
        keys = [self._token, self._basic_key]
        if self._prefers_basic:
            keys.reverse()
        with suppress(Unauthorized):
            return await self._subscribed(keys[0])
        cable = await self._subscribed(keys[1])
        self._prefers_basic = not self._prefers_basic
        return cable

    async def _subscribed(self, key: str) -> GatewaySocket:
        cable = await GatewaySocket.open(self._http, self._url, key, self.patience)
        cable.on_error = self._refused
        try:
            await cable.subscribe()
        except BaseException:
            await cable.close()
            raise
        return cable

    async def _watch_installation(self, cable: GatewaySocket) -> None:
        """Leave when the installation in use is gone, or another one."""
        while True:
            change = self._installations.next_change()
            install = self._installations.current
            if install is None or install.problem or install.channel_id != self._channel_id:
                change.cancel()
                await cable.close()
                return
            await change

    async def _ask_anew(self) -> None:
        if self.opened is not None:
            await self.opened()

    def _begin(self, cable: GatewaySocket) -> None:
        self._socket = cable
        self.connections += 1
        if self.down_since is not None:
            log.info("Connected to Joystick.tv.")
        self.down_since, self.problem = None, ""
        self._up.set()

    def _end(self, reason: str) -> None:
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("The connection to Joystick.tv was lost: %s.", reason)
        else:
            log.info("No connection to Joystick.tv yet: %s.", reason)
        self.down_reason = reason

    def _refused(self, error: str) -> None:
        log.warning("Joystick.tv refused something that the bot said: %s", error)
        self.on_error(error)
