"""EventSub subscriptions of one connection: created one by one, then reconciled with Twitch's list.

A connection that was cut keeps its subscriptions for a while, and Twitch answers 409 to equal ones. So after each
connect stale ones are deleted and created anew, and a minute later the list is reconciled once more.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from typing_extensions import override

from pixel_bot.platforms.twitch.accounts import Accounts, SignInState
from pixel_bot.platforms.twitch.helix import Helix, HelixError, UnreadableAnswer
from pixel_bot.platforms.twitch.helix_structs import Created, HeldSubscription
from pixel_bot.platforms.twitch.subscription_types import SubscriptionType

log = logging.getLogger(__name__)

PATH = "eventsub/subscriptions"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
EQUAL, TOO_MANY = 409, 429
"""An equal subscription exists, or too many do: those of dead connections count, too
(https://dev.twitch.tv/docs/api/reference/#create-eventsub-subscription)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A subscription type that Twitch refuses, and what is missing: the scope, where ``lacks_scope``."""

    type: SubscriptionType
    reason: str
    lacks_scope: bool = False

    @override
    def __str__(self) -> str:
        return f"{self.type.words} ({self.type.type}): {self.reason}"


class Subscriptions:
    """The subscription types of one connection, and which of them are held or refused."""

    def __init__(self, types: Sequence[SubscriptionType], helix: Helix, accounts: Accounts) -> None:
        self.types = tuple(types)
        self.held: dict[str, str] = {}
        """Subscription ids by type."""
        self.refused: dict[str, Refusal] = {}
        self.decided = asyncio.Event()
        """Set while every type is either held or refused."""
        self.session_id: Callable[[], str] = lambda: ""
        """The id of the connection's session, which a reconnect may change."""
        self.live_session_ids: Callable[[], Collection[str]] = lambda: {self.session_id()}
        """The ids of all open sessions of this bot: their subscriptions are not stale."""
        self.may_delete: Callable[[], Awaitable[bool]] = _always
        """Whether this process may delete others right now: not where another one listens."""
        self._helix = helix
        self._accounts = accounts
        self._logged: dict[str, Refusal] = {}

    def reset(self) -> None:
        """Begin anew for a new connection: nothing is held, and refused types are tried again."""
        self.held.clear()
        self.refused.clear()
        self.decided.clear()

    async def subscribe(self) -> None:
        """Subscribe what is missing, with back-off, until Twitch has decided on each type."""
        pause = FIRST_PAUSE
        while not await self.subscribe_once():
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads requests, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE)

    async def subscribe_once(self) -> bool:
        """Try once to subscribe each undecided type. Returns True when every type is held or refused."""
        if await self._subscribe_missing():
            # A dead session still holds an equal one. Deleting it at once saves the minutes until Twitch does.
            await self._delete_stale()
            await self._subscribe_missing()
        if self.undecided:
            return False
        self.decided.set()
        return True

    async def _subscribe_missing(self) -> bool:
        """Try each undecided type once. Returns whether an equal one may stand in the way, or too many do."""
        conflict = False
        tried: set[str] = set()
        # Looked up each time: only when one is refused it is known that another one is needed instead.
        while kind := next((kind for kind in self.undecided if kind.type not in tried), None):
            tried.add(kind.type)
            status = await self._subscribe_to(kind)
            conflict = conflict or status is not None
            if status == TOO_MANY:
                break  # so it would be with the others
        return conflict

    @property
    def undecided(self) -> list[SubscriptionType]:
        """The types that are neither held nor refused."""
        wanted = (t for t in self.types if not t.instead_of or t.instead_of in self.refused)
        return [t for t in wanted if t.type not in self.held and t.type not in self.refused]

    async def reconcile(self) -> None:
        """Reconcile with Twitch's list: delete stale subscriptions, create missing and formerly refused ones."""
        before, self.refused = self.refused, {}
        rows = await self._list()
        # Without a list the held ones are believed: subscribing again would only earn a 409 for each.
        if rows is not None:
            self._adopt(rows)
            if missing := [t.words for t in self.undecided if t.type not in before]:
                log.warning("Twitch holds no subscription to %s. Made again.", ", ".join(missing))
        await self._delete_stale()
        await self.subscribe()
        for kind in self.types:
            if kind.instead_of in self.held and kind.type in self.held:
                await self._delete(kind, self.held.pop(kind.type))

    def on_revoked(self, type_: str, reason: str) -> None:
        """Twitch ended a subscription."""
        kind = next((t for t in self.types if t.type == type_), None)
        if kind is not None:
            self.held.pop(type_, None)
            self._refuse(kind, f"Twitch ended it ({reason})")

    def retry_refused(self) -> None:
        """Try refused types again: a sign-in may have added the scope."""
        self.refused.clear()
        self._logged.clear()
        self.decided.clear()

    async def _subscribe_to(self, kind: SubscriptionType) -> int | None:
        """Create one subscription. Returns ``EQUAL`` where an equal one exists already, or may; or ``TOO_MANY``."""
        body = {
            "type": kind.type,
            "version": kind.version,
            "condition": dict(kind.condition),
            "transport": {"method": "websocket", "session_id": self.session_id()},
        }
        try:
            made = await self._helix.create(PATH, kind.role, Created, body)
        except UnreadableAnswer:
            return EQUAL  # created or not: the conflict branch reads it from Twitch's list
        except HelixError as exc:
            if exc.status in {EQUAL, TOO_MANY}:
                return exc.status
            if not exc.may_pass and not _is_dead_session(exc):
                self._refuse(kind, self._reason(kind, exc))
            return None
        self.held[kind.type] = made.id
        return None

    def _reason(self, kind: SubscriptionType, exc: HelixError) -> str:
        account = self._accounts.get(kind.role)
        if account is None or self._accounts.state_of(kind.role) is not SignInState.SIGNED_IN:
            return f"the {kind.role} account is not signed in"
        if self._lacks_scope(kind):
            return f"the scope {kind.scope} is missing; sign in again as the {kind.role}"
        if exc.status in {401, 403} and kind.scope:
            return f"Twitch wants the scope {kind.scope} ({exc.message or exc.status}); sign in as the {kind.role}"
        return f"Twitch answered {exc.status} {exc.message}".strip()

    def _lacks_scope(self, kind: SubscriptionType) -> bool:
        account = self._accounts.get(kind.role)
        return account is not None and bool(kind.scope) and kind.scope not in account.scopes

    def _refuse(self, kind: SubscriptionType, reason: str) -> None:
        refusal = Refusal(kind, reason, self._lacks_scope(kind))
        if self._logged.get(kind.type) != refusal:
            log.warning("Twitch sends no %s", refusal)
        self.refused[kind.type] = self._logged[kind.type] = refusal

    async def _list(self) -> list[HeldSubscription] | None:
        try:
            return await self._helix.get(PATH, self.types[0].role, HeldSubscription)
        except HelixError as exc:
            log.info("Twitch's list of subscriptions could not be had: %s", exc)
            return None

    def _adopt(self, rows: Sequence[HeldSubscription]) -> None:
        """Take the subscriptions that Twitch lists on open sessions as held, and no others."""
        living = self.live_session_ids()
        ours = [row for row in rows if _is_live(row, living)]
        self.held = {t.type: r.id for t in self.types for r in ours if _matches(t, r)}
        self.decided.clear()

    async def _delete_stale(self) -> None:
        """Delete subscriptions equal to ours that belong to no open session of this bot."""
        for row in await self._list() or ():
            kind = next((t for t in self.types if _matches(t, row)), None)
            if kind is None:
                continue
            # Asked for each row, not once: the other account may reconnect while this loop awaits Twitch.
            if _is_live(row, self.live_session_ids()):
                self.held.setdefault(kind.type, row.id)
            elif await self.may_delete() and row.transport.session_id not in self.live_session_ids():
                await self._delete(kind, row.id)

    async def _delete(self, kind: SubscriptionType, subscription_id: str) -> None:
        try:
            await self._helix.call("DELETE", PATH, kind.role, id=subscription_id)
        except HelixError as exc:
            if exc.status != 404:
                log.info("A subscription of a dead connection could not be deleted: %s", exc)
        else:
            log.info("A subscription to %s that is not needed any more was deleted.", kind.words)


async def _always() -> bool:
    return True


def _matches(kind: SubscriptionType, row: HeldSubscription) -> bool:
    return kind.is_same(row.type, row.condition)


def _is_live(row: HeldSubscription, session_ids: Collection[str]) -> bool:
    """Also under a former id: Twitch does not document which one subscriptions have after a reconnect."""
    return row.status == "enabled" and row.transport.session_id in session_ids


def _is_dead_session(exc: HelixError) -> bool:
    """True for a refusal because the session has ended: a new connection is being opened."""
    return exc.status == 400 and "session" in exc.message.lower()
