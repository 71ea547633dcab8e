"""Keeps a connection to OBS: opened when somebody needs it, and again by itself when it was lost."""

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from pixel_bot.backends.obs_problems import ObsAway, ObsLost, ObsProblem, ObsUntried

if TYPE_CHECKING:
    from pixel_bot.backends.obs_session import Hear, ObsSession

log = logging.getLogger(__name__)

OPENED, GONE = "Opened", "Gone"
"""Heard like events when a connection is open, and when it has ended."""


class ObsLink:
    """At most one connection, and at most one attempt to open it, shared by all who wait for it."""

    def __init__(self, url: str, password: str, hear: "Hear") -> None:
        self._url = url
        self._password = password
        self._hear = hear
        self._session: ObsSession | None = None
        self._attempt: asyncio.Task[ObsSession] | None = None
        self._why: ObsProblem | None = ObsUntried()
        self._failures = 0
        self._keep = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def problem(self) -> ObsProblem | None:
        """Why no clip can be saved, as far as is known without asking; None when all is well."""
        return self._why if self._session is None else self._session.trouble

    def start(self) -> None:
        """Connect in the background, and stay connected from now on. Needs a running loop."""
        if not self._keep and not self._closed:
            self._keep = True
            self._try()

    async def close(self) -> None:
        """End the connection for good."""
        self._closed = True
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
        if self._closed:
            raise ObsAway
        if self._session is not None:
            return self._session
        return await asyncio.shield(self._try())

    def _try(self) -> "asyncio.Task[ObsSession]":
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._open(), name="obs-connect")
            self._attempt.add_done_callback(self._tried)
        return self._attempt

    async def _open(self) -> "ObsSession":
        if self._session is not None:
            return self._session
        # Some 60 ms, which a bot without OBS does not pay.
        from pixel_bot.backends.obs_session import ObsSession

        session = ObsSession(self._url, self._password, self._hear, self._lost)
        try:
            await session.open()
        except BaseException as exc:
            await session.close()
            if isinstance(exc, asyncio.CancelledError):
                # Only close() cancels. Those who wait are not cancelled, so they hear an error instead.
                raise ObsLost from exc
            raise
        self._session = session
        self._failures = 0
        self._note(None)
        self._hear(OPENED, {})
        return session

    def _tried(self, attempt: "asyncio.Task[ObsSession]") -> None:
        self._attempt = None
        if attempt.cancelled() or (exc := attempt.exception()) is None or self._closed:
            return
        if not isinstance(exc, ObsProblem):
            log.error("The connection to OBS failed in a way that is not known.", exc_info=exc)
            exc = ObsAway()
        self._note(exc)
        self._try_later(exc)
        self._failures += 1

    def _lost(self) -> None:
        """An attempt's connection may end before it is ours; then the attempt says why."""
        if self._session is None:
            return
        self._session = None
        self._hear(GONE, {})
        if not self._closed:
            away = ObsAway()
            self._note(away)
            self._try_later(away)

    def _try_later(self, problem: ObsProblem) -> None:
        if not self._keep or self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        pause = min(problem.longest_pause, problem.first_pause * 2 ** min(self._failures, 10))
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        self._timer = asyncio.get_running_loop().call_later(pause * spread, self._try)

    def _note(self, problem: ObsProblem | None) -> None:
        """Remember how it stands, and log it when that is news."""
        before, self._why = self._why, problem
        if type(before) is type(problem):
            return
        if problem is None:
            log.info("OBS is connected.")
        else:
            log.warning("%s", problem)
