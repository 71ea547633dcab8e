"""Installation store: rows of ``joystick_installs``, their tokens encrypted."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import JoystickInstall
from pixel_bot.platforms.joystick.oauth import DEFAULT_LIFE, Grant
from pixel_bot.security.cipher import Cipher

log = logging.getLogger(__name__)

SEALED = "gAAAA"
"""Prefix of every encrypted text. A row that was written by hand holds the token itself."""

LOCKED = "The key does not fit the tokens. Install the bot again, or put back secret.key."


@dataclass(frozen=True, slots=True)
class Installation:
    """A channel in which the bot is installed.

    Args:
        channel_id, username: the channel, and whose it is.
        pending: True while the streamer must still confirm that it is theirs.
        problem: why it does not work any more, and what to do; empty while it works.
        grant: its tokens; None where there are none that work.
    """

    channel_id: str
    username: str
    pending: bool = False
    problem: str = ""
    grant: Grant | None = field(default=None, repr=False)


class InstallationStore:
    """Stores installations in the database."""

    def __init__(self, database: Database, clock: Clock, cipher: Cipher) -> None:
        self._database = database
        self._clock = clock
        self._cipher = cipher

    async def load(self) -> Sequence[Installation]:
        """All installations, the last one updated at the end. Tokens in plain text are encrypted."""
        touched = JoystickInstall.updated_at.asc().nulls_first()
        async with self._database.readers() as session:
            rows = (
                (await session.execute(select(JoystickInstall).order_by(touched, JoystickInstall.id))).scalars().all()
            )
        installations: list[Installation] = []
        for row in rows:
            installations.append(install := self._installation(row))
            written = [kept for kept in (row.access_token, row.refresh_token) if kept]
            if install.grant is not None and not all(kept.startswith(SEALED) for kept in written):
                await self.keep(install)
                log.info("The tokens of the Joystick.tv installation are encrypted now.")
        return installations

    async def keep(self, install: Installation) -> None:
        """Insert or update an installation."""
        now, grant = self._clock.now(), install.grant
        values = {
            "username": install.username,
            "pending": install.pending,
            "problem": install.problem or None,
            "access_token": self._cipher.seal(grant.access) if grant else "",
            "refresh_token": self._cipher.seal(grant.refresh) if grant and grant.refresh else None,
            "expires_at": grant.expires_at if grant else None,
            "updated_at": now,
        }
        is_it = JoystickInstall.channel_id == install.channel_id
        async with self._database.write() as session:
            known = (await session.execute(select(JoystickInstall.id).where(is_it))).scalar()
            if known is not None:
                await session.execute(update(JoystickInstall).where(is_it).values(**values))
            else:
                session.add(JoystickInstall(channel_id=install.channel_id, created_at=now, **values))

    async def drop(self, channel_id: str) -> None:
        """Delete an installation."""
        async with self._database.write() as session:
            await session.execute(delete(JoystickInstall).where(JoystickInstall.channel_id == channel_id))

    def _installation(self, row: JoystickInstall) -> Installation:
        install = Installation(row.channel_id, row.username or "", row.pending, row.problem or "")
        if not row.access_token and not row.refresh_token:
            return install
        access, refresh = self._opened(row.access_token), self._opened(row.refresh_token or "")
        if access is None or refresh is None:
            log.warning("Joystick.tv: %s", LOCKED)
            return Installation(row.channel_id, install.username, row.pending, install.problem or LOCKED)
        # Where nobody wrote down when it ends, it is used until it is not taken any more.
        grant = Grant(access, refresh, row.expires_at or self._clock.now() + DEFAULT_LIFE)
        return Installation(row.channel_id, install.username, row.pending, install.problem, grant)

    def _opened(self, kept: str) -> str | None:
        return self._cipher.unseal(kept) if kept.startswith(SEALED) else kept
