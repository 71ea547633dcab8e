"""How the bot speaks over Helix, and how it knows its own words when they come back."""

from collections.abc import Mapping
from typing import Any

from twitchio import HTTPException, PartialUser
from twitchio.exceptions import MessageRejectedError

from pixel_bot.chat.hearing import Heard
from pixel_bot.chat.outbox import LIMIT, LIMIT_AS_MOD, Outgoing, SendFailed
from pixel_bot.services.memory import Memory

MAY_SEND_MORE = {"moderator", "lead_moderator", "broadcaster"}


class Voice:
    """Sends messages as the bot, into the streamer's channel."""

    def __init__(self, http: Any, bot_id: str, owner_id: str) -> None:
        self._http = http
        self._bot_id = bot_id
        self._owner_id = owner_id
        self._sent: Memory[str, bool] = Memory(200)
        self._on_the_way: set[str] = set()
        self._as_app = True

    async def send(self, message: Outgoing) -> str:
        """Send a message. Returns its id.

        Raises:
            SendFailed: Twitch did not take it. Its text holds no URL, which could hold a secret.
        """
        self._on_the_way.add(message.text)
        try:
            sent = await self._send(message)
        except MessageRejectedError as exc:
            raise SendFailed(f"Twitch dropped it: {exc.code} {exc.message}", retry=False) from None
        except HTTPException as exc:
            retry = exc.status == 429 or exc.status >= 500
            raise SendFailed(f"Twitch answered {exc.status}: {exc.extra.get('message', '')}", retry=retry) from None
        except (OSError, TimeoutError) as exc:
            raise SendFailed(f"Twitch cannot be reached: {type(exc).__name__}", retry=True) from None
        finally:
            self._on_the_way.discard(message.text)
        self._sent.put(sent.id, True)
        return sent.id

    async def _send(self, message: Outgoing) -> Any:
        """As the application, which shows the bot's badge; where that is not allowed, as the bot's account."""
        if self._as_app:
            try:
                return await self._send_as(None, message)
            except HTTPException as exc:
                if exc.status not in {401, 403}:
                    raise
                self._as_app = False
        return await self._send_as(self._bot_id, message)

    async def _send_as(self, token_for: str | None, message: Outgoing) -> Any:
        channel = PartialUser(id=self._owner_id, http=self._http)
        return await channel.send_message(
            message.text, sender=self._bot_id, reply_to_message_id=message.reply_to, token_for=token_for
        )

    def is_own(self, heard: Heard) -> bool:
        """Where bot and streamer share an account only what we sent is ours, else all that the account writes."""
        if heard.line.platform_id != self._bot_id:
            return False
        if self._bot_id != self._owner_id:
            return True
        return self._sent.get(heard.line.message_id) is not None or heard.text in self._on_the_way

    def limit_by(self, frame: Mapping[str, Any]) -> int:
        """Our own messages come back with our badges: moderators may send more."""
        badges = {badge.get("set_id") for badge in frame["payload"]["event"].get("badges") or ()}
        return LIMIT_AS_MOD if badges & MAY_SEND_MORE else LIMIT
