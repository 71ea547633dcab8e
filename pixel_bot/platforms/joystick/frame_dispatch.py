"""Hands over what was read, in order, while reading goes on: a busy bot must not look like a silent server."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from pixel_bot.clock import Clock
from pixel_bot.model.channel_events import ChannelEvent, Entrance
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.joystick.frames import Frame, StreamChange, read

log = logging.getLogger(__name__)

MOST_AHEAD = 20_000
"""Messages that are read while the bot is busy. Beyond, the server waits."""


class Listener(Protocol):
    """Who hears what happens."""

    def on_chat_message(self, message: ChatMessage) -> None:
        """Somebody wrote in chat."""
        ...

    def on_channel_event(self, channel_event: ChannelEvent) -> None:
        """Something happened that may pay."""
        ...

    @property
    def is_congested(self) -> bool:
        """True when the reader should await ``wait_for_capacity`` before it reads on."""
        ...

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        ...


class FrameDispatcher:
    """Messages on their way from the connection to the listener."""

    def __init__(self, clock: Clock) -> None:
        self.is_own: Callable[[ChatMessage], bool] = lambda _: False
        """Knows the bot's own words, which come back like anybody's."""
        self.own_username = ""
        """The bot's own name, in lower case, where it is known and not the streamer's."""
        self.on_stream: Callable[[StreamChange], None] = lambda _: None
        self._clock = clock
        self._channel_id = self._streamer = ""
        self._is_warned = False
        self._ahead: asyncio.Queue[Frame] = asyncio.Queue(MOST_AHEAD)

    def start_with(self, channel_id: str, streamer: str) -> None:
        """From now on only this channel is heard, which is that streamer's."""
        self._channel_id = channel_id
        self._streamer = streamer
        self._is_warned = False

    async def put(self, frame: Frame) -> None:
        """Take a message that was read. Waits while too many are on their way."""
        await self._ahead.put(frame)

    async def done(self) -> None:
        """Wait until all that was put is handed over."""
        await self._ahead.join()

    async def run(self, listener: Listener) -> None:
        """Hand over until cancelled."""
        while True:
            frame = await self._ahead.get()
            try:
                if listener.is_congested:
                    await listener.wait_for_capacity()
                self._dispatch(frame, listener)
            except Exception:
                # The edge: what nobody foresaw costs one message, and not all that come after it.
                log.exception("A message from Joystick.tv was left out.")
            finally:
                self._ahead.task_done()

    def _dispatch(self, frame: Frame, listener: Listener) -> None:
        if self._is_foreign(frame):
            return
        try:
            heard = read(frame, now=self._clock.now())
        except Unreadable as exc:
            log.warning("An event from Joystick.tv was left out, because it cannot be read (%s).", exc)
            return
        match heard:
            case ChatMessage():
                if not self.is_own(heard) and not heard.is_bot:
                    listener.on_chat_message(heard)
            case StreamChange():
                self.on_stream(heard)
            case Entrance(person=Person(login=login)) if self._is_staff(login):
                return  # who is always there comes in for nothing
            case ChannelEvent():
                listener.on_channel_event(heard)
            case None:
                return

    def _is_staff(self, login: str) -> bool:
        return login in {self._streamer.lower(), self.own_username}

    def _is_foreign(self, frame: Frame) -> bool:
        """By our bot's own key all channels that it is installed in are heard; only one of them is ours."""
        channel_id = frame.envelope.channel_id or frame.envelope.channel_id_v1
        if not channel_id or channel_id == self._channel_id:
            return False
        if not self._is_warned:
            self._is_warned = True
            log.warning("Joystick.tv sends events of another channel. They are left out.")
        return True
