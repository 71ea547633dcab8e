"""The ignore list: accounts that earn nothing, are on no leaderboard and cannot redeem. They keep what they have.

It is kept by account, so that renaming or linking changes nothing. Service bots are on it by their names, unless a row
says that one of them plays. A name that nobody has had yet can be put on it ahead; at the first message of its owner
that row is replaced by one of the account.

The list is small and read with every award, so it is cached. The cache is only trusted while no transaction has
touched the list; on a shared database each reader asks the table.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import stamp
from pixel_bot.model.people import Person
from pixel_bot.model.service_bots import SERVICE_NAMES
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.idempotency import write_once

_LOAD = """
SELECT i.ignored, i.user_id, u.name, u.platform, u.platform_id FROM ignored_accounts i JOIN users u ON u.id = i.user_id
UNION ALL
SELECT i.ignored, i.user_id, u.name, u.platform, u.platform_id
FROM ignored_accounts i JOIN users u ON u.merged_into = i.user_id
UNION ALL
SELECT n.ignored, NULL, n.name, NULL, NULL FROM ignored_names n
"""

_PUT_ACCOUNT = f"""
INSERT INTO ignored_accounts (user_id, ignored, created_at) VALUES ({ACCOUNT}, :ignored, :now)
ON CONFLICT (user_id) DO UPDATE SET ignored = excluded.ignored, created_at = excluded.created_at
"""
_PUT_NAME = """
INSERT INTO ignored_names (name, ignored, created_at) VALUES (:name, :ignored, :now)
ON CONFLICT (name) DO UPDATE SET ignored = excluded.ignored, created_at = excluded.created_at
"""

_TAKE_OVER = """
INSERT INTO ignored_accounts (user_id, ignored, created_at)
SELECT COALESCE(u.merged_into, u.id), n.ignored, n.created_at FROM ignored_names n JOIN users u ON u.name = n.name
WHERE true ON CONFLICT (user_id) DO NOTHING
"""
_TAKEN_OVER = "DELETE FROM ignored_names WHERE EXISTS (SELECT 1 FROM users u WHERE u.name = ignored_names.name)"

_LISTED = """
SELECT COALESCE(u.display_name, u.name), u.name FROM ignored_accounts i JOIN users u ON u.id = i.user_id
WHERE i.ignored UNION ALL SELECT n.name, n.name FROM ignored_names n WHERE n.ignored ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The ignore list at one moment.

    Args:
        accounts: ids of ignored accounts.
        playing: ids of service bots' accounts that play nevertheless.
        names: names that are ignored where nobody of that name has a row in the list.
        waiting: names in the list that nobody has had yet.
        people: platform and platform id of the owners of ``accounts``, and of the bot itself.
    """

    accounts: frozenset[int] = frozenset()
    playing: frozenset[int] = frozenset()
    names: frozenset[str] = SERVICE_NAMES
    waiting: frozenset[str] = frozenset()
    people: frozenset[tuple[str, str]] = frozenset()

    def has(self, account: int, name: str) -> bool:
        """Whether an account, of that name in the database, is ignored."""
        return account in self.accounts or (name in SERVICE_NAMES and account not in self.playing)

    def has_identity(self, person: Person) -> bool:
        """Whether somebody is the owner of an ignored account, or the bot itself."""
        return (person.platform, person.platform_id) in self.people

    def has_person(self, person: Person) -> bool:
        """Whether somebody is ignored whose account was not looked up."""
        return self.has_identity(person) or person.name in self.names


class IgnoreList:
    """Reads and changes the ignore list."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.now = Ignored()
        """The list as it was last read, for those who cannot wait."""
        self.changed: set[Callable[[], None]] = set()
        """Called when the list that was read differs from the one before."""
        self._own: set[tuple[str, str]] = set()
        self._version = 1
        self._cached_version = 0
        self._is_touched = False
        database.committed.add(self._on_commit)

    def add_own(self, platform_id: str) -> None:
        """The bot's own account on Twitch, which never plays."""
        self._own.add(("twitch", platform_id))
        self.invalidate()

    def touch(self) -> None:
        """The running write transaction changes the list, or its accounts' owners. It is read anew after the commit."""
        self._is_touched = True

    def invalidate(self) -> None:
        """Another process has changed the list: read it anew at the next use, and close nobody's chat until then."""
        self._version += 1
        self._notify()

    async def read(self, session: AsyncSession) -> Ignored:
        """The list as this session sees it."""
        version = self._version
        if version == self._cached_version and not (self._is_touched or self._database.is_shared):
            return self.now
        fresh = await self._load(session)
        # What a transaction has changed, or another one meanwhile, may be rolled back or be missing: not to be kept.
        if not self._is_touched and version == self._version:
            self._cached_version = version
            if fresh != self.now:
                self.now = fresh
                self._notify()
        return fresh

    async def refresh(self) -> None:
        """Read the list. Call it after a change of it was committed."""
        async with self._database.readers() as session:
            await self.read(session)

    async def take_over(self, session: AsyncSession, people: Collection[Person]) -> None:
        """Replace rows of names by rows of accounts, for people who have just been upserted in this transaction."""
        waiting = (await self.read(session)).waiting
        if any(person.name in waiting for person in people):
            await self._take_over(session)

    async def put_account(self, user_id: int, *, ignored: bool) -> None:
        """Put an account on the list; with ``ignored`` False it plays although it is a service bot's."""
        await self._change(_PUT_ACCOUNT, user=user_id, ignored=ignored, now=stamp(self._clock.now()))

    async def put_name(self, name: str, *, ignored: bool) -> None:
        """The same for a name that nobody has had yet."""
        await self._change(_PUT_NAME, name=name, ignored=ignored, now=stamp(self._clock.now()))

    async def drop_account(self, user_id: int) -> None:
        """Take an account off the list."""
        await self._change(f"DELETE FROM ignored_accounts WHERE user_id = {ACCOUNT}", user=user_id)

    async def drop_name(self, name: str) -> None:
        """Take a name off the list."""
        await self._change("DELETE FROM ignored_names WHERE name = :name", name=name)

    async def listed(self) -> list[tuple[str, str]]:
        """All that mods have put on the list: the name to show, and the name in the database."""
        async with self._database.readers() as session:
            return [(shown, name) for shown, name in await session.execute(sql(_LISTED))]

    async def _change(self, statement: str, **values: object) -> None:
        async with write_once(self._database) as session:
            await session.execute(sql(statement), values)
            # Whoever has that name may have come since it was looked up.
            await self._take_over(session)
        await self.refresh()

    async def _take_over(self, session: AsyncSession) -> None:
        self.touch()
        await session.execute(sql(_TAKE_OVER))
        await session.execute(sql(_TAKEN_OVER))

    async def _load(self, session: AsyncSession) -> Ignored:
        rows = (await session.execute(sql(_LOAD))).all()
        there = [row for row in rows if row[1] is not None]
        waiting = {name: bool(ignored) for ignored, user_id, name, *_ in rows if user_id is None}
        playing = {name for ignored, _, name, *_ in there if not ignored}
        playing |= {name for name, ignored in waiting.items() if not ignored}
        ahead = {name for name, ignored in waiting.items() if ignored}
        return Ignored(
            accounts=frozenset(int(user_id) for ignored, user_id, *_ in there if ignored),
            playing=frozenset(int(user_id) for ignored, user_id, *_ in there if not ignored),
            names=(SERVICE_NAMES | ahead) - playing,
            waiting=frozenset(waiting),
            people=frozenset((row[3], row[4]) for row in there if row[0]) | self._own,
        )

    def _on_commit(self) -> None:
        if self._is_touched:
            self._is_touched = False
            self._version += 1

    def _notify(self) -> None:
        for listener in tuple(self.changed):
            listener()
