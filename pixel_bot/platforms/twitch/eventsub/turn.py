"""Whether this process's turn to listen goes on: asked for each notification, because a process may have hung.

After a hang its socket still holds what another process has heard meanwhile, under other ids of the same events.
"""

import asyncio
from typing import Protocol

from pixel_bot.platforms.twitch.eventsub.session import EventSubSession, SessionLost


class Turn(Protocol):
    """The election, as far as a connection needs it. ``term`` counts this process's turns."""

    term: int

    def holds(self, term: int) -> bool:
        """True while it is certain that the turn goes on."""
        ...

    async def settle(self, term: int) -> bool:
        """Find out whether it goes on. Returns False where another process has listened since."""
        ...


async def check_turn(turn: Turn, term: int, session: EventSubSession) -> None:
    """Wait until it is known whether the turn goes on; what arrives meanwhile is read ahead.

    Raises:
        SessionLost: another process has listened since: nothing that was received may be used.
    """
    settling = asyncio.create_task(turn.settle(term))
    try:
        await session.read_ahead(_ended(settling))
        if not await settling:
            raise SessionLost("another process has listened meanwhile")
    finally:
        settling.cancel()


async def _ended(task: asyncio.Task[bool]) -> None:
    await asyncio.wait({task})
