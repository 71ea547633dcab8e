"""The double of Twitch: the state of the streamer's channel, and the events that it sends."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.channel_points import Points, Redemption
from pixel_bot.sandbox.twitch.chat_log import Answers, ChatLog, SandboxMessage
from pixel_bot.sandbox.twitch.chat_settings import ChatSettings
from pixel_bot.sandbox.twitch.clips import Clips
from pixel_bot.sandbox.twitch.eventsub import EventSub
from pixel_bot.sandbox.twitch.faults import Faults, Requests
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.subscription_types import REDEMPTION
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, SandboxUsers

__all__ = ["SandboxMessage", "SandboxSession", "TwitchDouble"]

TIMEOUT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban: of whom, by which mod, and since and until when; ``until`` is None for one for good."""

    who: SandboxUser
    by: SandboxUser
    since: datetime
    until: datetime | None


class TwitchDouble(EventSub):
    """What the bot takes for Twitch."""

    def __init__(self, users: SandboxUsers, prefix: str = "!") -> None:
        super().__init__()
        self.users = users
        self._prefix = prefix
        self.chat_log = ChatLog()
        self.listeners: set[Callable[[SandboxMessage], None]] = set()
        self.removals: set[Callable[[list[str]], None]] = set()
        """Called with the ids of messages that a mod removed."""
        self.changed: set[Callable[[], None]] = set()
        """Called when the stream or a reward changed, or somebody spent channel points."""
        self.answers = Answers()
        self.clips = Clips()
        self.points = Points()
        self.present: set[SandboxUser] = set()
        """Who is in chat; whoever writes joins."""
        self.bans: dict[str, Ban] = {}
        """Bans and timeouts, by the user's id."""
        self.chat_settings = ChatSettings()
        """Chat's modes, and Twitch's limits; nothing is enforced until a test asks for it."""
        self.held: list[SandboxMessage] = []
        """What AutoMod holds, until ``decide``."""
        self.warnings: list[tuple[SandboxUser, str]] = []
        """Who was warned, and why."""
        self.announcements: list[str] = []
        self.shoutouts: list[SandboxUser] = []
        """The channels that were shown to chat."""
        self.title = "An evening in the sandbox"
        self.category_id = "509658"
        """Empty for none."""
        self.live = True
        """Whether the stream is on. Where it is not, Twitch makes no clip."""
        self.stream_id = _number()
        self.started_at = datetime.now(UTC)
        self.faults = Faults()
        self.requests = Requests()
        users.revoked.add(lambda user_id: self.spawn(self.end_subscriptions(user_id)))

    async def request_count(self, path: str, method: str = "GET", count: int = 1) -> None:
        """Wait until the double has received so many requests, since its start, for a path like ``chat/messages``."""
        await self.requests.times_requested(path, method, count)

    def tell_changed(self) -> None:
        """Notify open pages of a change."""
        for callback in tuple(self.changed):
            callback()

    # The stream

    async def go_live(self) -> None:
        """The stream begins; one that is on goes on."""
        if self.live:
            return
        self.live, self.stream_id, self.started_at = True, _number(), datetime.now(UTC)
        self.points.new_stream()
        self.tell_changed()
        await self.emit("stream.online", frames.stream_online(self.stream_id, self.started_at))

    async def go_offline(self) -> None:
        """The stream ends, if it is on."""
        if not self.live:
            return
        self.live = False
        self.tell_changed()
        await self.emit("stream.offline", frames.stream_offline(self.stream_id))

    # Chat

    async def say(
        self,
        who: SandboxUser,
        text: str,
        *,
        message_id: str = "",
        at: datetime | None = None,
        reply_to: str | None = None,
        reward_id: str | None = None,
        bits: int = 0,
    ) -> SandboxMessage:
        """Somebody writes in chat; ``reward_id`` where it came with a redemption, ``bits`` where it is a cheer."""
        when = at or datetime.now(UTC)
        message = SandboxMessage(
            message_id or secrets.token_hex(16), who, text, when, self.chat_log.author(reply_to), reply_to
        )
        self.chat_log.add(message)
        self.present.add(who)
        for listener in self.listeners:
            listener(message)
        if who.login != BOT.login and text.startswith(self._prefix):
            self.answers.ask(message.id)
        reply = self.chat_log.reply(reply_to)
        event = frames.chat_message(who, text, message.id, reply, self.users.mentioned, bits)
        event["badges"] = frames.badges(self.users.badges_of(who))
        event["channel_points_custom_reward_id"] = reward_id
        await self.notify("channel.chat.message", event, message.id, message.at)
        return message

    def hold(self, who: SandboxUser, text: str, reply_to: str | None) -> None:
        """AutoMod holds a message."""
        self.held.append(SandboxMessage(secrets.token_hex(16), who, text, datetime.now(UTC), reply_id=reply_to))
        self.tell_changed()

    async def decide(self, held: SandboxMessage, *, allowed: bool, told: bool = True) -> None:
        """A mod decides on a held message; ``told`` is False where the author's event of it is lost."""
        self.held.remove(held)
        if told:
            event = notices.held_message(held.who, held.id, held.text, "approved" if allowed else "denied")
            await self.emit("channel.chat.user_message_update", event)
        if allowed:
            await self.say(held.who, held.text, message_id=held.id, reply_to=held.reply_id)

    async def delete(self, message: SandboxMessage) -> None:
        """A mod deletes a message."""
        if self._remove(lambda other: other.id == message.id):
            await self.emit("channel.chat.message_delete", frames.message_delete(message.who, message.id))

    async def time_out(self, who: SandboxUser, by: SandboxUser = STREAMER) -> None:
        """A mod times somebody out, which removes all of their messages."""
        await self.ban(who, datetime.now(UTC) + TIMEOUT, by)

    async def ban(self, who: SandboxUser, until: datetime | None = None, by: SandboxUser = STREAMER) -> None:
        """A mod bans somebody, until then or for good, which removes all of their messages."""
        self._remove(lambda message: message.who.id == who.id)
        self.present = {person for person in self.present if person.id != who.id}
        self.users.meet(who)
        self.bans[who.id] = Ban(who, by, datetime.now(UTC), until)
        await self.emit("channel.chat.clear_user_messages", frames.clear_user_messages(who))
        await self.emit("channel.ban", frames.ban(who, by, datetime.now(UTC), until))

    async def unban(self, who: SandboxUser, by: SandboxUser = STREAMER) -> None:
        """A mod lifts a ban."""
        self.bans.pop(who.id, None)
        await self.emit("channel.unban", frames.unban(who, by))

    async def clear(self) -> None:
        """A mod clears the chat."""
        self._remove(lambda message: True)
        await self.emit("channel.chat.clear", frames.chat_clear())

    async def tell_chat_settings(self) -> None:
        """Send the event of chat's modes, after they were changed."""
        await self.emit("channel.chat_settings.update", self.chat_settings.as_event())

    def _remove(self, fits: Callable[[SandboxMessage], bool]) -> bool:
        gone = self.chat_log.remove(fits)
        for callback in self.removals if gone else ():
            callback(gone)
        return bool(gone)

    async def add_moderator(self, who: SandboxUser) -> None:
        """The streamer makes somebody a mod."""
        self.users.meet(who)
        self.users.moderators.add(who.id)
        await self.emit("channel.moderator.add", frames.moderator_change(who))

    async def remove_moderator(self, who: SandboxUser) -> None:
        """Somebody is no mod any more."""
        if self.users.meet(who).role == "moderator":
            self.users.settle(replace(who, role="viewer"))
        self.users.moderators.discard(who.id)
        await self.emit("channel.moderator.remove", frames.moderator_change(who))

    # Channel points

    async def redeem(self, who: SandboxUser, reward_id: str, user_input: str = "") -> Redemption:
        """Somebody redeems a reward; its text is sent to chat, too.

        Raises:
            RewardRefused: it may not be, now or at all.
        """
        made = self.points.redeem(self.users.meet(who), reward_id, user_input)
        self.tell_changed()
        if made.words:
            await self.say(who, made.words, reward_id=reward_id)
        await self.notify(f"{REDEMPTION}.add", made.as_event(), secrets.token_hex(16), made.at)
        return made

    async def tell_settled(self, ended: list[Redemption]) -> None:
        """Send the events of redemptions that were fulfilled or canceled."""
        self.tell_changed()
        for redemption in ended:
            await self.emit(f"{REDEMPTION}.update", redemption.as_event())


def _number() -> str:
    """An id of digits only, as streams have them."""
    return str(10_000_000_000 + secrets.randbelow(90_000_000_000))
