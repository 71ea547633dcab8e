"""What the bot takes for Joystick.tv: one streamer's channel, and who writes, tips and comes in there."""

import base64
import hashlib
import html
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pixel_bot.platforms.sandbox.faults import Faults, Requests
from pixel_bot.platforms.sandbox.joystick import frames
from pixel_bot.platforms.sandbox.joystick.frames import Json
from pixel_bot.platforms.sandbox.joystick.gateway import Gateway
from pixel_bot.platforms.sandbox.joystick.grants import Grants
from pixel_bot.platforms.sandbox.room import HISTORY, Answers

STREAMER = "Pixel_Street"
BOT = "PixelBot"
REMEMBERED = 5_000
LONGEST = 500


@dataclass(frozen=True, slots=True)
class JoystickLine:
    """A line that somebody can read there: in chat, or the one person it is whispered to."""

    id: str
    username: str
    text: str
    at: datetime
    is_bot: bool = False
    whisper_to: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the bot said, and by which way."""

    text: str
    whisper_to: str
    at: datetime
    by: Literal["gateway", "rest"]


class Joystick:
    """The double."""

    def __init__(self, prefix: str = "!") -> None:
        self.client_id = secrets.token_hex(16)
        # Its key holds a slash or a plus now and then, as real ones do.
        self.client_secret = secrets.token_urlsafe(24)
        self.redirect_uris: set[str] = set()
        """Where an installation may lead back to; empty for anywhere."""
        self.refuses = False
        """True for a streamer who presses "Cancel" instead."""
        self.streamer = STREAMER
        self.channel_id = hashlib.sha256(STREAMER.encode()).hexdigest()[:40]
        self.live = True
        self.echoes = True
        """Whether the bot's own words come back to it."""
        self.accepts: set[str] = {"jwt", "basic"}
        """Which keys open a socket."""
        self.grants = Grants()
        self.faults = Faults()
        self.requests = Requests()
        self.answers = Answers()
        self.gateway = Gateway(self._perform)
        self.said: deque[Said] = deque(maxlen=REMEMBERED)
        self.performed: list[Json] = []
        """What the bot did to chat beside speaking: deleted, muted, blocked."""
        self.recent: deque[JoystickLine] = deque(maxlen=HISTORY)
        """The last lines, oldest first."""
        self.listeners: set[Callable[[JoystickLine], None]] = set()
        self.changed: set[Callable[[], None]] = set()
        """Called when the stream went on or off."""
        self.followers: set[str] = set()
        self.moderators: set[str] = set()
        self.subscribers: set[str] = set()
        self.notified = 0
        """Messages that were sent to the bot, since the start."""
        self._prefix = prefix

    # The installation

    def grant(self) -> tuple[str, str]:
        """The bot is installed: an access token and a refresh token."""
        pair = self.grants.new()
        return pair.access, pair.refresh

    def install_code(self, redirect_uri: str = "") -> str:
        """The code of an installation from the marketplace."""
        return self.grants.code(redirect_uri)

    def expire_tokens(self) -> None:
        """All access tokens end; the refresh tokens still work."""
        self.grants.expire()

    async def uninstall(self) -> None:
        """The streamer sends the bot away."""
        self.grants.withdraw()
        await self.gateway.close_all()

    def opens(self, key: str) -> bool:
        """Whether a key opens a socket."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return ("jwt" in self.accepts and self.grants.is_good(key)) or ("basic" in self.accepts and key == basic)

    # What happens in the channel

    async def say(
        self,
        username: str,
        text: str,
        *,
        message_id: str = "",
        at: datetime | None = None,
        badges: Collection[str] = (),
    ) -> JoystickLine:
        """Somebody writes in chat."""
        line = JoystickLine(message_id or secrets.token_hex(16), username, text, at or datetime.now(UTC))
        if text.startswith(self._prefix):
            self.answers.ask(username.lower())
        self._show(line)
        await self._send_line(line, badges)
        return line

    async def emit(
        self,
        kind: str,
        metadata: Mapping[str, Any],
        *,
        text: str = "",
        event_id: str = "",
        at: datetime | None = None,
    ) -> str:
        """Something happens; ``kind`` is the first version's name. Returns its id."""
        event_id, when = event_id or secrets.token_hex(16), at or datetime.now(UTC)

        def in_version(version: frames.Version) -> Json:
            return frames.event(version, kind, event_id, self.channel_id, text, metadata, when)

        self.notified += await self.gateway.broadcast({"v1": lambda: in_version("v1"), "v2": lambda: in_version("v2")})
        return event_id

    async def tip(self, username: str, tokens: int, item: str = "", **more: Any) -> str:
        """Somebody tips, for something on the tip menu or just so."""
        for_what = f" for <strong>{html.escape(item)}</strong>" if item else ""
        metadata = {"who": username, "what": "Tipped", "how_much": tokens, "tip_menu_item": item or None}
        return await self.emit("Tipped", metadata, text=f"{username} tipped {tokens} tokens{for_what}", **more)

    async def follow(self, username: str, **more: Any) -> str:
        """Somebody follows the channel."""
        self.followers.add(username)
        return await self._happens("Followed", username, "followed", {}, **more)

    async def subscribe(self, username: str, **more: Any) -> str:
        """Somebody subscribes."""
        self.subscribers.add(username)
        return await self._happens("Subscribed", username, "subscribed", {"how_much": 1}, **more)

    async def resubscribe(self, username: str, months: int, **more: Any) -> str:
        """Somebody goes on subscribing."""
        self.subscribers.add(username)
        fields = {"how_long": months, "how_much": 1}
        return await self._happens("Resubscribed", username, "resubscribed", fields, **more)

    async def gift(self, username: str, total: int, **more: Any) -> str:
        """Somebody gives subscriptions away."""
        return await self._happens("GiftedSubscriptions", username, "gifted subs", {"how_much": total}, **more)

    async def wheel(self, username: str, prize: str, **more: Any) -> str:
        """Somebody turned the platform's own wheel."""
        fields = {"how_much": 10, "prize": prize}
        return await self._happens("WheelSpinClaimed", username, "claimed a spin", fields, **more)

    async def raid(self, username: str, viewers: int, **more: Any) -> str:
        """Another streamer comes over."""
        return await self._happens("StreamDroppedIn", username, "dropped in", {"number_of_viewers": viewers}, **more)

    async def enter(self, username: str, **more: Any) -> str:
        """Somebody comes into the stream."""
        return await self.emit("enter_stream", {"username": username}, **more)

    async def leave(self, username: str, **more: Any) -> str:
        """Somebody leaves it."""
        return await self.emit("leave_stream", {"username": username}, **more)

    async def goal(self, username: str, amount: int, **more: Any) -> str:
        """A goal of tips comes nearer. No tip by itself."""
        fields = {"by_user": username, "what": "TipGoalIncreased", "amount": amount, "current": amount, "previous": 0}
        return await self.emit("TipGoalIncreased", fields, text=f"{username} brought the goal nearer", **more)

    async def counts(self, number: int, **more: Any) -> str:
        """There are more followers now. Nobody followed by that."""
        return await self.emit("FollowerCountUpdated", {"number_of_followers": number}, **more)

    async def go_live(self) -> None:
        """The stream begins."""
        if not self.live:
            self.live = True
            await self.emit("Started", {})
            self._tell_changed()

    async def go_offline(self) -> None:
        """The stream ends."""
        if self.live:
            self.live = False
            await self.emit("Ended", {})
            self._tell_changed()

    # What the bot says

    async def hear_bot(self, text: str, whisper_to: str, by: Literal["gateway", "rest"]) -> str:
        """The bot speaks. Returns an error where that cannot be."""
        if not text.strip() or len(text) > LONGEST:
            return "text must have 1 to 500 characters"
        line = JoystickLine(secrets.token_hex(16), BOT, text, datetime.now(UTC), is_bot=True, whisper_to=whisper_to)
        self.said.append(Said(text, whisper_to, line.at, by))
        name = whisper_to or (text[1:].split(maxsplit=1)[0] if text.startswith("@") else "")
        self.answers.answered(name.rstrip(",:").lower())
        self._show(line)
        if self.echoes and not whisper_to:
            await self._send_line(line, {"bot"})
        return ""

    async def _perform(self, data: Json) -> str:
        if data.get("channel_id") != self.channel_id:
            return "unknown channel"
        text, username = str(data.get("text", "")), str(data.get("username", ""))
        match data.get("action"):
            case "send_message":
                return await self.hear_bot(text, "", "gateway")
            case "send_whisper":
                return await self.hear_bot(text, username, "gateway") if username else "username is missing"
            case "delete_message" | "mute_user" | "unmute_user" | "block_user":
                self.performed.append(data)
                return ""
            case _:
                return "unknown action"

    async def _happens(self, kind: str, who: str, words: str, fields: Json, **more: Any) -> str:
        return await self.emit(
            kind, {"who": who, "what": kind, **fields}, text=f"<b>{html.escape(who)}</b> {words}", **more
        )

    async def _send_line(self, line: JoystickLine, badges: Collection[str]) -> None:
        channel = (self.channel_id, self.streamer)

        def in_version(version: frames.Version) -> Json:
            return frames.chat(version, line.id, channel, line.username, line.text, badges, line.at)

        self.notified += await self.gateway.broadcast({"v1": lambda: in_version("v1"), "v2": lambda: in_version("v2")})

    def _show(self, line: JoystickLine) -> None:
        self.recent.append(line)
        for tell in tuple(self.listeners):
            tell(line)

    def _tell_changed(self) -> None:
        for tell in tuple(self.changed):
            tell()
