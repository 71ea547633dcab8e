"""All connections to EventSub: one for each account that is signed in, as long as it is."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from pixel_bot.clock import Clock
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts
from pixel_bot.platforms.twitch.eventsub_connection import EventSubConnection, Listener
from pixel_bot.platforms.twitch.helix import Helix, Role
from pixel_bot.platforms.twitch.subscription_types import subscription_types
from pixel_bot.platforms.twitch.subscriptions import Refusal, Subscriptions
from pixel_bot.platforms.wire import Wire
from pixel_bot.texts import count, duration

log = logging.getLogger(__name__)

RESTART_SECONDS = 5.0
CHAT = "channel.chat.message"
NOT_SIGNED_IN = "the account is not signed in"


class EventSub:
    """Hears what happens on Twitch, and comes back by itself."""

    def __init__(self, url: str, wire: Wire, accounts: Accounts, helix: Helix, clock: Clock) -> None:
        self._url = url
        self._wire = wire
        self._accounts = accounts
        self._helix = helix
        self._clock = clock
        self._connections: dict[EventSubConnection, tuple[Role, ...]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.reconnected: set[Callable[[], None]] = set()
        """Called each time a connection is there and subscribed: what happened before was perhaps not heard."""
        self.revoked: set[Callable[[Role], None]] = set()
        """Called when Twitch ends subscriptions of an account."""

    def start(self, listener: Listener) -> None:
        """Begin to listen, as the accounts that are known."""
        ids: dict[Role, str] = {role: self._accounts.id_of(role) for role in ROLES}
        for user_id in dict.fromkeys(ids.values()):
            roles: tuple[Role, ...] = tuple(role for role in ROLES if ids[role] == user_id)
            self._add(roles, ids["bot"], ids["broadcaster"], listener)
        self._accounts.changed.add(self._signed_in)

    def _add(self, roles: tuple[Role, ...], bot_id: str, owner_id: str, listener: Listener) -> None:
        wanted = [t for t in subscription_types(bot_id, owner_id) if t.role in roles]
        subscriptions = Subscriptions(wanted, self._helix, self._accounts)
        line = EventSubConnection(
            " and ".join(roles), self._url, self._wire.session, listener, subscriptions, self._clock
        )
        line.opened.add(self._opened)
        line.revoked = lambda _: self._lost_some(roles)
        subscriptions.living = lambda: self.session_ids
        self._connections[line] = roles
        self._tasks.append(asyncio.create_task(self._keep_connected(line, roles), name=f"eventsub-{line.name}"))

    async def close(self) -> None:
        """Stop listening."""
        self._accounts.changed.discard(self._signed_in)
        if not all(task.done() for task in self._tasks):
            await asyncio.gather(*(line.drain() for line in self._connections))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._connections:
            await line.close()

    async def ready(self) -> None:
        """Wait until every type of event is either subscribed or refused."""
        for line in self._connections:
            await line.subscriptions.settled.wait()

    def look_again(self) -> None:
        """Compare all subscriptions with what Twitch holds, soon."""
        for line in self._connections:
            line.look_again()

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Types of events that Twitch refuses."""
        return [refusal for line in self._connections for refusal in line.subscriptions.refused.values()]

    def problems(self) -> list[str]:
        """What is down, one sentence each."""
        if not self._connections:
            return ["Twitch's events are not connected yet."]
        deaf = [f"Twitch sends no {refusal}." for refusal in self.refusals if refusal.type.type == CHAT]
        return [*(self._words(line) for line in self._connections if not line.is_up), *deaf]

    def summary(self) -> str:
        """How the connections are, in a few words."""
        up, wanted = sum(line.is_up for line in self._connections), len(self._connections)
        if not wanted:
            return "not connected yet"
        return f"{count(up, 'socket')} connected" if up == wanted else f"{up} of {count(wanted, 'socket')} connected"

    def _words(self, line: EventSubConnection) -> str:
        since = line.down_since or self._clock.now()
        ago = duration((self._clock.now() - since).total_seconds())
        return f"The connection to Twitch as {line.name} is down for {ago}: {line.down_reason}."

    @property
    def session_ids(self) -> set[str]:
        """The ids of all living connections."""
        return {session_id for line in self._connections for session_id in line.session_ids}

    def _opened(self) -> None:
        for tell in tuple(self.reconnected):
            tell()

    def _lost_some(self, roles: Sequence[Role]) -> None:
        for role in roles:
            for tell in tuple(self.revoked):
                tell(role)

    def _signed_in(self, role: Role) -> None:
        for line, roles in self._connections.items():
            if role in roles and self._accounts.tokens_of(role) is not None:
                line.subscriptions.forgive()
                line.look_again()

    async def _keep_connected(self, line: EventSubConnection, roles: Sequence[Role]) -> None:
        """A connection is there while somebody is signed in for it."""
        while True:
            while not self._is_signed_in(roles):
                line.down_reason = NOT_SIGNED_IN
                await self._accounts.next_change()
            running = asyncio.create_task(line.run(), name=f"eventsub-run-{line.name}")
            try:
                await self._until_signed_out(running, roles)
            finally:
                # Before anything is waited for: from here on it is said to be down, and since when.
                line.down_since = line.down_since or self._clock.now()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await line.close()

    async def _until_signed_out(self, running: asyncio.Task[None], roles: Sequence[Role]) -> None:
        while self._is_signed_in(roles):
            change = self._accounts.next_change()
            try:
                await asyncio.wait({change, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                change.cancel()
            if running.done():
                # The edge: whatever was not foreseen costs a moment, and not the show.
                log.error("Listening to Twitch stopped; it begins again.", exc_info=running.exception())
                await asyncio.sleep(RESTART_SECONDS)
                return

    def _is_signed_in(self, roles: Sequence[Role]) -> bool:
        return any(self._accounts.tokens_of(role) for role in roles)
