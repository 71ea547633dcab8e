"""Event dispatch: chat goes to awards and commands, channel events to their handler, removals to the queue.

Plain chat takes the short way: no task, and no TwitchIO object, also when a cog listens.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.cogs.runtime import CogRuntime
from pixel_bot.bot.command_runner import CommandRunner
from pixel_bot.bot.event_handler import ChannelEventHandler
from pixel_bot.bot.spelling import Request
from pixel_bot.earning.awards import Awards
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.chat_message import ChatMessage, Removal
from pixel_bot.platforms.twitch.events.chat_details import TwitchDetails
from pixel_bot.platforms.twitch.events.frames import CHAT, Frame, is_by_mod
from pixel_bot.platforms.twitch.events.notices import NOTICE, message_in, notice_event
from pixel_bot.platforms.twitch.events.parsing import (
    chat_event,
    cheer_in,
    is_redemption,
    moment,
    parse_ban_change,
    parse_channel_events,
    parse_chat_message,
    parse_removal,
    parse_verdict,
)
from pixel_bot.platforms.twitch.events.people import is_anonymous_account
from pixel_bot.platforms.twitch.sender import TwitchSender
from pixel_bot.points.bans import Bans
from pixel_bot.queue.queue import Queue

log = logging.getLogger(__name__)

REMEMBERED_EVENTS = 1_000
"""Of those that pay nothing, apart from chat, which would push them out; what pays is kept in the database."""


class ChatBot(Protocol):
    """The bot, as far as a chat message in TwitchIO's form concerns it."""

    def get_context(self, payload: Any, *, cls: Any = None) -> Any:
        """The context of a command."""
        ...

    runtime: CogRuntime

    def twitchio_message(self, frame: Mapping[str, Any]) -> Any:
        """The message in TwitchIO's form."""
        ...


class OnMessage(Protocol):
    """Takes note of a message."""

    def __call__(self, message: ChatMessage, *, is_mod: bool) -> None:
        """``is_mod`` where a mod or the streamer wrote it."""
        ...


class Notifications:
    """Takes notifications from the EventSub connections, in the order in which they come."""

    def __init__(
        self,
        bot: ChatBot,
        awards: Awards,
        runner: CommandRunner,
        events: ChannelEventHandler,
        queue: Queue,
        bans: Bans,
    ) -> None:
        self._bot = bot
        self._awards = awards
        self._runner = runner
        self._openings = runner.spelling.openings
        self._events = events
        self._queue = queue
        self._bans = bans
        self._channel: ChatChannel | None = None
        self._sender: TwitchSender | None = None
        self._seen: LruCache[str, bool] = LruCache(REMEMBERED_EVENTS)
        self._received = asyncio.Event()
        self.count = 0
        """Notifications since the start."""
        self.on_other_event: Callable[[Frame], None] = lambda _: None
        """Called with each notification that is neither chat, nor pays, nor removes something from chat."""
        self.on_message: OnMessage | None = None
        """Called for each message that a person wrote in this channel's chat."""
        self.on_any_chat: Callable[[], None] = lambda: None
        """Called for each chat message."""

    def use(self, channel: ChatChannel, sender: TwitchSender) -> None:
        """From now on there is a chat on Twitch, and somebody who speaks there."""
        self._channel, self._sender = channel, sender

    @property
    def _twitch(self) -> ChatChannel:
        assert self._channel is not None, "notifications come after the accounts are known"
        return self._channel

    def on_notification(self, frame: Frame) -> None:
        """Take a notification. Never raises: an event that cannot be read is logged and left out."""
        self.count += 1
        self._received.set()
        if self._channel is None:
            log.warning("An event from Twitch was left out, because the bot is in no chat yet.")
            return
        try:
            if frame.metadata.subscription_type == CHAT:
                self._on_chat(frame)
            elif (channel_events := parse_channel_events(frame)) is not None:
                self._on_channel_events(frame, channel_events)
            elif not self._seen.add(frame.metadata.message_id, True):
                log.debug("An event came twice.")
            else:
                self._on_free_event(frame)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            # Unreadable is a ValueError; the others come from TwitchIO, which reads the whole message for commands.
            log.warning("An event from Twitch was left out, because it cannot be read: %s %s", type(exc).__name__, exc)

    def _on_free_event(self, frame: Frame) -> None:
        """What pays nothing: something was removed from chat, somebody was banned, or the channel changed."""
        removal, ban = parse_removal(frame), parse_ban_change(frame)
        if removal is not None:
            self._twitch.tasks.spawn(self._drop(removal))
        if ban is not None:
            self._twitch.tasks.spawn(self._bans.note(ban))
        if (verdict := parse_verdict(frame)) is not None and self._sender is not None:
            self._sender.on_verdict(verdict)
        elif removal is None and ban is None:
            self.on_other_event(frame)

    @property
    def is_congested(self) -> bool:
        """Back-pressure: True when the connection should await ``wait_for_capacity`` before it reads on."""
        return self._awards.is_full or self._twitch.is_congested

    async def wait_for_capacity(self) -> None:
        """Wait until more can be taken."""
        await self._awards.wait_for_capacity()
        await self._twitch.wait_for_capacity()

    async def received(self, count: int) -> None:
        """Wait until so many notifications, since the start, were taken."""
        while self.count < count:
            self._received.clear()
            await self._received.wait()

    def _on_channel_events(self, frame: Frame, channel_events: Sequence[ChannelEvent]) -> None:
        for channel_event in channel_events:
            self._events.start(channel_event, self._twitch)
        if frame.metadata.subscription_type == NOTICE:
            message = message_in(notice_event(frame), moment(frame))
            if message is not None and self._twitch.is_new(message.id):
                go_on = partial(self._awards.chat, message)
                self._bot.runtime.filtered(message, TwitchDetails(frame), self._twitch.tasks, go_on)

    def _on_chat(self, frame: Frame) -> None:
        message = parse_chat_message(frame)
        self.on_any_chat()
        channel = self._twitch
        if not channel.is_new(message.id):
            return
        if self._sender is not None and self._sender.is_own(message):
            self._note_standing(frame, channel, self._sender)
            return
        if self._bot.runtime.filters.is_needed:
            go_on = partial(self._take, frame, message, channel)
            self._bot.runtime.filtered(message, TwitchDetails(frame), channel.tasks, go_on)
        else:
            self._take(frame, message, channel)
        if message.bits and not message.is_guest and (cheer := cheer_in(message, moment(frame))) is not None:
            self._events.start(cheer, channel)  # whatever it says, it was paid for

    def _take(self, frame: Frame, message: ChatMessage, channel: ChatChannel) -> None:
        """It earns something, or starts a command, and cogs hear it."""
        if not message.is_guest and not is_anonymous_account(message.platform_id):
            if self.on_message is not None:
                self.on_message(message, is_mod=is_by_mod(frame))
            # Nearly all of chat is plain, and shows it in its first character.
            is_answer = self._bot.runtime.confirmations.note(message)
            asks = not is_answer and message.text.startswith(self._openings) and not is_redemption(frame)
            request = self._request_in(frame, message) if asks else None
            if request is None:
                self._awards.chat(message)
            else:
                self._on_command(frame, message, request, channel)
        if self._bot.runtime.hears_chat:
            self._bot.runtime.on_chat(message, TwitchDetails(frame))

    def _note_standing(self, frame: Frame, channel: ChatChannel, sender: TwitchSender) -> None:
        """Our own messages come back with our badges, which say what we are in the channel."""
        channel.standing = sender.standing_by(frame.as_json())

    def _request_in(self, frame: Frame, message: ChatMessage) -> Request | None:
        is_reply = chat_event(frame).reply is not None
        return self._runner.spelling.request_in(message.text, is_reply=is_reply, is_mod=is_by_mod(frame))

    def _on_command(self, frame: Frame, message: ChatMessage, request: Request, channel: ChatChannel) -> None:
        self._awards.heard.note(message.person)
        spelling = self._runner.spelling
        command = spelling.command_in(request)
        if command is not None:
            self._bot.runtime.on_command(message.person, spelling.name_in(request), is_addressed=request.is_addressed)
            twitchio_message = self._bot.twitchio_message(frame.as_json())
            twitchio_message.text = command
            self._runner.start(self._bot.get_context(twitchio_message), message.id, channel)

    async def _drop(self, removal: Removal) -> None:
        """What a mod removed from chat is not read out either."""
        if removal.message_id:
            await self._queue.drop_message(removal.message_id)
        elif removal.author_id:
            await self._queue.drop_author(removal.author_id)
        else:
            await self._queue.drop_all()
