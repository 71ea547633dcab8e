"""All that the gate needs, built once for a web server: where it is, who is signed in, and how often one was wrong."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models_access import WebServerRow
from pixel_bot.logs import hide
from pixel_bot.model.hosts import is_loopback
from pixel_bot.web.access.attempts import Attempts
from pixel_bot.web.access.origins import Origin, origin_from
from pixel_bot.web.access.sessions import Purpose, Sessions
from pixel_bot.web.access.tokens import Tokens

COOKIE = "pixel_session"


class Access:
    """Who gets in to one web server.

    Args:
        database, clock: of this bot.
        host: what the server listens on.
        port: the same.
        home: the path of the page that a person opens first.
        public_url: WEB_PUBLIC_URL, or empty.
        is_overlay_key: whether a key is the overlay's; compared in constant time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        host: str,
        port: int,
        home: str,
        public_url: str,
        is_overlay_key: Callable[[str], bool],
    ) -> None:
        self.sessions = Sessions(database, clock)
        self.tokens = Tokens(database, clock)
        self.wrong_keys = Attempts()
        self.wrong_tokens = Attempts()
        self.wrong_overlay_keys = Attempts()
        self.is_overlay_key = is_overlay_key
        self.host = host
        self.home = home
        self.port = port
        self.is_open = not is_loopback(host)
        """True when other computers can reach it."""
        self.public: Origin | None = origin_from(public_url) if public_url else None
        # By this name, because a platform leads people back to it, and a cookie of 127.0.0.1 would not be sent there.
        self.base = public_url.rstrip("/") or f"http://localhost:{port}"
        self._database = database
        self._clock = clock
        self._row: int | None = None

    @property
    def home_url(self) -> str:
        """The address of the page that a person opens first, without a key."""
        return self.base + self.home

    async def link(self, purpose: Purpose, base: str = "") -> str:
        """An address that signs one browser in, once. It is redacted in the log.

        Args:
            purpose: who asks for it; it says how long the link works.
            base: the origin under which the browser reaches this server, where it is another one than usual.
        """
        key = await self.sessions.issue_key(purpose)
        hide(key)
        return f"{base or self.base}{self.home}?key={key}"

    def cookie(self, *, is_tls: bool) -> str:
        """The name of the cookie. It holds the port, because cookies ignore ports.

        With ``__Host-`` a browser takes it only by TLS, and no other host can set it
        (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix).
        """
        return f"{'__Host-' if is_tls else ''}{COOKIE}_{self.port}"

    async def announce(self) -> None:
        """Note where this server is, for ``python -m pixel_bot open``."""
        async with self._database.write() as session:
            if not self._database.is_shared:  # nobody else runs on this file: what stands there, a killed one left
                await session.execute(delete(WebServerRow))
            row = WebServerRow(address=self.home_url, started_at=self._clock.now())
            session.add(row)
            await session.flush()
            self._row = row.id

    async def withdraw(self) -> None:
        """This server ends."""
        if self._row is not None:
            with suppress(DBAPIError):
                async with self._database.write() as session:
                    await session.execute(delete(WebServerRow).where(WebServerRow.id == self._row))


async def newest_server(database: Database) -> str:
    """The address of the server that was started last on a database; empty when there is none."""
    query = select(WebServerRow.address).order_by(WebServerRow.started_at.desc(), WebServerRow.id.desc()).limit(1)
    async with database.readers() as session:
        return (await session.execute(query)).scalar_one_or_none() or ""
