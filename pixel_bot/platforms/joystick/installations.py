"""The channel that let the bot in, and its tokens: fresh when they are needed, and never refreshed twice.

A refresh token can be used once; to use it again ends the installation. So refreshes go one at a time, and a new pair
is in the database before anybody gets it. Between the server's answer and that commit lies the one moment in which a
power cut loses the pair: then the next refresh is refused, and the streamer is asked to install the bot again. Nothing
that a client can do closes that gap. For the same reason only one process uses an installation: where several share a
database they take turns, and look into it before a refresh.
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
    """There is no channel that lets the bot in. The sentence says what to do."""


class Installations:
    """Channels that let the bot in: the one in use, and those that wait for the streamer's word."""

    def __init__(self, records: InstallationStore, clock: Clock, oauth: JoystickOAuth) -> None:
        self._store = records
        self._clock = clock
        self._oauth = oauth
        self._installations: dict[str, Installation] = {}
        self._election = asyncio.Lock()
        self._renewing: dict[str, asyncio.Task[str]] = {}
        self._choosing = asyncio.Lock()
        self._unwritten: set[str] = set()
        self._next_change = NextChange()
        self.election = LeaderElection()
        self.epoch = 0
        """Counts how often the installation in use became another one, ended, or was made anew."""
        self.changed: set[Callable[[], None]] = set()
        """Called when the bot was let in, or sent away."""

    async def load(self) -> None:
        """Read what was kept."""
        self._installations = {install.channel_id: install for install in await self._store.load()}

    async def take(self, *, ours: bool) -> None:
        """It is our turn now, or that of another process."""
        if ours != self.election.is_elsewhere:
            return
        if ours and not self._unwritten:
            await self.load()
        self.election.is_elsewhere = not ours
        self.epoch += 1
        self._tell()

    @property
    def current(self) -> Installation | None:
        """The installation in use, the newest one; it may have a ``problem``. None where it is elsewhere."""
        found = () if self.election.is_elsewhere else reversed(self._installations.values())
        return next((i for i in found if not i.pending), None)

    @property
    def pending(self) -> tuple[Installation, ...]:
        """Those that wait for the streamer's word."""
        return () if self.election.is_elsewhere else tuple(i for i in self._installations.values() if i.pending)

    def next_change(self) -> asyncio.Future[None]:
        """Done when, from this moment on, the bot is let in somewhere, or sent away."""
        return self._next_change.wait()

    async def keep(self, grant: Grant, channel_id: str, username: str, *, pending: bool) -> None:
        """A channel let the bot in. One that is in use stays so, with the new tokens."""
        known = self._installations.get(channel_id)
        waits = pending and (known is None or known.pending)
        async with self._choosing:
            async with self._election:
                await self._put(Installation(channel_id, username, waits, "", grant))
            if not waits:
                self.epoch += 1
                await self._leave_others(channel_id)
        self._tell()

    async def confirm(self, channel_id: str) -> None:
        """The streamer says that a channel is theirs: from now on it is the one.

        Raises:
            NotInstalled: it does not wait for that.
        """
        async with self._choosing:
            install = self._waiting_one(channel_id)
            async with self._election:
                await self._put(replace(install, pending=False))
            self.epoch += 1
            await self._leave_others(channel_id)
        log.info("The bot is in the channel of %s on Joystick.tv.", install.username)
        self._tell()

    async def decline(self, channel_id: str) -> None:
        """It is somebody else's: give the tokens back.

        Raises:
            NotInstalled: it does not wait for an answer.
        """
        await self._leave(self._waiting_one(channel_id))
        self._tell()

    async def forget(self) -> None:
        """Leave the channel in use, and any other one that a crash has left behind."""
        if self.current is not None:
            await self._leave_others("")
            self.epoch += 1
            self._tell()

    async def token(self, early: timedelta = EARLY) -> str:
        """The access token; a new one where it ends so ``early``.

        Raises:
            NotInstalled: there is none any more.
            NoAnswer: there is none right now.
        """
        install = self._in_use()
        grant = install.grant
        if install.channel_id in self._unwritten:
            await self.write_again()
        if grant is not None and grant.expires_at - early > self._clock.now():
            return grant.access
        return await self.renewed(grant.access if grant else "")

    async def renewed(self, bad: str) -> str:
        """What to use in place of an access token that is not taken any more.

        Raises:
            NotInstalled, NoAnswer: as ``token`` does.
        """
        renewing = self._renewing.get(bad)
        if renewing is None:
            renewing = self._renewing[bad] = asyncio.create_task(self._renewed(bad), name="joystick-refresh")
            renewing.add_done_callback(lambda done: self._finish(bad, done))
        # Shielded: who gives up waiting must not take the new pair along, for the old one is worth nothing by then.
        return await asyncio.shield(renewing)

    async def close(self) -> None:
        """Wait until a refresh that is under way is done: its pair is the only one that works tomorrow."""
        if self._renewing:
            await asyncio.wait(self._renewing.values())
        with suppress(NoAnswer):
            await self.write_again()

    def _finish(self, bad: str, done: asyncio.Task[str]) -> None:
        del self._renewing[bad]
        if not done.cancelled():
            done.exception()  # it is heard, also where nobody waits any more

    async def _renewed(self, bad: str) -> str:
        async with self._election:
            install = self._in_use()
            grant = install.grant
            if grant is not None and grant.access != bad:
                # Somebody else was here before us.
                return (await self._written(install, grant)).access
            if grant is None or not grant.refresh:
                await self._gone(install, WITHDRAWN)
                raise NotInstalled(WITHDRAWN)
            if (newer := await self._of_another_process(install, grant)) is not None:
                return newer
            try:
                fresh = await self._oauth.refresh(grant.refresh)
            except OAuthRefused as exc:
                if not exc.final:
                    raise NoAnswer("no new tokens", "Joystick.tv") from None
                log.warning("Joystick.tv refuses new tokens: %s", exc)
                await self._gone(install, WITHDRAWN)
                raise NotInstalled(WITHDRAWN) from None
            self._unwritten.add(install.channel_id)
            return (await self._written(replace(install, grant=fresh), fresh)).access

    async def _of_another_process(self, install: Installation, grant: Grant) -> str | None:
        """What another process got in the place of that grant, where one did: then ours is used up."""
        await self.election.refuse_others()
        if not self.election.is_shared or install.channel_id in self._unwritten:
            return None
        await self.load()
        fresh = self._in_use().grant
        return fresh.access if fresh is not None and fresh.refresh != grant.refresh else None

    async def mark_gone(self, problem: str = WITHDRAWN, used: str = "") -> None:
        """Joystick.tv does not know the installation any more: ask for nothing until there is a new one.

        Args:
            problem: what to tell people.
            used: the access token that turned out to be worth nothing; a newer one stays.
        """
        async with self._election:
            install = self.current
            if install is None or install.problem:
                return
            if not used or (install.grant is not None and install.grant.access == used):
                await self._gone(install, problem)

    async def write_again(self) -> None:
        """Write what could not be written before.

        Raises:
            NoAnswer: it cannot be written yet.
        """
        async with self._election:
            if (install := self.current) is not None and install.grant is not None:
                await self._written(install, install.grant)

    async def renamed(self, channel_id: str, username: str) -> None:
        """The channel is called like this."""
        async with self._election:
            install = self._installations.get(channel_id)
            if install is not None and install.grant is not None and install.username != username:
                await self._put(replace(install, username=username))

    def _in_use(self) -> Installation:
        install = self.current
        if install is None:
            raise NotInstalled(ELSEWHERE if self.election.is_elsewhere else NOT_YET)
        if install.problem:
            raise NotInstalled(install.problem)
        return install

    def _waiting_one(self, channel_id: str) -> Installation:
        install = self._installations.get(channel_id)
        if install is None or not install.pending:
            raise NotInstalled("That question is settled already. Look at the set-up page.")
        if install.grant is None:
            raise NotInstalled("The tokens of that installation cannot be read. Install the bot again.")
        return install

    async def _gone(self, install: Installation, problem: str) -> None:
        log.warning("%s", problem)
        await self._put(replace(install, problem=problem, grant=None))
        self._tell()

    async def _leave_others(self, channel_id: str) -> None:
        """One channel is in use; a bot in two would mix them up."""
        for install in tuple(self._installations.values()):
            if install.channel_id != channel_id and not install.pending:
                await self._leave(install)

    async def _leave(self, install: Installation) -> None:
        async with self._election:
            left = self._installations.pop(install.channel_id, None)
            if left is None:
                return
            try:
                await self._store.drop(left.channel_id)
            except SQLAlchemyError as exc:
                log.error("An installation on Joystick.tv could not be forgotten: %s", type(exc).__name__)
        if left.grant is not None:
            await self._oauth.revoke(left.grant.access)

    async def _written(self, install: Installation, grant: Grant) -> Grant:
        """The tokens, once they are in the database: nobody gets them before."""
        if install.channel_id in self._unwritten:
            await self._put(install)
        if install.channel_id in self._unwritten:
            raise NoAnswer(UNWRITTEN, "Joystick.tv")
        return grant

    async def _put(self, install: Installation) -> None:
        self._installations.pop(install.channel_id, None)
        self._installations[install.channel_id] = install
        try:
            await self._store.keep(install)
        except SQLAlchemyError as exc:
            # It is tried again whenever somebody asks for the token.
            self._unwritten.add(install.channel_id)
            log.error("The tokens for Joystick.tv could not be kept: %s", type(exc).__name__)
        else:
            self._unwritten.discard(install.channel_id)

    def _tell(self) -> None:
        self._next_change.come()
        for tell in tuple(self.changed):
            tell()
