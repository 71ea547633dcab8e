"""Subscriptions of one connection: made one by one, compared with what Twitch holds, and made anew where they miss.

A connection that died without a goodbye holds its subscriptions for a while, and Twitch answers 409 to equal ones. So
after each connect what others hold is deleted and made anew, and a minute later all of it is looked at again.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pixel_bot.platforms.twitch.accounts import Accounts
from pixel_bot.platforms.twitch.helix import Helix, HelixError, Row
from pixel_bot.platforms.twitch.subscription_types import SubscriptionType

log = logging.getLogger(__name__)

PATH = "eventsub/subscriptions"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A type that Twitch refuses: what it is in words, and what is missing."""

    type: SubscriptionType
    reason: str

    def __str__(self) -> str:
        return f"{self.type.words} ({self.type.type}): {self.reason}"


class Subscriptions:
    """What one connection should be subscribed to, and what became of it."""

    def __init__(self, topics: Sequence[SubscriptionType], helix: Helix, accounts: Accounts) -> None:
        self.types = tuple(topics)
        self.held: dict[str, str] = {}
        """Ids by type."""
        self.refused: dict[str, Refusal] = {}
        self.settled = asyncio.Event()
        """Set while every topic is either held or refused."""
        self.session: Callable[[], str] = lambda: ""
        """The connection's own id, which a move may change."""
        self.living: Callable[[], Collection[str]] = lambda: {self.session()}
        """The ids of all living connections of this bot: what they hold is nobody's leftover."""
        self._helix = helix
        self._accounts = accounts
        self._told: dict[str, Refusal] = {}

    def reset(self) -> None:
        """A new connection holds nothing yet, and what was refused is tried again."""
        self.held.clear()
        self.refused.clear()
        self.settled.clear()

    async def make(self) -> None:
        """Subscribe all that is missing, and go on until Twitch has decided on each; see ``round``."""
        pause = FIRST_PAUSE
        while not await self.round():
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads requests, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE)

    async def round(self) -> bool:
        """Try once to subscribe each type that is neither held nor refused. Returns True when nothing is undecided."""
        conflict = False
        for topic in self._undecided():
            conflict |= await self._make_one(topic)
        if conflict:
            await self._clear_leftovers()
            for topic in self._undecided():
                await self._make_one(topic)
        if self._undecided():
            return False
        self.settled.set()
        return True

    def _undecided(self) -> list[SubscriptionType]:
        return [t for t in self.types if t.type not in self.held and t.type not in self.refused]

    async def compare(self) -> None:
        """Look at what Twitch holds; delete what stands in the way, and make what is missing or was refused before."""
        before, self.refused = self.refused, {}
        rows = await self._list()
        if rows is not None:
            self._take_over(rows)
            if missing := [t.words for t in self._undecided() if t.type not in before]:
                log.warning("Twitch holds no subscription to %s. Made again.", ", ".join(missing))
        await self._clear_leftovers()
        await self.make()

    def revoked(self, type_: str, reason: str) -> None:
        """Twitch ended a subscription."""
        topic = next((t for t in self.types if t.type == type_), None)
        if topic is not None:
            self.held.pop(type_, None)
            self._refuse(topic, f"Twitch ended it ({reason})")

    def forgive(self) -> None:
        """What was refused may be allowed now."""
        self.refused.clear()
        self._told.clear()
        self.settled.clear()

    async def _make_one(self, topic: SubscriptionType) -> bool:
        """Returns True where an equal subscription stands already, or may."""
        body = {
            "type": topic.type,
            "version": topic.version,
            "condition": dict(topic.condition),
            "transport": {"method": "websocket", "session_id": self.session()},
        }
        try:
            made = await self._helix.call("POST", PATH, topic.role, body)
        except HelixError as exc:
            if exc.status == 409:
                return True
            if not exc.may_pass and not _is_of_a_dead_session(exc):
                self._refuse(topic, self._reason(topic, exc))
            return False
        subscription_id = made[0].get("id") if made else None
        if not isinstance(subscription_id, str):
            return True  # whether it stands now, Twitch's list can tell
        self.held[topic.type] = subscription_id
        return False

    def _reason(self, topic: SubscriptionType, exc: HelixError) -> str:
        account = self._accounts.get(topic.role)
        if account is None or account.tokens is None:
            return f"the {topic.role} account is not signed in"
        if topic.scope and topic.scope not in account.scopes:
            return f"the scope {topic.scope} is missing; sign in again as the {topic.role}"
        if exc.status in {401, 403} and topic.scope:
            return f"Twitch wants the scope {topic.scope} ({exc.message or exc.status}); sign in as the {topic.role}"
        return f"Twitch answered {exc.status} {exc.message}".strip()

    def _refuse(self, topic: SubscriptionType, reason: str) -> None:
        refusal = Refusal(topic, reason)
        if self._told.get(topic.type) != refusal:
            log.warning("Twitch sends no %s", refusal)
        self.refused[topic.type] = self._told[topic.type] = refusal

    async def _list(self) -> list[Row] | None:
        try:
            return await self._helix.get(PATH, self.types[0].role)
        except HelixError as exc:
            log.info("Twitch's list of subscriptions could not be had: %s", exc)
            return None

    def _take_over(self, rows: Sequence[Row]) -> None:
        """What Twitch holds on a living connection counts, and nothing else."""
        living = self.living()
        ours = [row for row in rows if _is_alive(row, living)]
        self.held = {t.type: str(r.get("id", "")) for t in self.types for r in ours if _is(t, r)}
        self.settled.clear()

    async def _clear_leftovers(self) -> None:
        """Delete what equals ours and belongs to no living connection of ours."""
        for row in await self._list() or ():
            topic = next((t for t in self.types if _is(t, row)), None)
            if topic is None:
                continue
            if _is_alive(row, self.living()):
                self.held.setdefault(topic.type, str(row.get("id", "")))
            elif _session_of(row) not in self.living():
                await self._delete(topic, str(row.get("id", "")))

    async def _delete(self, topic: SubscriptionType, subscription_id: str) -> None:
        try:
            await self._helix.call("DELETE", PATH, topic.role, id=subscription_id)
        except HelixError as exc:
            if exc.status != 404:
                log.info("A subscription of a dead connection could not be deleted: %s", exc)
        else:
            log.info("A subscription to %s of a dead connection was deleted.", topic.words)


def _is(topic: SubscriptionType, row: Row) -> bool:
    return topic.is_same(row.get("type"), row.get("condition"))


def _is_alive(row: Row, session_ids: Collection[str]) -> bool:
    """Also under a former id: Twitch does not say which one subscriptions have after a move."""
    return row.get("status") == "enabled" and _session_of(row) in session_ids


def _session_of(row: Row) -> str:
    transport = row.get("transport")
    return str(transport.get("session_id", "")) if isinstance(transport, dict) else ""  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]


def _is_of_a_dead_session(exc: HelixError) -> bool:
    """True for a refusal that is about the connection: a new one is on its way."""
    return exc.status == 400 and "session" in exc.message.lower()
