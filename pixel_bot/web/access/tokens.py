"""Bearer tokens for scripts: made and revoked at the command line, verified at each request."""

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models_access import ApiToken
from pixel_bot.errors import StartError
from pixel_bot.web.access.principal import Principal, hash_of
from pixel_bot.web.access.scopes import checked

PREFIX = "pb_"
MAX_LENGTH = 128
MAX_NAME = 64
USED_EVERY = timedelta(minutes=5)
RESERVED = frozenset({"list", "revoke"})


class TokenRefused(StartError):
    """A token could not be made or revoked; the sentence says why."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What may be shown of a token."""

    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None


class Tokens:
    """The tokens of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def make(self, name: str, scopes: Iterable[str] = ()) -> str:
        """A new token, which is shown this once. Without scopes it may do everything.

        Raises:
            UnknownScope: one of the scopes does not exist.
            TokenRefused: the name is taken, or none.
        """
        granted = checked(scopes)
        if name in RESERVED or not name.isprintable() or not 0 < len(name.strip()) <= MAX_NAME:
            raise TokenRefused(f"Give the token a name of 1 to {MAX_NAME} characters, and neither list nor revoke.")
        token = PREFIX + secrets.token_urlsafe(32)
        row = ApiToken(name=name, hash=hash_of(token), scopes=" ".join(sorted(granted)), created_at=self._clock.now())
        try:
            async with self._database.write() as session:
                session.add(row)
        except IntegrityError:
            raise TokenRefused(
                f"There is a token with the name {name} already. Choose another name, or revoke that one first: "
                f"python -m pixel_bot token revoke {name}"
            ) from None
        return token

    async def all(self) -> Sequence[TokenFacts]:
        """All tokens, by name."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(ApiToken).order_by(ApiToken.name))).scalars()
            return [TokenFacts(row.name, tuple(row.scopes.split()), row.created_at, row.used_at) for row in rows]

    async def revoke(self, name: str) -> None:
        """Make a token worthless, from the next request on.

        Raises:
            TokenRefused: there is none with that name.
        """
        async with self._database.write() as session:
            gone = delete(ApiToken).where(ApiToken.name == name).returning(ApiToken.id)
            if (await session.execute(gone)).scalar_one_or_none() is None:
                raise TokenRefused(f"There is no token with the name {name}. See: python -m pixel_bot token list")

    async def principal(self, token: str) -> Principal | None:
        """Who a token is of; None where it is unknown or revoked."""
        if not token.startswith(PREFIX) or len(token) > MAX_LENGTH:
            return None
        found, now = hash_of(token), self._clock.now()
        async with self._database.readers() as session:
            row = (await session.execute(select(ApiToken).where(ApiToken.hash == found))).scalar_one_or_none()
        if row is None or not secrets.compare_digest(row.hash, found):
            return None
        if row.used_at is None or now - row.used_at >= USED_EVERY:
            with suppress(DBAPIError):  # a database that cannot be written makes no token worthless
                async with self._database.write() as session:
                    await session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
        return Principal(id=f"token {found[:32]}", name=row.name, scopes=frozenset(row.scopes.split()))
