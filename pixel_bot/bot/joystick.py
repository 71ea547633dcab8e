"""Chat on Joystick.tv: the same commands, with a context that answers there."""

import logging
from typing import TYPE_CHECKING, Any

from twitchio.models.chat import SentMessage
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.bot.channel import ChatChannel
from pixel_bot.bot.context import Context
from pixel_bot.bot.outbox import Outbox, Send
from pixel_bot.earning.award_batch import line_of
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.chat_message import Spoken
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Person, Platform
from pixel_bot.platforms.twitch.event_parsing import CHAT, with_optional_fields

if TYPE_CHECKING:
    from pixel_bot.bot.bot import PixelBot

log = logging.getLogger(__name__)

PACE_SECONDS = 1.0
"""Nothing is documented on how much one may say, so it is one message a second."""


class JoystickContext(Context):
    """What a command gets that was typed on Joystick.tv."""

    spoken: Spoken
    platform: Platform = "joystick"
    can_whisper = True

    @property
    def person(self) -> Person:
        """The one who typed."""
        return self.spoken.person

    @property
    def is_broadcaster(self) -> bool:
        """True when the streamer typed."""
        return self.spoken.is_streamer

    @property
    def is_mod(self) -> bool:
        """True when a mod or the streamer typed."""
        return self.spoken.is_mod

    async def whisper(self, content: str) -> bool:
        """Say something to the one who typed, and to nobody else."""
        # Who asked can ask again; what was paid for goes first.
        outgoing = Outgoing(content, whisper_to=self.person.login)
        return await self.bot.channels["joystick"].outbox.put(outgoing) is not None

    async def _put(self, content: str, *, me: bool, reply_to: str | None, paid: bool = False) -> SentMessage:
        """There are no threads there, so an answer names who asked."""
        words = content if reply_to is None else f"@{self.person.display_name} {content}"
        return await super()._put(words, me=False, reply_to=reply_to, paid=paid)


class JoystickChannel(ChatChannel):
    """The chat there. What the platform's client hears comes in here, on the event loop."""

    def __init__(self, bot: "PixelBot", send: Send, *, limited: bool) -> None:
        limit = 1 if limited else None
        super().__init__("joystick", Outbox(send, limit, window=PACE_SECONDS, allows_duplicates=True), bot.settings)
        self._bot = bot
        self._prefix = bot.settings.command_prefix

    @property
    def is_congested(self) -> bool:
        """True when the reader should await ``breathe`` before it reads on."""
        return super().is_congested or self._bot.awards.is_full

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        await self._bot.awards.wait_for_capacity()
        await super().wait_for_capacity()

    def on_chat_message(self, spoken: Spoken) -> None:
        """Somebody wrote in chat."""
        if not self.is_new(spoken.id):
            return
        if spoken.text.startswith(self._prefix):
            if self._bot.knows_command(spoken.text):
                self._bot.run_command(self._context(spoken), spoken.id, self)
        else:
            self._bot.awards.chat(line_of(spoken.person, spoken.id, spoken.at))
        if self._bot.has_listeners("message"):
            self._bot.dispatch("message", self._message(spoken))

    def on_channel_event(self, channel_event: ChannelEvent) -> None:
        """Something happened that may pay."""
        self._bot.pay(channel_event, self)

    def _context(self, spoken: Spoken) -> JoystickContext:
        context: JoystickContext = self._bot.get_context(self._message(spoken), cls=JoystickContext)
        context.spoken = spoken
        return context

    def _message(self, spoken: Spoken) -> Any:
        """The message in the form that TwitchIO's commands are built for."""
        person = spoken.person
        badges = [badge for badge, has in (("broadcaster", spoken.is_streamer), ("moderator", spoken.is_mod)) if has]
        event = {
            "broadcaster_user_id": "joystick",
            "broadcaster_user_login": "",
            "broadcaster_user_name": "",
            "chatter_user_id": person.name,
            "chatter_user_login": person.login,
            "chatter_user_name": person.display_name,
            "message_id": spoken.id,
            "badges": [{"set_id": badge, "id": "1", "info": ""} for badge in badges],
            "message": {
                "text": spoken.text,
                "fragments": [
                    {"type": "emote", "text": name, "cheermote": None, "emote": None, "mention": None}
                    for name in spoken.emotes
                ],
            },
        }
        frame = with_optional_fields({"metadata": {}, "payload": {"event": event, "subscription": {}}})
        return create_event_instance(CHAT, frame, http=self._bot.http)
