"""Installations of the bot in channels, and token rotation: single-flight refreshes, written before use.

A refresh token works once; using it again ends the installation. So refreshes are serialised, and a new pair is in the
database before any caller gets it. Between the server's answer and that commit a power cut loses the pair: the next
refresh is refused then, and the streamer has to install the bot again. No client can close that gap. For the same
reason only one process, the elected leader, uses an installation.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from pixel_bot.clock import Clock
from pixel_bot.concurrency.next_change import NextChange
from pixel_bot.errors import PixelError
from pixel_bot.platforms.joystick.installation_store import Installation, InstallationStore
from pixel_bot.platforms.joystick.leader_election import LeaderElection
from pixel_bot.platforms.joystick.oauth import Grant, JoystickOAuth, OAuthRefused
from pixel_bot.platforms.wire import NoAnswer

log = logging.getLogger(__name__)

EARLY = timedelta(seconds=60)
WITHDRAWN = "Joystick.tv has withdrawn the bot. Install it again: open /setup."
"""It was uninstalled there, or one of its refresh tokens was used twice."""

NOT_YET = "The bot is not installed on Joystick.tv yet: open /setup."
ELSEWHERE = "Another process of this bot is on Joystick.tv."
UNWRITTEN = "its new tokens could not be written into the database"


class NotInstalled(PixelError):
    """The bot is installed in no channel. The sentence says what to do."""


class Installations:
    """The installation in use, and those that wait for the streamer's confirmation."""

    def __init__(self, store: InstallationStore, clock: Clock, oauth: JoystickOAuth) -> None:
        self._store = store
        self._clock = clock
        self._oauth = oauth
        self._installations: dict[str, Installation] = {}
        self._lock = asyncio.Lock()
        self._refreshes: dict[str, asyncio.Task[str]] = {}
        self._choice_lock = asyncio.Lock()
        self._unwritten: set[str] = set()
        self._next_change = NextChange()
        self.election = LeaderElection()
        self.epoch = 0
        """Counts how often the installation in use became another one, ended, or was made anew."""
        self.changed: set[Callable[[], None]] = set()
        """Called when an installation was added or has ended."""

    async def load(self) -> None:
        """Read the stored installations."""
        self._installations = {install.channel_id: install for install in await self._store.load()}

    async def on_leadership(self, *, ours: bool) -> None:
        """This process became the leader, or another one did."""
        if ours != self.election.is_elsewhere:
            return
        # A former leader may have rotated the tokens. An unwritten pair of our own is newer than any row.
        if ours and not self._unwritten:
            await self.load()
        self.election.is_elsewhere = not ours
        self.epoch += 1
        self._notify()

    @property
    def current(self) -> Installation | None:
        """The installation in use, the newest one; it may have a ``problem``. None unless this process leads."""
        found = () if self.election.is_elsewhere else reversed(self._installations.values())
        return next((i for i in found if not i.pending), None)

    @property
    def pending(self) -> tuple[Installation, ...]:
        """Those that wait for the streamer's confirmation."""
        return () if self.election.is_elsewhere else tuple(i for i in self._installations.values() if i.pending)

    def next_change(self) -> asyncio.Future[None]:
        """Done at the next change of the installations."""
        return self._next_change.wait()

    async def keep(self, grant: Grant, channel_id: str, username: str, *, pending: bool) -> None:
        """Store a new installation. One that is in use stays in use, with the new tokens."""
        known = self._installations.get(channel_id)
        waits = pending and (known is None or known.pending)
        async with self._choice_lock:
            async with self._lock:
                # Before the write: whoever connects meanwhile uses this one, and must not wait for it again.
                self.epoch += not waits
                await self._save(Installation(channel_id, username, waits, "", grant))
            if not waits:
                await self._leave_others(channel_id)
        self._notify()

    async def confirm(self, channel_id: str) -> None:
        """The streamer confirms a channel: it is the one in use from now on.

        Raises:
            NotInstalled: it does not wait for that.
        """
        async with self._choice_lock:
            install = self._pending_one(channel_id)
            async with self._lock:
                self.epoch += 1  # as in ``keep``
                await self._save(replace(install, pending=False))
            await self._leave_others(channel_id)
        log.info("The bot is in the channel of %s on Joystick.tv.", install.username)
        self._notify()

    async def decline(self, channel_id: str) -> None:
        """The streamer declines a channel: revoke its tokens.

        Raises:
            NotInstalled: it does not wait for an answer.
        """
        await self._leave(self._pending_one(channel_id))
        self._notify()

    async def forget(self) -> None:
        """Drop the installation in use, and any other one that a crash has left behind."""
        if self.current is not None:
            await self._leave_others("")
            self.epoch += 1
            self._notify()

    async def token(self, early: timedelta = EARLY) -> str:
        """The access token; a new one where it ends so ``early``.

        Raises:
            NotInstalled: there is none any more.
            NoAnswer: there is none right now.
        """
        install = self._required()
        grant = install.grant
        if install.channel_id in self._unwritten:
            await self.retry_write()
        if grant is not None and grant.expires_at - early > self._clock.now():
            return grant.access
        return await self.refresh(grant.access if grant else "")

    async def refresh(self, bad: str) -> str:
        """The token to use in place of a refused one; concurrent callers share one refresh.

        Raises:
            NotInstalled, NoAnswer: as ``token`` does.
        """
        renewing = self._refreshes.get(bad)
        if renewing is None:
            renewing = self._refreshes[bad] = asyncio.create_task(self._refresh(bad), name="joystick-refresh")
            renewing.add_done_callback(lambda done: self._on_refresh_done(bad, done))
        # Shielded: a caller that is cancelled must not cancel the refresh, for the old pair is used up by then.
        return await asyncio.shield(renewing)

    async def close(self) -> None:
        """Wait until a refresh in progress is done: its pair is the only one that works afterwards."""
        if self._refreshes:
            await asyncio.wait(self._refreshes.values())
        with suppress(NoAnswer):
            await self.retry_write()

    def _on_refresh_done(self, bad: str, done: asyncio.Task[str]) -> None:
        del self._refreshes[bad]
        if not done.cancelled():
            done.exception()  # retrieved, also where every caller was cancelled

    async def _refresh(self, bad: str) -> str:
        async with self._lock:
            install = self._required()
            grant = install.grant
            if grant is not None and grant.access != bad:
                # Another caller has refreshed it while this one waited for the lock.
                return (await self._ensure_written(install, grant)).access
            if grant is None or not grant.refresh:
                await self._end(install, WITHDRAWN)
                raise NotInstalled(WITHDRAWN)
            if (newer := await self._newer_token(install, grant)) is not None:
                return newer
            try:
                fresh = await self._oauth.refresh(grant.refresh)
            except OAuthRefused as exc:
                if not exc.final:
                    raise NoAnswer("no new tokens", "Joystick.tv") from None
                log.warning("Joystick.tv refuses new tokens: %s", exc)
                await self._end(install, WITHDRAWN)
                raise NotInstalled(WITHDRAWN) from None
            # Before the write: if it fails, or is cancelled, nobody may use this pair until it is stored.
            self._unwritten.add(install.channel_id)
            return (await self._ensure_written(replace(install, grant=fresh), fresh)).access

    async def _newer_token(self, install: Installation, grant: Grant) -> str | None:
        """The access token that a former leader has stored in place of that grant; None where there is none."""
        await self.election.require_leadership()
        if not self.election.is_shared or install.channel_id in self._unwritten:
            return None
        await self.load()
        fresh = self._required().grant
        return fresh.access if fresh is not None and fresh.refresh != grant.refresh else None

    async def mark_gone(self, problem: str = WITHDRAWN, used: str = "") -> None:
        """Mark the installation as ended: no request is sent until there is a new one.

        Args:
            problem: the sentence for people.
            used: the access token that turned out to be worth nothing; a newer one stays.
        """
        async with self._lock:
            install = self.current
            if install is None or install.problem:
                return
            if not used or (install.grant is not None and install.grant.access == used):
                await self._end(install, problem)

    async def retry_write(self) -> None:
        """Retry a failed write.

        Raises:
            NoAnswer: it cannot be written yet.
        """
        async with self._lock:
            if (install := self.current) is not None and install.grant is not None:
                await self._ensure_written(install, install.grant)

    async def update_username(self, channel_id: str, username: str) -> None:
        """Store a changed username of the channel."""
        async with self._lock:
            if (install := self._installations.get(channel_id)) and install.grant and install.username != username:
                await self._save(replace(install, username=username))

    def _required(self) -> Installation:
        install = self.current
        if install is None:
            raise NotInstalled(ELSEWHERE if self.election.is_elsewhere else NOT_YET)
        if install.problem:
            raise NotInstalled(install.problem)
        return install

    def _pending_one(self, channel_id: str) -> Installation:
        install = self._installations.get(channel_id)
        if install is None or not install.pending:
            raise NotInstalled("That question is settled already. Look at the set-up page.")
        if install.grant is None:
            raise NotInstalled("The tokens of that installation cannot be read. Install the bot again.")
        return install

    async def _end(self, install: Installation, problem: str) -> None:
        log.warning("%s", problem)
        await self._save(replace(install, problem=problem, grant=None))
        self._notify()

    async def _leave_others(self, channel_id: str) -> None:
        """Drop all other confirmed installations: one channel is in use at a time."""
        for install in tuple(self._installations.values()):
            if install.channel_id != channel_id and not install.pending:
                await self._leave(install)

    async def _leave(self, install: Installation) -> None:
        async with self._lock:
            left = self._installations.pop(install.channel_id, None)
            if left is None:
                return
            try:
                await self._store.drop(left.channel_id)
            except SQLAlchemyError as exc:
                log.error("An installation on Joystick.tv could not be forgotten: %s", type(exc).__name__)
        if left.grant is not None:
            await self._oauth.revoke(left.grant.access)

    async def _ensure_written(self, install: Installation, grant: Grant) -> Grant:
        """Return the tokens once they are in the database."""
        if install.channel_id in self._unwritten:
            await self._save(install)
        if install.channel_id in self._unwritten:
            raise NoAnswer(UNWRITTEN, "Joystick.tv")
        return grant

    async def _save(self, install: Installation) -> None:
        # Popped first: the newest installation stands last, and ``current`` takes the last one.
        self._installations.pop(install.channel_id, None)
        self._installations[install.channel_id] = install
        try:
            await self._store.keep(install)
        except SQLAlchemyError as exc:
            # Retried at each request for the token.
            self._unwritten.add(install.channel_id)
            log.error("The tokens for Joystick.tv could not be kept: %s", type(exc).__name__)
        else:
            self._unwritten.discard(install.channel_id)

    def _notify(self) -> None:
        self._next_change.come()
        for callback in tuple(self.changed):
            callback()
