"""Messages of the bot that AutoMod holds until a mod allows or refuses them.

What Twitch tells us of them:

- Helix drops the message with ``automod_held``, or ``msg_rejected``, and names no id.
- ``channel.chat.user_message_update`` says of a message of ours that it was ``approved``, ``denied`` or ``invalid``,
  with its text (https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelchatuser_message_update).
- A message that was allowed comes back as any other of ours.

What it does not tell: which of our requests is meant, so the text decides; whether a mod will ever look, so after
``HELD_SECONDS`` it counts as not said; and nothing at all while we are not connected. A bot that ends meanwhile does
not learn of it either: after the next start the answer is refunded, and a mod may allow it all the same.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

HELD_SECONDS = 330.0
"""Mods have five minutes to decide, then Twitch drops it."""


REMEMBERED = 100
"""Messages that were allowed: Twitch tells of each twice."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a held message of somebody. ``message_id`` is its id in chat where it was allowed."""

    author_id: str
    text: str
    message_id: str
    allowed: bool


class HeldMessages:
    """Those that somebody waits for, by their words."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[str]]] = {}
        self._allowed: deque[str] = deque(maxlen=REMEMBERED)

    async def verdict(self, words: str) -> str:
        """Wait for the verdict on a message. Returns its id in chat; empty where it was not allowed."""
        decided: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(words, deque())
        waiting.append(decided)
        try:
            async with asyncio.timeout(HELD_SECONDS):
                return await decided
        except TimeoutError:
            return ""
        finally:
            waiting.remove(decided)
            if not waiting:
                self._waiting.pop(words, None)

    def decide(self, words: str, message_id: str) -> None:
        """The oldest with these words is in chat under that id, or (empty) never will be. Others are no concern."""
        if message_id in self._allowed:
            return
        undecided = (one for one in self._waiting.get(words, ()) if not one.done())
        if (decided := next(undecided, None)) is not None:
            decided.set_result(message_id)
            self._allowed.extend(filter(None, [message_id]))
