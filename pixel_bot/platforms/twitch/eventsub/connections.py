"""The EventSub connections: one for each signed-in account."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from pixel_bot.clock import Clock
from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, SignInState
from pixel_bot.platforms.twitch.events.frames import CHAT
from pixel_bot.platforms.twitch.eventsub.connection import EventSubConnection, Listener
from pixel_bot.platforms.twitch.eventsub.listener_election import ListenerElection
from pixel_bot.platforms.twitch.eventsub.subscription_monitor import SubscriptionMonitor
from pixel_bot.platforms.twitch.eventsub.subscriptions import Refusal, Subscriptions
from pixel_bot.platforms.twitch.helix import Helix, Role
from pixel_bot.platforms.twitch.subscription_types import subscription_types
from pixel_bot.platforms.wire import Wire
from pixel_bot.texts import duration
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

RESTART_SECONDS = 5.0
NOT_SIGNED_IN = "the account is not signed in"
ELECTION = "the processes on the database have not decided which of them listens"


class EventSub:
    """Runs the EventSub connections, and restarts them after failures.

    Args:
        url, wire, accounts, helix: for the connections and the subscriptions.
        clock: what time it is.
        election: says whether this process listens; None where it always does.
    """

    def __init__(
        self,
        url: str,
        wire: Wire,
        accounts: Accounts,
        helix: Helix,
        clock: Clock,
        election: ListenerElection | None = None,
    ) -> None:
        self._url = url
        self._wire = wire
        self._accounts = accounts
        self._helix = helix
        self._clock = clock
        self._election = election or ListenerElection(None, accounts)
        self._next_change = NextChange()
        self._connections: dict[EventSubConnection, tuple[Role, ...]] = {}
        self._monitor = SubscriptionMonitor(self._wanted)
        self._tasks: list[asyncio.Task[None]] = []
        self.reconnected: set[Callable[[], None]] = set()
        """Called each time a connection is open and subscribed: events before that may have been missed."""
        self.revoked: set[Callable[[Role], None]] = set()
        """Called when Twitch ends subscriptions of an account."""

    def start(self, listener: Listener) -> None:
        """Connect as the known accounts."""
        ids: dict[Role, str] = {role: self._accounts.id_of(role) for role in ROLES}
        for user_id in dict.fromkeys(ids.values()):
            roles: tuple[Role, ...] = tuple(role for role in ROLES if ids[role] == user_id)
            self._add(roles, ids["bot"], ids["broadcaster"], listener)
        self._accounts.changed.add(self._on_account_change)
        self._election.changed = self._next_change.come
        # All of them: where only one is refused, another process would be, too.
        self._election.is_deaf = lambda: all(map(self._monitor.is_deaf, self._wanted()))
        self._spawn("eventsub-monitor", self._monitor.run)
        if self._election.is_shared:
            self._spawn("eventsub-election", self._election.run)

    def _add(self, roles: tuple[Role, ...], bot_id: str, owner_id: str, listener: Listener) -> None:
        types = [t for t in subscription_types(bot_id, owner_id) if t.role in roles]
        subscriptions = Subscriptions(types, self._helix, self._accounts)
        connection = EventSubConnection(
            " and ".join(roles), self._url, self._wire.session, listener, subscriptions, self._clock, self._election
        )
        connection.opened.add(self._on_opened)
        connection.revoked = lambda _: self._on_revoked(roles)
        subscriptions.live_session_ids = lambda: self.session_ids
        subscriptions.may_delete = self._election.confirm
        self._connections[connection] = roles
        self._tasks.append(
            asyncio.create_task(self._keep_connected(connection, roles), name=f"eventsub-{connection.name}")
        )

    async def close(self) -> None:
        """Stop listening."""
        self._accounts.changed.discard(self._on_account_change)
        if not all(task.done() for task in self._tasks):
            await asyncio.gather(*(connection.drain() for connection in self._connections))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._connections:
            await connection.close()
        await self._election.leave()

    async def ready(self) -> bool:
        """Wait until every type of event is subscribed or refused. Returns False where another process listens."""
        while not (self.listens or self.stands_by):
            await self._next_change.wait()
        if self.stands_by:
            return False
        for connection in self._connections:
            await connection.subscriptions.decided.wait()
        return self.listens

    @property
    def stands_by(self) -> bool:
        """True while another process on the database listens, and this one would go on if that ended."""
        return self._election.is_elsewhere

    @property
    def listens(self) -> bool:
        """True while this is the process that listens, or tries to."""
        return self._election.is_ours

    def reconcile_soon(self) -> None:
        """Reconcile all subscriptions with Twitch's list soon."""
        for connection in self._connections:
            connection.reconcile_soon()

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Types of events that Twitch refuses; of two that tell of the same only the better one is listed."""
        refused = (r for connection in self._connections for r in connection.subscriptions.refused.values())
        return [refusal for refusal in refused if not refusal.type.instead_of]

    def is_held(self, type_: str) -> bool:
        """Whether Twitch sends events of a type."""
        return any(connection.is_up and type_ in connection.subscriptions.held for connection in self._connections)

    def problems(self) -> list[str]:
        """What is down, one sentence each."""
        if not self._connections:
            return ["Twitch's events are not connected yet."]
        if self.stands_by:
            return []
        found = (
            self._monitor.problem(connection) if connection.is_up else self._problem(connection)
            for connection in self._connections
        )
        refused_chat = [f"Twitch sends no {refusal}." for refusal in self.refusals if refusal.type.type == CHAT]
        return [*filter(None, found), *refused_chat]

    def summary(self) -> str:
        """How the connections are, in a few words."""
        up, total = sum(connection.is_up for connection in self._connections), len(self._connections)
        if not total:
            return _("not connected yet")
        if self.stands_by:
            return _("standing by, another process listens")
        if up == total:
            return _("{n} socket connected", "{n} sockets connected", n=up)
        return _("{up} of {n} socket connected", "{up} of {n} sockets connected", up=up, n=total)

    def _problem(self, connection: EventSubConnection) -> str:
        since = connection.down_since or self._clock.now()
        ago = duration((self._clock.now() - since).total_seconds())
        return f"The connection to Twitch as {connection.name} is down for {ago}: {connection.down_reason}."

    @property
    def session_ids(self) -> set[str]:
        """The ids of all open sessions."""
        return {session_id for connection in self._connections for session_id in connection.session_ids}

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    def _on_opened(self) -> None:
        for callback in tuple(self.reconnected):
            callback()

    def _on_revoked(self, roles: Sequence[Role]) -> None:
        for role in roles:
            for callback in tuple(self.revoked):
                callback(role)

    def _on_account_change(self, role: Role) -> None:
        for connection, roles in self._connections.items():
            if role in roles and self._accounts.state_of(role) is SignInState.SIGNED_IN:
                connection.subscriptions.retry_refused()
                connection.reconcile_soon()
        self._next_change.come()
        self._election.check_soon()

    async def _keep_connected(self, connection: EventSubConnection, roles: Sequence[Role]) -> None:
        """Run the connection while one of its accounts is signed in, and it is this process's turn."""
        while True:
            while not self._may_listen(roles):
                connection.down_reason = ELECTION if self._is_signed_in(roles) else NOT_SIGNED_IN
                await self._next_change.wait()
            running = asyncio.create_task(connection.run(), name=f"eventsub-run-{connection.name}")
            try:
                await self._until_it_may_not(running, roles)
            finally:
                # Before the first await: the status page must not show a signed-out account as connected.
                connection.down_since = connection.down_since or self._clock.now()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await connection.close()

    async def _until_it_may_not(self, running: asyncio.Task[None], roles: Sequence[Role]) -> None:
        while self._may_listen(roles):
            change = self._next_change.wait()
            try:
                await asyncio.wait({change, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                change.cancel()
            if running.done():
                # The supervisor's catch-all: an unforeseen error costs one restart, not the bot.
                log.error("Listening to Twitch stopped; it begins again.", exc_info=running.exception())
                await asyncio.sleep(RESTART_SECONDS)
                return

    def _wanted(self) -> list[EventSubConnection]:
        """The connections that should be open."""
        return [connection for connection, roles in self._connections.items() if self._may_listen(roles)]

    def _may_listen(self, roles: Sequence[Role]) -> bool:
        return self._election.is_ours and self._is_signed_in(roles)

    def _is_signed_in(self, roles: Sequence[Role]) -> bool:
        return any(self._accounts.state_of(role) is SignInState.SIGNED_IN for role in roles)
