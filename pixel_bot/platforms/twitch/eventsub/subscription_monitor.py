"""Notices connections that are open and lack subscriptions, for whatever reason."""

import asyncio
from collections.abc import Callable, Collection

from pixel_bot.platforms.twitch.eventsub.connection import EventSubConnection
from pixel_bot.texts import duration

LOOK_SECONDS = 2.0
GRACE_SECONDS = 30.0
"""To subscribe takes some seconds. What is missing for longer is a problem."""

REOPEN_SECONDS = 40.0
"""A connection without any subscription is opened anew after this."""

DEAF_SECONDS = 60.0
"""A connection that was down, or without any subscription, for so long is one that another process may replace."""


class SubscriptionMonitor:
    """Looks at the connections every two seconds, and reopens one without any subscription.

    Args:
        wanted: the connections that should be open now.
    """

    def __init__(self, wanted: Callable[[], Collection[EventSubConnection]]) -> None:
        self._wanted = wanted
        self._lacking_since: dict[EventSubConnection, float] = {}
        self._deaf_since: dict[EventSubConnection, float] = {}
        self._reopened_at: dict[EventSubConnection, float] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Look once."""
        now, wanted = asyncio.get_running_loop().time(), self._wanted()
        self._forget_all_but(wanted)
        for connection in wanted:
            deaf = not (connection.is_up and connection.subscriptions.held)
            _note(self._deaf_since, connection, now, holds=deaf)
            # A connection that is down is told as such. What was missing before is still missing then.
            if connection.is_up:
                lacking = deaf or bool(connection.subscriptions.undecided)
                _note(self._lacking_since, connection, now, holds=lacking)
            if connection.is_up and deaf and self._is_due(connection, now):
                self._reopened_at[connection] = now
                connection.reopen("nothing was subscribed on it")

    def problem(self, connection: EventSubConnection) -> str:
        """What is wrong with an open connection, in a sentence; empty during the grace period."""
        since = self._lacking_since.get(connection)
        seconds = 0.0 if since is None else asyncio.get_running_loop().time() - since
        if seconds < GRACE_SECONDS:
            return ""
        if not connection.subscriptions.held:
            return f"Twitch is connected as {connection.name}, but has sent nothing for {duration(seconds)}."
        missing = ", ".join(kind.words for kind in connection.subscriptions.undecided)
        return f"Twitch has not confirmed {missing} for {duration(seconds)}. It is tried again." if missing else ""

    def is_deaf(self, connection: EventSubConnection) -> bool:
        """True when a connection has been down, or without any subscription, for a minute."""
        since = self._deaf_since.get(connection)
        return since is not None and asyncio.get_running_loop().time() - since >= DEAF_SECONDS

    def _forget_all_but(self, wanted: Collection[EventSubConnection]) -> None:
        for since in (self._lacking_since, self._deaf_since, self._reopened_at):
            for closed in since.keys() - set(wanted):
                del since[closed]

    def _is_due(self, connection: EventSubConnection, now: float) -> bool:
        since = max(self._lacking_since[connection], self._reopened_at.get(connection, 0.0))
        return now - since >= REOPEN_SECONDS


def _note(since: dict[EventSubConnection, float], connection: EventSubConnection, now: float, *, holds: bool) -> None:
    if holds:
        since.setdefault(connection, now)
    else:
        since.pop(connection, None)
