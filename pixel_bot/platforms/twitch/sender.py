"""How the bot speaks over Helix, and how it knows its own words when they come back."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twitchio import HTTPException, PartialUser
from twitchio.exceptions import MessageRejectedError

from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.texts import visible

DUPLICATE = "msg_duplicate"
LIMIT, LIMIT_AS_MOD = 20, 100
"""Messages in 30 seconds, from an account and from one that moderates the channel
(https://dev.twitch.tv/docs/chat/#rate-limits)."""

UNCONFIRMED_SECONDS = 30.0
"""Longer than the pause before a message is sent again."""

MAY_SEND_MORE = {"moderator", "lead_moderator", "broadcaster"}


@dataclass(slots=True)
class _Unconfirmed:
    """Words that Twitch may have taken although its answer was lost: first sent then, last then."""

    since: float
    last: float


class TwitchSender:
    """Sends messages as the bot, into the streamer's channel."""

    def __init__(self, http: Any, bot_id: str, owner_id: str) -> None:
        self._http = http
        self._bot_id = bot_id
        self._owner_id = owner_id
        self._sent: LruCache[str, bool] = LruCache(200)
        self._on_the_way: Counter[str] = Counter()
        self._unconfirmed: dict[str, _Unconfirmed] = {}
        self._echoes: LruCache[str, tuple[float, str]] = LruCache(200)
        self._as_app = True

    async def send(self, message: Outgoing) -> str:
        """Send a message. Returns its id.

        Raises:
            SendFailed: Twitch did not take it, as far as we know. Its text holds no URL, which could hold a secret.
        """
        words, now = _key(message.text), time.monotonic()
        before = self._unconfirmed.pop(words, None)
        if (
            before is not None
            and now - before.last < UNCONFIRMED_SECONDS
            and (heard := self._echoed_id(words, before.since))
        ):
            return heard
        self._on_the_way[words] += 1
        try:
            sent = await self._send(message)
        except MessageRejectedError as exc:
            duplicate = exc.code == DUPLICATE
            raise SendFailed(f"Twitch dropped it: {exc.code} {exc.message}", retry=False, duplicate=duplicate) from None
        except HTTPException as exc:
            retry = exc.status == 429 or exc.status >= 500
            raise SendFailed(f"Twitch answered {exc.status}: {exc.extra.get('message', '')}", retry=retry) from None
        except (OSError, TimeoutError) as exc:
            since = before.since if before is not None else now
            if heard := self._echoed_id(words, since):
                return heard
            self._note_unconfirmed(words, since)
            raise SendFailed(f"Twitch cannot be reached: {type(exc).__name__}", retry=True, unconfirmed=True) from None
        except (LookupError, TypeError, AttributeError, ValueError):
            raise SendFailed("Twitch's answer to it cannot be read", retry=False) from None
        finally:
            self._on_the_way[words] -= 1
            if not self._on_the_way[words]:
                del self._on_the_way[words]
        if not sent.sent:
            raise SendFailed("Twitch dropped it, and does not say why", retry=False)
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

    def _echoed_id(self, words: str, since: float) -> str:
        """The id under which our own words came back since then: Twitch has them, whatever became of its answer."""
        at, message_id = self._echoes.get(words) or (0.0, "")
        return message_id if at >= since else ""

    def _note_unconfirmed(self, words: str, since: float) -> None:
        now = time.monotonic()
        self._unconfirmed = {text: u for text, u in self._unconfirmed.items() if now - u.last < UNCONFIRMED_SECONDS}
        self._unconfirmed[words] = _Unconfirmed(since, now)

    def is_own(self, message: ChatMessage) -> bool:
        """Where bot and streamer share an account only what we sent is ours, else all that the account writes."""
        if message.platform_id != self._bot_id:
            return False
        words, now = _key(message.text), time.monotonic()
        unconfirmed = self._unconfirmed.get(words)
        ours = words in self._on_the_way or (unconfirmed is not None and now - unconfirmed.last < UNCONFIRMED_SECONDS)
        if ours:
            self._echoes.put(words, (now, message.id))
        return ours or self._bot_id != self._owner_id or self._sent.get(message.id) is not None

    def limit_by(self, frame: Mapping[str, Any]) -> int:
        """Our own messages come back with our badges: moderators may send more."""
        badges = {badge.get("set_id") for badge in frame["payload"]["event"].get("badges") or ()}
        return LIMIT_AS_MOD if badges & MAY_SEND_MORE else LIMIT


def _key(text: str) -> str:
    """What stays of a text that Twitch sends round: ``/me`` comes back as an action, white space as one."""
    text = text.removeprefix("/me ").removeprefix("\x01ACTION ").removesuffix("\x01")
    return " ".join(visible(text).split())
