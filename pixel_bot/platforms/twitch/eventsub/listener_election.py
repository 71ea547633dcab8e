"""Leader election: exactly one of the processes on a database listens to Twitch's events, the others stand by.

Twitch gives each subscription's copy of an event an id of its own, so that two listeners could pay one event twice. And
an account may have three connections, and at most three equal subscriptions, wherever they are
(https://discuss.dev.twitch.com/t/rfc-0014-eventsub-subscription-limit-changes/30312).
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, SignInState

log = logging.getLogger(__name__)

LISTENER, SIGNED_IN, STANDBY = "twitch-listener", "twitch-signed-in", "twitch-standby"
"""Roles in the cluster: who listens, who has both accounts signed in, and who stands by."""

CHECK_SECONDS = 2.0
LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 5.0
"""For so long notifications wait for the database to say whether this process still listens."""

YIELD_SECONDS = 60.0
"""For so long a listener that heard nothing leaves its place to another one."""


class ListenerElection:
    """This process's part in the election. Where it is alone on its database, it always listens.

    Args:
        cluster: the processes on the database; None where no other one can be there.
        accounts: who is signed in here. Without anybody the process is no candidate.
    """

    def __init__(self, cluster: Cluster | None, accounts: Accounts) -> None:
        self._cluster = cluster if cluster is not None and cluster.is_shared else None
        self._accounts = accounts
        self._wake = asyncio.Event()
        self._yielded_at = float("-inf")
        self._looked = NextChange()
        self._is_known = True
        self._unsure_since: float | None = None
        self.is_ours: bool = self._cluster is None
        """True while this process is the one that listens."""
        self.is_elsewhere = False
        """True while this one could listen, and another one does."""
        self.is_deaf: Callable[[], bool] = lambda: False
        """Whether this process hears nothing although it should, and has not for a while."""
        self.term = 0
        """Counts the turns of this process as the listener: a turn lasts until another process has listened."""
        self._epoch = 0
        """The connection of the cluster on which the present turn is known."""
        self.changed: Callable[[], None] = lambda: None
        """Called when ``is_ours`` or ``is_elsewhere`` has changed."""

    @property
    def is_shared(self) -> bool:
        """True where other processes may be on the database."""
        return self._cluster is not None

    async def run(self) -> None:
        """Take part until cancelled; without a cluster there is nothing to do."""
        if self._cluster is None:
            return
        self._cluster.subscribers.setdefault(LISTENER, set()).add(self._on_resigned)
        while True:
            await self.check()
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    def check_soon(self) -> None:
        """Something has changed: check at once."""
        self._wake.set()

    def holds(self, term: int) -> bool:
        """True while it is certain that this process's turn goes on: for each notification, so it asks nobody."""
        cluster = self._cluster
        if cluster is None:
            return True
        return term == self.term and self.is_ours and self._epoch == cluster.epoch and cluster.is_certain

    async def settle(self, term: int) -> bool:
        """Find out whether the turn goes on, after this process hung, or lost the database.

        Returns:
            False where another process has listened since. True also where the server has not answered for
            ``PATIENCE_SECONDS``: then nobody can know, and all stays as it was.
        """
        clock = asyncio.get_running_loop().time
        if self._unsure_since is None:
            self._unsure_since = clock()
        deadline = self._unsure_since + PATIENCE_SECONDS
        while not self.holds(term):
            if clock() >= deadline:
                return term == self.term and self.is_ours
            looked = self._looked.wait()
            self.check_soon()
            done, _ = await asyncio.wait({looked}, timeout=deadline - clock())
            looked.cancel()
            if done and self._is_known and not self.holds(term):
                self._unsure_since = None
                return False
            await asyncio.sleep(0 if self.holds(term) else LOOK_SECONDS)
        self._unsure_since = None
        return True

    async def check(self) -> None:
        """See whose turn it is. While the server does not answer, all stays as it was."""
        self._is_known = self._cluster is None or await self._look(self._cluster)
        if self._is_known:
            self._unsure_since = None
        self._looked.come()

    async def _look(self, cluster: Cluster) -> bool:
        """Returns whether it is known now."""
        with suppress(SQLAlchemyError, OSError):
            candidate = await self._is_candidate(cluster)
            if not candidate:
                await self._resign(cluster)
            ours = await cluster.confirm_lead(LISTENER) if candidate else False
            if ours is not None:
                if ours:
                    await self._begin_turn(cluster)
                self._set(ours=ours, elsewhere=not ours and self._any_signed_in())
                return cluster.is_certain
        return False

    async def _begin_turn(self, cluster: Cluster) -> None:
        """On each new connection: the lock was free for a moment, and another process may have had its turn."""
        if self._epoch == (epoch := cluster.epoch):
            return
        if await cluster.take_turn(LISTENER):
            self.term += 1
        self._epoch = epoch

    async def confirm(self) -> bool:
        """Ask the server whether this process is still the listener: before what only the listener may do."""
        return self._cluster is None or (self.is_ours and await self._cluster.confirm_lead(LISTENER) is True)

    async def leave(self) -> None:
        """Let another process listen, at once. Call it when this one does not any more."""
        if self._cluster is not None:
            self._cluster.subscribers.get(LISTENER, set[Callable[[str], None]]()).discard(self._on_resigned)
            self._cluster.set_role(SIGNED_IN, held=False)
            await self._resign(self._cluster)
            self._set(ours=False, elsewhere=False)

    async def _is_candidate(self, cluster: Cluster) -> bool:
        """A process with both accounts is preferred; one that was deaf waits, so that another one can try."""
        signed_in = [self._accounts.state_of(role) is SignInState.SIGNED_IN for role in ROLES]
        cluster.set_role(SIGNED_IN, held=all(signed_in))
        now = asyncio.get_running_loop().time()
        if self.is_ours and self.is_deaf() and await cluster.is_held_elsewhere(STANDBY):
            log.warning("This process hears nothing from Twitch. Another one on the database tries it.")
            self._yielded_at = now
        if not any(signed_in) or (now - self._yielded_at < YIELD_SECONDS and await self._is_another_there(cluster)):
            return False
        return all(signed_in) or not await cluster.is_held_elsewhere(SIGNED_IN)

    async def _is_another_there(self, cluster: Cluster) -> bool:
        return await cluster.is_held_elsewhere(STANDBY) or await cluster.is_held_elsewhere(LISTENER)

    async def _resign(self, cluster: Cluster) -> None:
        if await cluster.resign(LISTENER):
            self._epoch = 0
            cluster.publish(LISTENER)

    def _any_signed_in(self) -> bool:
        return any(self._accounts.state_of(role) is SignInState.SIGNED_IN for role in ROLES)

    def _set(self, *, ours: bool, elsewhere: bool) -> None:
        if (ours, elsewhere) == (self.is_ours, self.is_elsewhere):
            return
        if ours != self.is_ours:
            log.info("This process listens to Twitch now." if ours else "This process does not listen to Twitch now.")
        self.is_ours, self.is_elsewhere = ours, elsewhere
        if self._cluster is not None:
            self._cluster.set_role(LISTENER, held=ours)
            self._cluster.set_role(STANDBY, held=elsewhere)
        self.changed()

    def _on_resigned(self, _: str) -> None:
        self.check_soon()
