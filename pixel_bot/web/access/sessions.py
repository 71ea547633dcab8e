"""Keys that sign a browser in, and the sessions that they become. Both are in the database, as hashes."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models_access import AccessKey, WebSession
from pixel_bot.web.access.principal import Principal, form_token_of, hash_of

SESSION_LIFE = timedelta(days=90)
"""A browser that does not come for so long is signed out."""

SEEN_EVERY = timedelta(minutes=5)
MOST_SESSIONS = 100
MOST_KEYS = 200
MAX_AGENT = 200
MAX_SECRET = 128


class Purpose(StrEnum):
    """Who asked for a key."""

    START = "start"
    OPEN = "open"
    BROWSER = "browser"


KEY_LIFE = {
    Purpose.START: timedelta(days=7),
    Purpose.OPEN: timedelta(hours=1),
    Purpose.BROWSER: timedelta(minutes=15),
}


class KeyState(StrEnum):
    """What became of a key that a browser brought."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The result of a key: the secret of the new session's cookie, empty unless the key was good."""

    state: KeyState
    secret: str = ""


class Sessions:
    """Issues keys, takes each of them once, and knows who is signed in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.ended: set[Callable[[], None]] = set()
        """Called after everybody was signed out, so that open sockets end."""

    async def issue_key(self, purpose: Purpose) -> str:
        """A new key. It signs one browser in, once."""
        key, now = secrets.token_urlsafe(16), self._clock.now()
        async with self._database.write() as session:
            await session.execute(delete(AccessKey).where(AccessKey.expires_at <= now))
            newest = select(AccessKey.hash).order_by(AccessKey.created_at.desc()).limit(MOST_KEYS - 1)
            await session.execute(delete(AccessKey).where(AccessKey.hash.not_in(newest)))
            life = KEY_LIFE[purpose]
            session.add(AccessKey(hash=hash_of(key), purpose=purpose, created_at=now, expires_at=now + life))
        return key

    async def sign_in(self, key: str, user_agent: str) -> SignedIn:
        """Take a key, and begin a session, in one transaction: of two who bring one key, one is signed in."""
        if not 0 < len(key) <= MAX_SECRET:
            return SignedIn(KeyState.UNKNOWN)
        found, now = hash_of(key), self._clock.now()
        async with self._database.write() as session:
            fresh = (AccessKey.hash == found, AccessKey.used_at.is_(None), AccessKey.expires_at > now)
            take = update(AccessKey).where(*fresh).values(used_at=now).returning(AccessKey.hash)
            if (await session.execute(take)).scalar_one_or_none() is None:
                return SignedIn(await _state_of(session, found))
            return SignedIn(KeyState.GOOD, await self._begin(session, user_agent, now))

    async def principal(self, secret: str) -> Principal | None:
        """Who a cookie signs in; None where it is unknown, ended or too old."""
        if not 0 < len(secret) <= MAX_SECRET:
            return None
        found, now = hash_of(secret), self._clock.now()
        async with self._database.readers() as session:
            query = select(WebSession).where(WebSession.hash == found, WebSession.expires_at > now)
            row = (await session.execute(query)).scalar_one_or_none()
        if row is None or not secrets.compare_digest(row.hash, found):
            return None
        if now - row.seen_at >= SEEN_EVERY:
            await self._touch(found, now)
        return Principal(id=f"session {found[:32]}", form_token=form_token_of(secret))

    async def sign_out_all(self) -> None:
        """End all sessions, and make all links worthless that nobody has used yet."""
        async with self._database.write() as session:
            await session.execute(delete(WebSession))
            await session.execute(delete(AccessKey))
        for listener in tuple(self.ended):
            listener()

    async def _begin(self, session: AsyncSession, user_agent: str, now: datetime) -> str:
        secret = secrets.token_urlsafe(32)
        await session.execute(delete(WebSession).where(WebSession.expires_at <= now))
        newest = select(WebSession.id).order_by(WebSession.seen_at.desc()).limit(MOST_SESSIONS - 1)
        await session.execute(delete(WebSession).where(WebSession.id.not_in(newest)))
        session.add(
            WebSession(
                hash=hash_of(secret),
                user_agent=user_agent[:MAX_AGENT],
                created_at=now,
                seen_at=now,
                expires_at=now + SESSION_LIFE,
            )
        )
        return secret

    async def _touch(self, found: str, now: datetime) -> None:
        values = {"seen_at": now, "expires_at": now + SESSION_LIFE}
        with suppress(DBAPIError):  # a database that cannot be written keeps nobody out who is signed in
            async with self._database.write() as session:
                await session.execute(update(WebSession).where(WebSession.hash == found).values(**values))


async def _state_of(session: AsyncSession, found: str) -> KeyState:
    """Why a key was not taken."""
    row = await session.get(AccessKey, found)
    if row is None:
        return KeyState.UNKNOWN
    return KeyState.EXPIRED if row.used_at is None else KeyState.USED
