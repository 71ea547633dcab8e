"""Whose turn it is to use an installation that several processes have, where they share a database."""

from collections.abc import Awaitable, Callable

from pixel_bot.platforms.wire import NoAnswer

Ask = Callable[[], Awaitable[bool | None]]
"""Whether it is the turn of this process; None while nobody can tell."""


class LeaderElection:
    """That of this process: always, unless others share the installation."""

    def __init__(self) -> None:
        self.is_elsewhere = False
        """True while it is that of another process."""
        self._ask: Ask | None = None

    @property
    def is_shared(self) -> bool:
        """True where other processes have the same installation."""
        return self._ask is not None

    def share(self, ask: Ask) -> None:
        """Others have it, too; until somebody says so, it is not our turn."""
        self.is_elsewhere = True
        self._ask = ask

    async def refuse_others(self) -> None:
        """Before what only one may do.

        Raises:
            NoAnswer: it is not for certain that it is still our turn.
        """
        if self._ask is not None and await self._ask() is not True:
            raise NoAnswer("another process may be there", "Joystick.tv")
