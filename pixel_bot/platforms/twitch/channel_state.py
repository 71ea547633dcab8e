"""Polls the channel's state, because events tell only of changes: is it live, its chat modes, is the bot a mod."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pixel_bot.model.chat_rules import ChatModes
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, SignInState
from pixel_bot.platforms.twitch.helix import Helix, HelixError, Role

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
CHECK_SECONDS = 300.0
"""Seconds between two polls: an event can get lost."""

FRESH_SECONDS = 240.0
"""For so many seconds an event overrides Twitch's list of streams, which lags behind."""


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

    def on_event(self, frame: Mapping[str, Any]) -> None:
        """Apply an event about the channel.

        Raises:
            KeyError, TypeError, ValueError: it cannot be read.
        """
        event = frame["payload"]["event"]
        match frame["metadata"]["subscription_type"]:
            case "stream.online":
                broadcast = _broadcast(event["id"], event["started_at"])
                self._event_at = asyncio.get_running_loop().time()
                self._stream.went_live(broadcast)
            case "stream.offline":
                self._event_at = asyncio.get_running_loop().time()
                self._stream.went_offline()
            case "channel.moderator.add" | "channel.moderator.remove":
                if event["user_id"] == self._bot_id:
                    self._moderates(frame["metadata"]["subscription_type"].endswith("add"))
            case "channel.chat_settings.update":
                self._modes(_modes_of(event, "slow_mode_wait_time_seconds"))
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
        rows = await self._helix.get("streams", role, user_id=self._owner_id)
        if asyncio.get_running_loop().time() - self._event_at < FRESH_SECONDS:
            return  # Twitch's list lags behind its events
        row = next((r for r in rows if r.get("user_id", self._owner_id) == self._owner_id), None)
        if row is None:
            self._on_unlisted()
            return
        self._was_unlisted = False
        try:
            self._stream.went_live(_broadcast(row["id"], row["started_at"]))
        except (KeyError, ValueError, TypeError):
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
                "moderation/moderators", "broadcaster", broadcaster_id=owner_id, user_id=bot_id
            )
            self._moderates(any(row.get("user_id") == bot_id for row in rows))

    async def _refresh_modes(self) -> None:
        role: Role | None = next((r for r in ROLES if self._accounts.state_of(r) is SignInState.SIGNED_IN), None)
        for row in await self._helix.get("chat/settings", role, broadcaster_id=self._owner_id):
            try:
                self._modes(_modes_of(row, "slow_mode_wait_time"))
            except (KeyError, ValueError, TypeError):
                raise HelixError(0, "its word on the chat's modes cannot be read") from None


def _modes_of(fields: Mapping[str, Any], slow_seconds: str) -> ChatModes:
    """The chat's modes. The event and Helix name the seconds of slow mode differently."""
    return ChatModes(
        slow_seconds=float(fields[slow_seconds] or 0) if fields["slow_mode"] else 0.0,
        followers_only=bool(fields.get("follower_mode")),
        subscribers_only=bool(fields.get("subscriber_mode")),
        emotes_only=bool(fields.get("emote_mode")),
    )


def _broadcast(stream_id: object, started_at: object) -> Broadcast:
    if type(stream_id) is not str or type(started_at) is not str or not stream_id:
        raise ValueError("a stream without an id or a start")
    since = datetime.fromisoformat(started_at)
    return Broadcast(stream_id, since if since.tzinfo else since.replace(tzinfo=UTC))
