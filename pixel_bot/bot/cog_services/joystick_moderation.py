"""Moderation on Joystick.tv: it deletes, mutes and lifts mutes; there are no timeouts, so a mute is lifted by us.

Muting needs a message of the one who is muted. When a mute ends is kept in the database, so that it ends also when the
bot was down at that moment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import orjson
from sqlalchemy.exc import DBAPIError

from pixel_bot.bot.cog_services.twitch_api import NotThere, PlatformRefused
from pixel_bot.clock import Clock
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.errors import PixelError
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost
from pixel_bot.wording.texts import texts

_ = texts(__name__)
log = logging.getLogger(__name__)

KEY = "joystick_mutes"
REMEMBERED = 5_000
"""People whose last message is known."""

AGAIN_SECONDS = 30.0
"""When it is tried again to lift a mute that could not be lifted."""


class Perform(Protocol):
    """Sends a command into the channel; raises ``GatewayLost`` where there is no connection."""

    async def __call__(self, action: str, **fields: str) -> None:
        """Send it."""
        ...


class JoystickModeration:
    """What can be done there.

    Args:
        database, clock: when mutes end.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._perform: Perform | None = None
        self._whisper: Callable[[str, str], Awaitable[object]] | None = None
        self._last: LruCache[str, str] = LruCache(REMEMBERED)
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = TaskGroup()

    def join(self, perform: Perform, whisper: Callable[[str, str], Awaitable[object]]) -> None:
        """From now on the bot is there.

        Args:
            perform: sends a command.
            whisper: says something to one person: the name, and what.
        """
        self._perform, self._whisper = perform, whisper
        self._tasks.spawn(self.lift_mutes())

    def note(self, message: ChatMessage) -> None:
        """Somebody wrote."""
        self._last.put(message.login, message.id)

    async def delete(self, message_id: str) -> None:
        """Delete a message.

        Raises:
            PlatformRefused: there is no connection.
        """
        await self._send("delete_message", message_id=message_id.removeprefix("joystick:"))

    async def timeout(self, who: Person, seconds: float) -> None:
        """Mute somebody, and lift it after so many seconds.

        Raises:
            PlatformRefused: they have not written of late; or there is no connection.
        """
        message_id = self._last.get(who.login.lower())
        if message_id is None:
            raise PlatformRefused(
                _("{viewer} has not written on Joystick.tv of late, so I cannot mute them there.", viewer=who)
            )
        # Kept first: a mute that nobody lifts would be for ever.
        await self._keep(who.login, self._clock.now() + timedelta(seconds=seconds))
        await self._send("mute_user", message_id=message_id.removeprefix("joystick:"))
        await self.lift_mutes()

    async def warn(self, who: Person, reason: str) -> None:
        """Whisper it to somebody.

        Raises:
            NotThere: the bot is not there.
        """
        if self._whisper is None:
            raise NotThere(_("The bot is not on Joystick.tv."))
        await self._whisper(who.login, _("A warning: {reason}", reason=reason))

    async def lift_mutes(self) -> None:
        """Lift the mutes whose time is over, and see to the next one."""
        async with self._lock:
            mutes, now = await self._mutes(), self._clock.now()
            for login in [login for login, until in mutes.items() if until <= now]:
                try:
                    await self._send("unmute_user", username=login)
                    await self._keep(login, None)
                except (PixelError, DBAPIError) as exc:
                    log.warning("The mute of %s could not be lifted yet: %s", login, exc)
                    self._look_again(AGAIN_SECONDS)
                    return
            later = [until for until in mutes.values() if until > now]
            if later:
                self._look_again((min(later) - now).total_seconds())

    def stop(self) -> None:
        """The bot ends; what is muted is lifted after the next start."""
        if self._timer is not None:
            self._timer.cancel()
        self._tasks.cancel()

    def _look_again(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, lambda: self._tasks.spawn(self.lift_mutes()))

    async def _mutes(self) -> dict[str, datetime]:
        async with self._database.readers() as session:
            kept = await recall(session, KEY)
        return {login: datetime.fromisoformat(until) for login, until in _read(kept).items()}

    async def _keep(self, login: str, until: datetime | None) -> None:
        async with self._database.write() as session:
            mutes = _read(await recall(session, KEY))
            if until is None:
                mutes.pop(login, None)
            else:
                mutes[login] = until.isoformat()
            await remember(session, KEY, orjson.dumps(mutes).decode())

    async def _send(self, action: str, **fields: str) -> None:
        if self._perform is None:
            raise NotThere(_("The bot is not on Joystick.tv."))
        try:
            await self._perform(action, **fields)
        except GatewayLost as exc:
            raise PlatformRefused(_("Joystick.tv is not connected right now. Try again in a minute.")) from exc


def _read(kept: str | None) -> dict[str, str]:
    return {} if kept is None else orjson.loads(kept)
