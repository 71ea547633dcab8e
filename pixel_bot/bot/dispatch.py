"""The part of the bot that hears: what arrives is sorted, worked once, and answered with a sentence when it fails."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twitchio.ext import commands
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.bot.command import usage
from pixel_bot.bot.error_replies import reply_for
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.earning.event_awards import award_for
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.channel_events import ChannelEvent, Entrance, Sub, alert_words
from pixel_bot.platforms.twitch.event_parsing import (
    CHAT,
    Heard,
    Removal,
    is_redemption,
    parse_channel_event,
    parse_chat_message,
    parse_removal,
    with_optional_fields,
)
from pixel_bot.points.idempotency import claim_command, use_idempotency_key

if TYPE_CHECKING:
    from pixel_bot.bot.channel import ChatChannel
    from pixel_bot.bot.context import Context
    from pixel_bot.bot.outbox import Outbox
    from pixel_bot.bot.thanks import Thanks
    from pixel_bot.clock import Clock
    from pixel_bot.earning.awards import Awards
    from pixel_bot.model.people import Platform
    from pixel_bot.overlay.overlay import Overlay
    from pixel_bot.platforms.twitch.sender import TwitchSender
    from pixel_bot.queue.queue import Queue
    from pixel_bot.services import Services
    from pixel_bot.settings import Settings

log = logging.getLogger(__name__)

REMEMBERED_EVENTS = 1_000
"""Of those that pay nothing, apart from chat, which would push them out; what pays is kept in the database."""

COMMAND_SECONDS = 120.0
"""A command that takes longer hangs, or waits for a place in a chat that is full. The bot hears on meanwhile."""

MAX_LISTENERS = 2_000
"""Listeners of cogs under way before events pass them by."""


class RecordingListener(commands.Bot):
    """TwitchIO's bot, with a short way for plain chat."""

    services: "Services"
    settings: "Settings"
    clock: "Clock"
    awards: "Awards"
    overlay: "Overlay"
    queue: "Queue"
    channels: "dict[Platform, ChatChannel]"
    """The chats that the bot is in."""
    _sender: "TwitchSender"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.notifications = 0
        self._prefix: str = options["prefix"]
        self._events: LruCache[str, bool] = LruCache(REMEMBERED_EVENTS)
        self._listening = TaskGroup()
        self._lost_listeners = 0
        self._heard_more = asyncio.Event()
        self.on_other_event: Callable[[Mapping[str, Any]], None] = lambda _: None
        """Called with each notification that is neither chat, nor pays, nor takes something out of chat."""
        self.on_any_chat: Callable[[], None] = lambda: None
        """Called for each chat message."""

    @property
    def outbox(self) -> "Outbox":
        """What is said on Twitch."""
        return self.channels["twitch"].outbox

    @property
    def thanks(self) -> "Thanks":
        """The thanks that are said on Twitch."""
        return self.channels["twitch"].thanks

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """Start the listeners of an event, each in a task of its own that is held on to until it ends.

        The bot's own ``event_message`` is left out: commands start where the message is heard.
        """
        name = f"event_{event.lower()}"
        own = getattr(self, name, None) if event != "message" else None
        for listener in (*self._listeners.get(name, ()), *((own,) if own else ())):
            if self._has_room(name):
                self._listening.spawn(self._dispatch(listener, original=payload))
        for waiter in tuple(self._wait_fors.get(name, ())):
            self._listening.spawn(waiter(payload) if payload else waiter())

    def _has_room(self, name: str) -> bool:
        """A listener that never ends must not keep the bot from hearing; beyond so many, some hear nothing."""
        if len(self._listening) < MAX_LISTENERS:
            return True
        if self._lost_listeners % MAX_LISTENERS == 0:
            log.warning("Listeners of cogs do not come to an end; some did not hear %s.", name)
        self._lost_listeners += 1
        return False

    async def event_command_error(self, payload: commands.CommandErrorPayload) -> None:
        """Say in chat what went wrong, in one sentence."""
        ctx: Context = payload.context  # pyright: ignore[reportAssignmentType]
        sentence = reply_for(payload.exception, usage(ctx.command, self._prefix))
        if sentence is not None:
            await ctx.reply(sentence)

    def on_notification(self, frame: Mapping[str, Any]) -> None:
        """Take a notification from the socket. Never raises: a frame that cannot be read is logged and left out."""
        self.notifications += 1
        self._heard_more.set()
        try:
            if frame["metadata"]["subscription_type"] == CHAT:
                self._hear_chat(frame)
            elif (channel_event := parse_channel_event(frame)) is not None:
                self.pay(channel_event, self.channels["twitch"])
            elif not self._events.add(frame["metadata"]["message_id"], True):
                log.debug("An event came twice.")
            elif (removal := parse_removal(frame)) is not None:
                self.channels["twitch"].tasks.spawn(self._drop(removal))
            else:
                self.on_other_event(frame)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            log.warning("An event from Twitch was left out, because it cannot be read: %s %s", type(exc).__name__, exc)

    @property
    def is_congested(self) -> bool:
        """True when Twitch's socket should await ``breathe`` before it reads on."""
        return self.awards.is_full or self.channels["twitch"].is_congested

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        await self.awards.wait_for_capacity()
        await self.channels["twitch"].wait_for_capacity()

    async def heard(self, notifications: int) -> None:
        """Wait until so many notifications, since the start, were taken from the sockets."""
        while self.notifications < notifications:
            self._heard_more.clear()
            await self._heard_more.wait()

    async def settled(self) -> None:
        """Wait until everything heard so far is worked and durable, and its answers are sent."""
        while True:
            for room in tuple(self.channels.values()):
                await room.settled()
            await self._listening.idle()
            await self.awards.drained()
            # An award that is durable can be a level, which is told.
            if not self._listening and not any(room.is_busy for room in self.channels.values()):
                return

    def knows_command(self, text: str) -> bool:
        """True when the text, which begins with the prefix, asks for a command of ours."""
        words = text[len(self._prefix) :].lower().split(maxsplit=2)
        return bool(words) and (words[0] in self._commands or " ".join(words[:2]) in self._commands)

    def has_listeners(self, event: str) -> bool:
        """True when a cog listens for such an event."""
        return bool(self._listeners.get(f"event_{event}") or self._wait_fors.get(f"event_{event}"))

    def run_command(self, context: "Context", message_id: str, room: "ChatChannel") -> None:
        """Start the command that a message asks for."""
        room.commands.spawn(self._run_command(context, message_id), COMMAND_SECONDS)

    def pay(self, channel_event: ChannelEvent, room: "ChatChannel") -> None:
        """Something happened: pay for it, once, and let people know."""
        room.payments.spawn(self._pay(channel_event, room))

    async def no_command_waits(self) -> None:
        """Returns when nobody waits for the answer to a command."""
        for room in tuple(self.channels.values()):
            await room.commands.idle()

    def _hear_chat(self, frame: Mapping[str, Any]) -> None:
        heard = parse_chat_message(frame)
        self.on_any_chat()
        room = self.channels["twitch"]
        if not room.is_new(heard.line.message_id):
            return
        if self._sender.is_own(heard):
            if room.outbox.limit is not None:
                room.outbox.limit = self._sender.limit_by(frame)
            return
        if not heard.guest:
            if heard.text.startswith(self._prefix) and not is_redemption(frame):
                self._hear_command(frame, heard, room)
            else:
                self.awards.chat(heard.line)
        if self.has_listeners("message"):
            self.dispatch("message", self._message(frame))

    def _hear_command(self, frame: Mapping[str, Any], heard: Heard, room: "ChatChannel") -> None:
        if self.knows_command(heard.text):
            message = self._message(frame)
            message.text = heard.text
            self.run_command(self.get_context(message), heard.line.message_id, room)

    def _message(self, frame: Mapping[str, Any]) -> Any:
        return create_event_instance(CHAT, with_optional_fields(frame), http=self._http)

    async def _run_command(self, context: "Context", message_id: str) -> None:
        use_idempotency_key(message_id, self.clock.now())
        try:
            if await claim_command(self.services.database, message_id, self.clock.now()):
                await self.invoke(context)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever a command did not foresee ends here
            sentence = reply_for(exc, usage(context.command, self._prefix))
            if sentence is not None:
                await context.reply(sentence)

    async def _pay(self, channel_event: ChannelEvent, room: "ChatChannel") -> None:
        if not await self.awards.event(award_for(channel_event, self.settings)):
            return
        self.safe_dispatch(type(channel_event).__name__.lower(), payload=channel_event)
        if isinstance(channel_event, Entrance):
            return  # people come and go all the time
        log.info(
            "%s: %s", type(channel_event).__name__, channel_event.person.login if channel_event.person else "anonymous"
        )
        room.thanks.hear(channel_event)
        if isinstance(channel_event, Sub) and channel_event.gifted:
            return  # the giver's alert stands for all of them
        name = channel_event.person.display_name if channel_event.person else "Somebody"
        alert = (type(channel_event).__name__.lower(), name, f"{name} {alert_words(channel_event)}")
        await self.overlay.alert(*alert)
        if not self.overlay.pages:
            self.services.cluster.tell("alert", json.dumps(alert))  # another process may have a page

    async def _drop(self, removal: Removal) -> None:
        """What a mod took out of chat is not read out either."""
        if removal.message_id:
            await self.queue.drop_message(removal.message_id)
        elif removal.author_id:
            await self.queue.drop_author(removal.author_id)
        else:
            await self.queue.drop_all()
