"""Connection manager for OBS: opened on demand, single-flight, and reconnected with exponential back-off and jitter."""

import asyncio
import logging
import random
from enum import Enum, auto
from typing import TYPE_CHECKING

from pixel_bot.backends.obs_problems import ObsAway, ObsLost, ObsProblem, ObsUntried

if TYPE_CHECKING:
    from pixel_bot.backends.obs_session import EventCallback, ObsSession

log = logging.getLogger(__name__)

OPENED, GONE = "Opened", "Gone"
"""Delivered like events when a connection is open, and when it has ended."""


class _Mode(Enum):
    ON_DEMAND = auto()
    """Connected when somebody asks, and not again by itself."""
    PERSISTENT = auto()
    """Reconnected whenever the connection is lost."""
    CLOSED = auto()


class ObsLink:
    """At most one connection, and at most one attempt to open it, shared by all who wait for it."""

    def __init__(self, url: str, password: str, on_event: "EventCallback") -> None:
        self._url = url
        self._password = password
        self._on_event = on_event
        self._session: ObsSession | None = None
        self._attempt: asyncio.Task[ObsSession] | None = None
        self._problem: ObsProblem | None = ObsUntried()
        self._failures = 0
        self._mode = _Mode.ON_DEMAND
        self._timer: asyncio.TimerHandle | None = None

    @property
    def problem(self) -> ObsProblem | None:
        """Why nothing can be saved, as far as is known without asking; None when all is well."""
        return self._problem if self._session is None else self._session.problem

    def start(self) -> None:
        """Connect in the background, and stay connected from now on. Needs a running loop."""
        if self._mode is _Mode.ON_DEMAND:
            self._mode = _Mode.PERSISTENT
            self._attempt_once()

    async def close(self) -> None:
        """End the connection for good."""
        self._mode = _Mode.CLOSED
        if self._timer is not None:
            self._timer.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait({self._attempt})
        if self._session is not None:
            await self._session.close()

    async def session(self) -> "ObsSession":
        """The connection; when there is none, it is tried at once.

        Raises:
            ObsProblem: why there is none.
        """
        if self._mode is _Mode.CLOSED:
            raise ObsAway
        if self._session is not None:
            return self._session
        return await asyncio.shield(self._attempt_once())

    def _attempt_once(self) -> "asyncio.Task[ObsSession]":
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._open(), name="obs-connect")
            self._attempt.add_done_callback(self._on_attempt_done)
        return self._attempt

    async def _open(self) -> "ObsSession":
        if self._session is not None:
            return self._session
        # Some 60 ms, which a bot without OBS does not pay.
        from pixel_bot.backends.obs_session import ObsSession

        session = ObsSession(self._url, self._password, self._on_event, self._on_lost)
        try:
            await session.open()
        except BaseException as exc:
            await session.close()
            if isinstance(exc, asyncio.CancelledError):
                # Only close() cancels. The waiters are not cancelled themselves, so they get an error instead.
                raise ObsLost from exc
            raise
        self._session = session
        self._failures = 0
        self._set_problem(None)
        self._on_event(OPENED, {})
        return session

    def _on_attempt_done(self, attempt: "asyncio.Task[ObsSession]") -> None:
        self._attempt = None
        if attempt.cancelled() or (exc := attempt.exception()) is None or self._mode is _Mode.CLOSED:
            return
        if not isinstance(exc, ObsProblem):
            log.error("The connection to OBS failed in a way that is not known.", exc_info=exc)
            exc = ObsAway()
        self._set_problem(exc)
        self._try_later(exc)
        self._failures += 1

    def _on_lost(self) -> None:
        """An attempt's connection may end before it is ours; then the attempt says why."""
        if self._session is None:
            return
        self._session = None
        self._on_event(GONE, {})
        if self._mode is not _Mode.CLOSED:
            away = ObsAway()
            self._set_problem(away)
            self._try_later(away)

    def _try_later(self, problem: ObsProblem) -> None:
        if self._mode is not _Mode.PERSISTENT:
            return
        if self._timer is not None:
            self._timer.cancel()
        pause = min(problem.longest_pause, problem.first_pause * 2 ** min(self._failures, 10))
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        self._timer = asyncio.get_running_loop().call_later(pause * spread, self._attempt_once)

    def _set_problem(self, problem: ObsProblem | None) -> None:
        """Set the problem, and log it when it is another one."""
        before, self._problem = self._problem, problem
        if type(before) is type(problem):
            return
        if problem is None:
            log.info("OBS is connected.")
        else:
            log.warning("%s", problem)
