"""Channel events of the double: tips, follows, subscriptions, raids, goals."""

import html
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixel_bot.sandbox.joystick.frames import Json


class Events(ABC):
    """One call for each event. ``event_id`` and ``at`` may be given to all of them; each returns its id."""

    def __init__(self) -> None:
        self.followers: set[str] = set()
        self.moderators: set[str] = set()
        self.subscribers: set[str] = set()

    @abstractmethod
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

    async def _happens(self, kind: str, who: str, words: str, fields: Json, **more: Any) -> str:
        return await self.emit(
            kind, {"who": who, "what": kind, **fields}, text=f"<b>{html.escape(who)}</b> {words}", **more
        )
