"""All of Joystick.tv in one hand: the installation, the requests, the gateway."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.platforms.joystick.api import ApiRefused, JoystickApi
from pixel_bot.platforms.joystick.frames import StreamChange
from pixel_bot.platforms.joystick.installs import Installs, NotInstalled
from pixel_bot.platforms.joystick.line import Line, Listener
from pixel_bot.platforms.joystick.oauth import JoystickOAuth
from pixel_bot.platforms.joystick.records import Records
from pixel_bot.platforms.joystick.voice import JoystickVoice
from pixel_bot.platforms.rounds import keep_running
from pixel_bot.platforms.wire import NoAnswer, Wire
from pixel_bot.services.cipher import Cipher
from pixel_bot.services.stream import Broadcast, Stream
from pixel_bot.texts import duration

log = logging.getLogger(__name__)

CHECK_SECONDS = 3_600.0
HEAR_OUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where Joystick.tv is, and what our bot is called there."""

    api_url: str
    gateway_url: str
    authorize_url: str
    client_id: str
    client_secret: str


class JoystickPlatform:
    """Joystick.tv, as one bot uses it. Needs a running event loop.

    Args:
        place: where it is.
        database, cipher: where installations are kept, and how.
        clock: what time it is.
        stream: told whether the stream there is on.
    """

    def __init__(self, place: Place, database: Database, clock: Clock, cipher: Cipher, stream: Stream) -> None:
        self.stream = stream
        self.wire = Wire(platform="Joystick.tv")
        self.oauth = JoystickOAuth(
            self.wire, clock, place.api_url, place.authorize_url, place.client_id, place.client_secret
        )
        self.installs = Installs(Records(database, clock, cipher), clock, self.oauth)
        self.api = JoystickApi(self.wire, place.api_url, self.installs)
        self.line = Line(place.gateway_url, self.wire.session, self.installs, self.oauth.basic_key, clock)
        self.voice = JoystickVoice(self.api, self.line)
        self.line.on_stream = self._note
        self.line.opened = self._look
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    async def load(self) -> None:
        """Read which channel let the bot in before."""
        await self.installs.load()

    def listen(self, listener: Listener) -> None:
        """Hear what happens from now on, and look after the tokens."""
        self._spawn("joystick", lambda: self.line.run(listener))
        self._spawn("joystick-tokens", self._care)

    async def deafen(self) -> None:
        """Work what was heard, and stop listening; what is sent still goes out by the API."""
        try:
            async with asyncio.timeout(HEAR_OUT_SECONDS):
                await self.line.hear_out()
        except TimeoutError:
            log.warning("Some of what was heard on Joystick.tv could not be worked at the end.")
        await self._end_tasks()

    async def close(self) -> None:
        """End all that is under way."""
        await self._end_tasks()
        await self.wire.close()

    def problems(self) -> list[str]:
        """What does not work, one sentence each."""
        install = self.installs.current
        if install is None:
            return ["The bot is not installed on Joystick.tv yet: open /setup."]
        if install.problem or self.line.problem:
            return [install.problem or self.line.problem]
        if self.line.down_since is None:
            return []
        since = duration((self._clock.now() - self.line.down_since).total_seconds())
        return [f"Joystick.tv has been away for {since}: {self.line.down_reason}. It is tried again by itself."]

    def summary(self) -> str:
        """How the connection is, in a few words."""
        if self.installs.current is None:
            return "not installed yet"
        if self.line.down_since is None:
            return "connected"
        return f"away for {duration((self._clock.now() - self.line.down_since).total_seconds())}"

    async def _care(self) -> None:
        """Now and then ask whether the installation still stands: nobody tells us when it ends."""
        while True:
            try:
                await self.installs.write_again()
                await self._check()
            except (NotInstalled, NoAnswer, ApiRefused) as exc:
                log.info("The installation on Joystick.tv could not be checked: %s", exc)
            await asyncio.sleep(CHECK_SECONDS)

    async def _check(self) -> None:
        token = await self.installs.token()
        told = await self.oauth.introspect(token)
        if told is None:
            return
        if told.get("active") is False:
            await self.installs.renewed(token)
            return
        self._learn_name(told)

    def _learn_name(self, told: Mapping[str, Any]) -> None:
        install, username = self.installs.current, told.get("username")
        if install is not None and isinstance(username, str) and username.lower() != install.username.lower():
            self.voice.own_username = username.lower()

    async def _look(self) -> None:
        """Ask for the stream's state: what changed while we were away, nobody told us."""
        try:
            live = await self.api.is_live()
        except (NotInstalled, NoAnswer, ApiRefused) as exc:
            log.info("Whether the stream on Joystick.tv is on is not known: %s", exc)
        else:
            self._note(StreamChange(live, self._clock.now()))

    def _note(self, change: StreamChange) -> None:
        if not change.live:
            self.stream.went_offline()
        elif not self.stream.is_live:
            self.stream.went_live(Broadcast(f"joystick:{change.at.isoformat()}", change.at))

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
