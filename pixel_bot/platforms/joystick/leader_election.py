"""Leader election: which of several processes that share a database uses the installation."""

from collections.abc import Awaitable, Callable

from pixel_bot.platforms.wire import NoAnswer

LeadershipCheck = Callable[[], Awaitable[bool | None]]
"""Whether this process is the leader; None while it is unknown."""


class LeaderElection:
    """This process's view: it is the leader unless others share the installation."""

    def __init__(self) -> None:
        self.is_elsewhere = False
        """True while another process is the leader, or may be."""
        self._is_leader: LeadershipCheck | None = None

    @property
    def is_shared(self) -> bool:
        """True where processes share the installation."""
        return self._is_leader is not None

    def share(self, is_leader: LeadershipCheck) -> None:
        """Share the installation; until ``is_leader`` says so, this process is not the leader."""
        self.is_elsewhere = True
        self._is_leader = is_leader

    async def require_leadership(self) -> None:
        """Check leadership again, before what only the leader may do.

        Raises:
            NoAnswer: it is not certain that this process is still the leader.
        """
        if self._is_leader is not None and await self._is_leader() is not True:
            raise NoAnswer("another process may be there", "Joystick.tv")
