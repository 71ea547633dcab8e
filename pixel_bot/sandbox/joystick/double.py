"""The double of Joystick.tv: one streamer's channel, its chat and its events."""

import base64
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from typing_extensions import override

from pixel_bot.sandbox.joystick import frames
from pixel_bot.sandbox.joystick.events import Events
from pixel_bot.sandbox.joystick.frames import Json
from pixel_bot.sandbox.joystick.gateway import Gateway
from pixel_bot.sandbox.joystick.grants import Grants
from pixel_bot.sandbox.twitch.chat_log import HISTORY, Answers
from pixel_bot.sandbox.twitch.faults import Faults, Requests

STREAMER = "Pixel_Street"
BOT = "PixelBot"
REMEMBERED = 5_000
LONGEST = 500


@dataclass(frozen=True, slots=True)
class JoystickMessage:
    """A message in chat, or a whisper to one person."""

    id: str
    username: str
    text: str
    at: datetime
    is_bot: bool = False
    whisper_to: str = ""
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentByBot:
    """A message that the bot sent, and by which transport."""

    text: str
    whisper_to: str
    at: datetime
    by: Literal["gateway", "rest"]


class JoystickDouble(Events):
    """The double."""

    def __init__(self, prefix: str = "!") -> None:
        super().__init__()
        self.client_id = secrets.token_hex(16)
        # Whatever stands before it: its Basic key holds a plus and a slash, and must be quoted in an address.
        self.client_secret = f"{secrets.token_urlsafe(24)}~?~?~?"
        self.redirect_uris: set[str] = set()
        """Where an installation may lead back to; empty for anywhere."""
        self.refuses = False
        """True for a streamer who presses "Cancel" instead."""
        self.streamer = STREAMER
        self.channel_id = hashlib.sha256(STREAMER.encode()).hexdigest()[:40]
        self.live = True
        self.bot = BOT
        """Under which name the bot's words appear."""
        self.echoes = True
        """Whether they come back to it."""
        self.accepts: set[str] = {"jwt", "basic"}
        """Which keys open a socket."""
        self.grants = Grants()
        self.faults = Faults()
        self.requests = Requests()
        self.answers = Answers()
        self.gateway = Gateway(self._perform)
        self.said: deque[SentByBot] = deque(maxlen=REMEMBERED)
        self.performed: deque[Json] = deque(maxlen=REMEMBERED)
        """The bot's moderation commands: delete, mute, block."""
        self.recent: deque[JoystickMessage] = deque(maxlen=HISTORY)
        """The last lines, oldest first."""
        self.listeners: set[Callable[[JoystickMessage], None]] = set()
        self.changed: set[Callable[[], None]] = set()
        """Called when the stream went on or off."""
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
    ) -> JoystickMessage:
        """Somebody writes in chat, with the badges that they have here, and more."""
        badges = tuple(dict.fromkeys((*self.badges_of(username), *badges)))
        when = at or datetime.now(UTC)
        message = JoystickMessage(message_id or secrets.token_hex(16), username, text, when, badges=badges)
        if text.startswith(self._prefix):
            self.answers.ask(username.lower())
        self._show(message)
        await self._send_message(message)
        return message

    def badges_of(self, username: str) -> tuple[str, ...]:
        """What somebody is in this channel."""
        held = (("streamer", {self.streamer}), ("mod", self.moderators), ("subscriber", self.subscribers))
        return tuple(badge for badge, names in held if username in names)

    @override
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

    # Commands of the bot

    async def on_bot_message(self, text: str, whisper_to: str, by: Literal["gateway", "rest"]) -> str:
        """The bot sends a message. Returns an error where it is refused."""
        if not text.strip() or len(text) > LONGEST:
            return "text must have 1 to 500 characters"
        badges, now = ("bot", *self.badges_of(self.bot)), datetime.now(UTC)
        message = JoystickMessage(secrets.token_hex(16), self.bot, text, now, True, whisper_to, badges)
        self.said.append(SentByBot(text, whisper_to, message.at, by))
        name = whisper_to or (text[1:].split(maxsplit=1)[0] if text.startswith("@") else "")
        self.answers.answered(name.rstrip(",:").lower())
        self._show(message)
        if self.echoes and not whisper_to:
            await self._send_message(message)
        return ""

    async def _perform(self, data: Json) -> str:
        if data.get("channel_id") != self.channel_id:
            return "unknown channel"
        text, username = str(data.get("text", "")), str(data.get("username", ""))
        match data.get("action"):
            case "send_message":
                return await self.on_bot_message(text, "", "gateway")
            case "send_whisper":
                return await self.on_bot_message(text, username, "gateway") if username else "username is missing"
            case "delete_message" | "mute_user" | "unmute_user" | "block_user":
                return self._moderate(data)
            case _:
                return "unknown action"

    def _moderate(self, data: Json) -> str:
        """Bots cannot mute or block the streamer."""
        author = next((message.username for message in self.recent if message.id == data.get("message_id")), "")
        if author == self.streamer and data["action"] in {"mute_user", "block_user"}:
            return "the streamer cannot be muted or blocked"
        self.performed.append(data)
        return ""

    async def _send_message(self, message: JoystickMessage) -> None:
        channel = (self.channel_id, self.streamer)

        def in_version(version: frames.Version) -> Json:
            return frames.chat(version, message.id, channel, message.username, message.text, message.badges, message.at)

        self.notified += await self.gateway.broadcast({"v1": lambda: in_version("v1"), "v2": lambda: in_version("v2")})

    def _show(self, message: JoystickMessage) -> None:
        self.recent.append(message)
        for callback in tuple(self.listeners):
            callback(message)

    def _tell_changed(self) -> None:
        for callback in tuple(self.changed):
            callback()
