"""Chat on Joystick.tv: the same commands, with a context that answers there."""

import re
from functools import partial
from typing import Any

from twitchio.models.chat import SentMessage
from typing_extensions import override

from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.channel import ChatChannel, say_nothing
from pixel_bot.bot.context import Context
from pixel_bot.bot.delivery.outbox import Outbox, Send
from pixel_bot.bot.spelling import Request
from pixel_bot.model.channel_events import ChannelEvent, Entrance
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.chat_rules import SendRules
from pixel_bot.model.heard_chat import ChatRole, Fragment
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Person, Platform

PACE_SECONDS = 1.0
"""Nothing is documented on how much one may say, so it is one message a second."""


class JoystickDetails:
    """What of a message there is read only when it is asked for."""

    __slots__ = ("_message",)

    def __init__(self, message: ChatMessage) -> None:
        self._message = message

    @property
    def roles(self) -> frozenset[ChatRole]:
        """What the author is in the channel there, as far as the platform says."""
        mod, streamer = self._message.is_mod, self._message.is_streamer
        return frozenset([*(["mod"] if mod or streamer else []), *(["streamer"] if streamer else [])])

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """The message's emotes, and what stands between them."""
        names = sorted(self._message.emotes, key=len, reverse=True)
        if not names:
            return (Fragment("text", self._message.text),) if self._message.text else ()
        parts = re.split(f"({'|'.join(map(re.escape, names))})", self._message.text)
        return tuple(Fragment("emote" if part in names else "text", part) for part in parts if part)


class JoystickContext(Context):
    """What a command gets that was typed on Joystick.tv."""

    chat: ChatMessage
    platform: Platform = "joystick"
    can_whisper = True

    @property
    @override
    def person(self) -> Person:
        """The one who typed."""
        return self.chat.person

    @property
    @override
    def is_broadcaster(self) -> bool:
        """True when the streamer typed."""
        return self.chat.is_streamer

    @property
    @override
    def is_mod(self) -> bool:
        """True when a mod or the streamer typed."""
        return self.chat.is_mod

    @property
    @override
    def roles(self) -> frozenset[ChatRole]:
        """What the one who typed is in the channel there."""
        return JoystickDetails(self.chat).roles

    @override
    async def whisper(self, content: str) -> bool:
        """Say something to the one who typed, and to nobody else."""
        # Who asked can ask again; what was paid for goes first.
        outgoing = Outgoing(content, whisper_to=self.person.login, asker=self.asker_key, rank=self.rank)
        return await self.bot.channels["joystick"].outbox.put(outgoing) is not None

    @override
    async def _put(
        self, content: str, *, me: bool, reply_to: str | None, paid: bool = False, interim: bool = False
    ) -> SentMessage:
        """There are no threads there, so an answer names who asked."""
        words = content if reply_to is None else f"@{self.person.display_name} {content}"
        return await super()._put(words, me=False, reply_to=None, paid=paid, interim=interim)


class JoystickChannel(ChatChannel):
    """The chat there. What the platform's client hears comes in here, on the event loop."""

    def __init__(self, bot: PixelBot, send: Send, *, limited: bool) -> None:
        if bot.settings.silent:
            send, limited = say_nothing, False
        rules = SendRules(messages=1, window=PACE_SECONDS) if limited else None
        super().__init__("joystick", Outbox(send, rules, allows_duplicates=True))
        self._bot = bot

    @property
    @override
    def is_congested(self) -> bool:
        """True when the reader should await ``wait_for_capacity`` before it reads on."""
        return super().is_congested or self._bot.awards.is_full

    @override
    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        await self._bot.awards.wait_for_capacity()
        await super().wait_for_capacity()

    async def whisper(self, login: str, text: str) -> None:
        """Say something to one person, and to nobody else."""
        await self.outbox.put(Outgoing(text, whisper_to=login, paid=True))

    def on_chat_message(self, message: ChatMessage) -> None:
        """Somebody wrote in chat."""
        if not self.is_new(message.id):
            return
        self._bot.outside.joystick.note(message)
        if self._bot.runtime.filters.is_needed:
            self._bot.runtime.filtered(message, JoystickDetails(message), self.tasks, partial(self._take, message))
        else:
            self._take(message)

    def _take(self, message: ChatMessage) -> None:
        """It earns something, or starts a command, and cogs hear it."""
        self._bot.approvals.note(message, is_mod=message.is_mod)
        spelling = self._bot.runner.spelling
        is_answer = self._bot.runtime.confirmations.note(message)
        request = None if is_answer else spelling.request_in(message.text, is_reply=False, is_mod=message.is_mod)
        if request is None:
            self._bot.awards.chat(message)
        else:
            self._on_request(message, request)
        if self._bot.runtime.hears_chat:
            self._bot.runtime.on_chat(message, JoystickDetails(message))

    def on_channel_event(self, channel_event: ChannelEvent) -> None:
        """Something happened that may pay."""
        person, ignored = channel_event.person, self._bot.services.ignore_list.now
        if isinstance(channel_event, Entrance) and person is not None and ignored.has_person(person):
            return  # who does not play comes in unnoticed
        self._bot.events.start(channel_event, self)

    def _on_request(self, message: ChatMessage, request: Request) -> None:
        self._bot.awards.heard.note(message.person)
        spelling = self._bot.runner.spelling
        command = spelling.command_in(request)
        if command is not None:
            name = spelling.name_in(request)
            self._bot.runtime.on_command(message.person, name, is_addressed=request.is_addressed)
            self._bot.runner.start(self._context(message._replace(text=command)), message.id, self)

    def _context(self, message: ChatMessage) -> JoystickContext:
        context: JoystickContext = self._bot.get_context(self._twitchio_message(message), cls=JoystickContext)
        context.chat = message
        return context

    def _twitchio_message(self, message: ChatMessage) -> Any:
        """The message in the form that TwitchIO's commands are built for."""
        person = message.person
        badges = [badge for badge, has in (("broadcaster", message.is_streamer), ("moderator", message.is_mod)) if has]
        event = {
            "broadcaster_user_id": "joystick",
            "broadcaster_user_login": "",
            "broadcaster_user_name": "",
            "chatter_user_id": person.name,
            "chatter_user_login": person.login,
            "chatter_user_name": person.display_name,
            "message_id": message.id,
            "badges": [{"set_id": badge, "id": "1", "info": ""} for badge in badges],
            "message": {
                "text": message.text,
                "fragments": [
                    {"type": "emote", "text": name, "cheermote": None, "emote": None, "mention": None}
                    for name in message.emotes
                ],
            },
        }
        return self._bot.twitchio_message({"metadata": {}, "payload": {"event": event, "subscription": {}}})
