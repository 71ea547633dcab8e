"""Keeps the connection to Joystick.tv: opens it, and opens it again whenever it is lost, unless it is told not to."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import aiohttp

from pixel_bot.clock import Clock
from pixel_bot.platforms.joystick.cable import Cable, CableLost, Frame, Patience, Unauthorized
from pixel_bot.platforms.joystick.frames import StreamChange, read
from pixel_bot.platforms.joystick.installs import Installs, NotInstalled
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.services.happenings import Happening
from pixel_bot.services.spoken import Spoken

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STABLE_SECONDS = 20.0
"""A connection that held so long was a good one: the next loss begins with a short pause again."""

MOST_AHEAD = 20_000
"""Messages that are read while the bot is busy. Beyond, the server waits."""

DEAF = "Joystick.tv does not let the bot listen. Install it again: open /setup."
SENT_AWAY = "Joystick.tv asked the bot not to come back. Install it again, or start the bot again."


class Listener(Protocol):
    """Who hears what happens."""

    def hear_spoken(self, spoken: Spoken) -> None:
        """Somebody wrote in chat."""
        ...

    def hear_happening(self, happening: Happening) -> None:
        """Something happened that may pay."""
        ...

    @property
    def is_pressed(self) -> bool:
        """True when the reader should await ``breathe`` before it reads on."""
        ...

    async def breathe(self) -> None:
        """Wait until there is room for more."""
        ...


class Line:
    """The connection of the installation in use. Run it as a task, and cancel it."""

    def __init__(self, url: str, http: aiohttp.ClientSession, installs: Installs, basic_key: str, clock: Clock) -> None:
        self.patience = Patience()
        self.down_since: datetime | None = clock.now()
        self.down_reason = "connecting"
        self.problem = ""
        """Why it is not tried any more, and what to do; empty while it is."""
        self.is_own: Callable[[Spoken], bool] = lambda _: False
        """Knows the bot's own words, which come back like anybody's."""
        self.on_stream: Callable[[StreamChange], None] = lambda _: None
        self.opened: Callable[[], Awaitable[None]] | None = None
        """Awaited beside each new connection: what happened meanwhile was not heard."""
        self.on_error: Callable[[str], None] = lambda _: None
        """Called with what the server says of a command that it refused."""
        self._url = url
        self._http = http
        self._installs = installs
        self._basic_key = basic_key
        self._clock = clock
        self._prefers_basic = False
        self._may_renew = True
        self._cable: Cable | None = None
        self._channel_id = ""
        self._up = asyncio.Event()
        self._ahead: asyncio.Queue[Frame] = asyncio.Queue(MOST_AHEAD)

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
        if self._cable is None or not self.is_up:
            raise CableLost(self.down_reason)
        await self._cable.perform({"action": action, **fields, "channel_id": self._channel_id})

    async def run(self, listener: Listener) -> None:
        """Work until cancelled."""
        working = asyncio.create_task(self._work_ahead(listener), name="joystick-messages")
        try:
            await self._keep()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def hear_out(self) -> None:
        """Wait until what was read is handed over."""
        await self._ahead.join()

    async def _keep(self) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while True:
            changed = self._installs.next_change()
            since = loop.time()
            stop = ""
            try:
                await self._connect_and_read()
            except NotInstalled as exc:
                self._end(str(exc))
                stop = str(exc)
            except Unauthorized as exc:
                self._end(exc.reason)
                if await self._renewed():
                    continue
                stop = DEAF
            except CableLost as exc:
                self._end(exc.reason)
                stop = SENT_AWAY if exc.stop else ""
            except NoAnswer as exc:
                self._end(str(exc))
            finally:
                self._up.clear()
            if stop:
                await self._wait_for(changed, stop)
                pause = FIRST_PAUSE
                continue
            if loop.time() - since >= STABLE_SECONDS:
                pause, self._may_renew = FIRST_PAUSE, True
            await asyncio.sleep(pause * random.uniform(0.2, 1.0))  # noqa: S311 - spreads many bots, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _wait_for(self, changed: asyncio.Future[None], problem: str) -> None:
        """Nothing helps but a new installation, so nothing is asked before there is one."""
        self.problem = problem
        log.warning("%s", problem)
        await changed
        self.problem, self._may_renew = "", True

    async def _renewed(self) -> bool:
        """After the key was refused: try once with a new one. Returns False when that was tried."""
        if not self._may_renew:
            return False
        self._may_renew = False
        with suppress(NotInstalled, NoAnswer):
            await self._installs.renewed(await self._installs.token())
        return True

    async def _connect_and_read(self) -> None:
        token = await self._installs.token()
        install = self._installs.current
        self._channel_id = install.channel_id if install is not None else ""
        cable = await self._open(token)
        cable.on_error = self._refused
        watching = asyncio.create_task(self._watch_install(cable), name="joystick-install")
        try:
            await cable.subscribe()
            self._begin(cable)
            asking = asyncio.create_task(self._ask_anew(), name="joystick-state")
            try:
                while True:
                    await self._ahead.put(await cable.read())
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        finally:
            self._cable = None
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await cable.close()

    async def _open(self, token: str) -> Cable:
        """By the access token, or by our bot's own key where that is what the server takes; whichever worked last."""
        keys = [token, self._basic_key]
        if self._prefers_basic:
            keys.reverse()
        try:
            return await Cable.open(self._http, self._url, keys[0], self.patience)
        except Unauthorized:
            cable = await Cable.open(self._http, self._url, keys[1], self.patience)
            self._prefers_basic = not self._prefers_basic
            return cable

    async def _watch_install(self, cable: Cable) -> None:
        """Leave when the installation in use is gone, or another one."""
        while True:
            await self._installs.next_change()
            install = self._installs.current
            if install is None or install.problem or install.channel_id != self._channel_id:
                await cable.close()
                return

    async def _ask_anew(self) -> None:
        if self.opened is not None:
            await self.opened()

    def _begin(self, cable: Cable) -> None:
        self._cable = cable
        if self.down_since is not None:
            log.info("Connected to Joystick.tv.")
        self.down_since, self.problem = None, ""
        self._up.set()

    def _end(self, reason: str) -> None:
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("The connection to Joystick.tv was lost: %s.", reason.rstrip("."))
        else:
            log.info("No connection to Joystick.tv yet: %s.", reason.rstrip("."))
        self.down_reason = reason.rstrip(".")

    def _refused(self, error: str) -> None:
        log.warning("Joystick.tv refused something that the bot said: %s", error)
        self.on_error(error)

    # What was read

    async def _work_ahead(self, listener: Listener) -> None:
        while True:
            message = await self._ahead.get()
            if listener.is_pressed:
                await listener.breathe()
            self._take(message, listener)
            self._ahead.task_done()

    def _take(self, message: Frame, listener: Listener) -> None:
        """Hand over one message. Never raises: one that cannot be read is logged and left out."""
        channel_id = message.get("channel_id") or message.get("channelId")
        if channel_id and self._channel_id and channel_id != self._channel_id:
            log.debug("An event of another channel was left out.")
            return
        try:
            heard = read(message, now=self._clock.now())
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            log.warning("An event from Joystick.tv was left out, because it cannot be read: %s", type(exc).__name__)
            return
        match heard:
            case Spoken():
                if not self.is_own(heard):
                    listener.hear_spoken(heard)
            case StreamChange():
                self.on_stream(heard)
            case Happening():
                listener.hear_happening(heard)
            case None:
                return
