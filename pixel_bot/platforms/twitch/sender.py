"""How the bot speaks over Helix, and how it knows its own words when they come back."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twitchio import HTTPException, PartialUser
from twitchio.exceptions import MessageRejectedError

from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.chat_rules import Standing
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.twitch.held_messages import HeldMessages, Verdict
from pixel_bot.texts import visible

log = logging.getLogger(__name__)

DUPLICATE, NOT_UNIQUE = "msg_duplicate", "msg_r9k"
TOO_SOON = frozenset({"msg_ratelimit", "msg_slowmode", DUPLICATE})
"""Drop reasons of a message that is taken when it is sent again later."""

HELD_CODES = frozenset({"automod_held", "msg_rejected"})
HELD = "AutoMod holds messages of the bot back until a mod allows them"
DROP_REASONS: Mapping[str, str] = {
    "automod_held": HELD,
    "msg_rejected": HELD,
    "msg_rejected_mandatory": "the channel's moderation settings or blocked terms do not allow what the bot said",
    "channel_settings": "the channel's settings do not let the bot write",
    "msg_emoteonly": "chat is in emote-only mode",
    "msg_followersonly": "chat is in followers-only mode, and the bot has not followed for long enough",
    "msg_followersonly_followed": "chat is in followers-only mode, and the bot has not followed for long enough",
    "msg_followersonly_zero": "chat is in followers-only mode, and the bot does not follow the channel",
    "msg_subsonly": "chat is in subscriber-only mode",
    "msg_r9k": "chat is in unique-chat mode, and the bot has said the same before",
    "msg_timedout": "the bot is timed out in this chat",
    "user_timed_out": "the bot is timed out in this chat",
    "msg_banned": "the bot is banned from this chat",
    "msg_verified_email": "chat asks for a verified e-mail address, and the bot's account has none",
    "msg_requires_verified_phone_number": "chat asks for a verified phone number, and the bot's account has none",
}
"""Drop reasons in plain words (https://dev.twitch.tv/docs/chat/irc/#notice-message-ids, and Helix's own)."""

HELP = "Type /mod NAME with the bot's name in chat, and it may write in any mode."

FIRST_APP_PAUSE, LONGEST_APP_PAUSE = 60.0, 3600.0
"""Seconds until the bot's badge is tried again, after Twitch refused it: doubled with each refusal in a row."""

UNCONFIRMED_SECONDS = 30.0
"""Longer than the pause before a message is sent again."""

MODERATORS = {"moderator", "lead_moderator", "broadcaster"}


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
        self._app_pause = 0.0
        self._as_app_from = 0.0
        self._explained: set[str] = set()
        self._held = HeldMessages()

    async def send(self, message: Outgoing) -> str:
        """Send a message. Returns its id. One that was paid for, and that AutoMod holds, waits for a mod's verdict.

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
            dropped = self._dropped(exc.code or "", exc.message or "")
            may_be_allowed = exc.code in HELD_CODES and message.paid and not message.interim
            if may_be_allowed and (allowed := await self._held.verdict(words)):
                self._sent.put(allowed, True)
                return allowed
            raise dropped from None
        except HTTPException as exc:
            reason = f"Twitch answered {exc.status}: {exc.extra.get('message', '')}"
            retry = exc.status == 429 or exc.status >= 500
            # Twitch refuses a reply to a message that is gone in this way.
            reply_gone = exc.status == 400 and message.reply_to is not None
            raise SendFailed(reason, retry=retry, reply_gone=reply_gone, explained=reply_gone) from None
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
        """As the application, which shows the bot's badge; while that is not allowed, as the bot's account."""
        if time.monotonic() >= self._as_app_from:
            try:
                sent = await self._send_as(None, message)
            except HTTPException as exc:
                if exc.status not in {401, 403}:
                    raise
                self._app_pause = min(LONGEST_APP_PAUSE, 2 * self._app_pause or FIRST_APP_PAUSE)
                self._as_app_from = time.monotonic() + self._app_pause
            else:
                self._app_pause = 0.0
                return sent
        return await self._send_as(self._bot_id, message)

    def _dropped(self, code: str, words: str) -> SendFailed:
        """Twitch answered, and did not take the message. Each reason is explained to the streamer once."""
        reason = f"Twitch dropped it: {code} {words}"
        if code in TOO_SOON:
            return SendFailed(reason, retry=False, duplicate=code == DUPLICATE, too_soon=True, explained=True)
        if (plain := DROP_REASONS.get(code)) is None:
            return SendFailed(reason, retry=False)
        if code not in self._explained:
            self._explained.add(code)
            log.warning("Twitch did not take a message of the bot: %s. %s", plain, HELP)
        return SendFailed(reason, retry=False, not_unique=code == NOT_UNIQUE, explained=True)

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
            self._held.decide(words, message.id)
        return ours or self._bot_id != self._owner_id or self._sent.get(message.id) is not None

    def on_verdict(self, verdict: Verdict) -> None:
        """A mod, or Twitch itself, decided on a message that AutoMod held."""
        if verdict.author_id == self._bot_id:
            self._held.decide(_key(verdict.text), verdict.message_id if verdict.allowed else "")

    def standing_by(self, frame: Mapping[str, Any]) -> Standing:
        """Our own messages come back with our badges: they say what we are in the channel."""
        badges = {badge.get("set_id") for badge in frame["payload"]["event"].get("badges") or ()}
        if badges & MODERATORS:
            return "moderator"
        return "vip" if "vip" in badges else "viewer"


def _key(text: str) -> str:
    """What stays of a text that Twitch sends round: ``/me`` comes back as an action, white space as one."""
    text = text.removeprefix("/me ").removeprefix("\x01ACTION ").removesuffix("\x01")
    return " ".join(visible(text).split())
