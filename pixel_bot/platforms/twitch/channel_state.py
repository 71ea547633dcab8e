"""Polls the channel's state, because events tell only of changes: is it live, its chat modes, is the bot a mod."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from pixel_bot.model.chat_rules import ChatModes
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, SignInState
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.structs import (
    ChatSettingsEvent,
    ModeratorEvent,
    StreamOnlineEvent,
    payloads,
)
from pixel_bot.platforms.twitch.helix import Helix, HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import ChatSettings, Member, StreamRow

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
CHECK_SECONDS = 300.0
"""Seconds between two polls: an event can get lost."""

FRESH_SECONDS = 240.0
"""For so many seconds an event overrides Twitch's list of streams, which lags behind."""

_ONLINE = payloads(StreamOnlineEvent)
_MODERATORS = payloads(ModeratorEvent)
_SETTINGS = payloads(ChatSettingsEvent)


class ChannelState:
    """Keeps the stream's state current, and reports whether the bot moderates the channel.

    Args:
        helix, accounts: for the requests.
        ids: of the bot and of the broadcaster.
        stream: the state to update.
        moderates: called with whether the bot is a moderator, or the broadcaster.
        modes: called with the modes of the channel's chat.
    """

    def __init__(
        self,
        helix: Helix,
        accounts: Accounts,
        ids: tuple[str, str],
        stream: Stream,
        moderates: Callable[[bool], None],
        modes: Callable[[ChatModes], None] = lambda _: None,
    ) -> None:
        self._helix = helix
        self._accounts = accounts
        self._bot_id, self._owner_id = ids
        self._stream = stream
        self._moderates = moderates
        self._modes = modes
        self._wake = asyncio.Event()
        self._event_at = -FRESH_SECONDS
        self._was_unlisted = False

    def on_event(self, frame: Frame) -> None:
        """Apply an event about the channel.

        Raises:
            Unreadable: a needed field is missing or of another type.
        """
        kind = frame.metadata.subscription_type
        match kind:
            case "stream.online":
                broadcast = _broadcast(decode_payload(frame, _ONLINE).event)
                self._event_at = asyncio.get_running_loop().time()
                self._stream.went_live(broadcast)
            case "stream.offline":
                self._event_at = asyncio.get_running_loop().time()
                self._stream.went_offline()
            case "channel.moderator.add" | "channel.moderator.remove":
                if decode_payload(frame, _MODERATORS).event.user_id == self._bot_id:
                    self._moderates(kind.endswith("add"))
            case "channel.chat_settings.update":
                event = decode_payload(frame, _SETTINGS).event
                self._modes(_modes_of(event, event.slow_mode_wait_time_seconds))
            case _:
                return

    def check_soon(self) -> None:
        """Poll soon: events may have been missed."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._wake.clear()
            succeeded = await self._refresh()
            try:
                async with asyncio.timeout(CHECK_SECONDS if succeeded else RETRY_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _refresh(self) -> bool:
        succeeded = True
        for ask in (self._refresh_stream, self._refresh_moderator, self._refresh_modes):
            try:
                await ask()
            except HelixError as exc:
                log.info("The channel's state could not be asked for: %s", exc)
                succeeded = succeeded and not exc.may_pass
        return succeeded

    async def _refresh_stream(self) -> None:
        role = "broadcaster" if self._accounts.state_of("broadcaster") is SignInState.SIGNED_IN else None
        rows = await self._helix.get("streams", role, StreamRow, user_id=self._owner_id)
        if asyncio.get_running_loop().time() - self._event_at < FRESH_SECONDS:
            return  # Twitch's list lags behind its events
        row = next((r for r in rows if (r.user_id or self._owner_id) == self._owner_id), None)
        if row is None:
            self._on_unlisted()
            return
        self._was_unlisted = False
        try:
            self._stream.went_live(_broadcast(row))
        except Unreadable:
            raise HelixError(0, "its word on the stream cannot be read") from None

    def _on_unlisted(self) -> None:
        """Twitch's list leaves a live channel out for a moment now and then, so one empty answer is not enough."""
        if self._stream.is_live and not self._was_unlisted:
            self._was_unlisted = True
            raise HelixError(0, "it does not list the stream, and told of no end")
        self._was_unlisted = False
        self._stream.went_offline()

    async def _refresh_moderator(self) -> None:
        bot_id, owner_id = self._bot_id, self._owner_id
        if bot_id == owner_id:
            self._moderates(True)
        elif self._accounts.state_of("broadcaster") is SignInState.SIGNED_IN:
            rows = await self._helix.get(
                "moderation/moderators", "broadcaster", Member, broadcaster_id=owner_id, user_id=bot_id
            )
            self._moderates(any(row.user_id == bot_id for row in rows))

    async def _refresh_modes(self) -> None:
        role: Role | None = next((r for r in ROLES if self._accounts.state_of(r) is SignInState.SIGNED_IN), None)
        for row in await self._helix.get("chat/settings", role, ChatSettings, broadcaster_id=self._owner_id):
            self._modes(_modes_of(row, row.slow_mode_wait_time))


def _modes_of(settings: ChatSettingsEvent | ChatSettings, slow_seconds: float | None) -> ChatModes:
    """The chat's modes. The event and Helix name the seconds of slow mode differently."""
    return ChatModes(
        slow_seconds=(slow_seconds or 0.0) if settings.slow_mode else 0.0,
        followers_only=settings.follower_mode,
        subscribers_only=settings.subscriber_mode,
        emotes_only=settings.emote_mode,
    )


def _broadcast(stream: StreamOnlineEvent | StreamRow) -> Broadcast:
    """The broadcast that an event, or a row, tells of.

    Raises:
        Unreadable: it does not say when it began.
    """
    try:
        since = datetime.fromisoformat(stream.started_at)
    except ValueError:
        raise Unreadable("a stream without a start") from None
    return Broadcast(stream.id, since if since.tzinfo else since.replace(tzinfo=UTC))
