"""Who is new in chat: an account younger than a week, or fewer than five messages that were seen here.

The age comes from Twitch's ``GET users``, once for each account, within the budget of all look-ups. Joystick.tv tells
no age, so there it counts from when the account was first seen here. An age that is unknown counts as new.

Messages are counted in memory, up to the bound, and saved in batches: a crash loses the counts of the last minute, and
then somebody counts as new for a few messages more.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts.people import CannotAsk, People
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.people import Person, Viewer

ENOUGH_MESSAGES = 5
OLD_ENOUGH = timedelta(days=7)
REMEMBERED = 20_000
SAVE_AT = 500
"""People with unsaved counts at which they should be saved."""

# Chat that was paid before messages were counted counts, too: who has been here for months is not new.
_KNOWN = f"""
SELECT (SELECT k.messages FROM known_chatters k WHERE k.key = :key),
       (SELECT k.account_since FROM known_chatters k WHERE k.key = :key),
       (SELECT u.created_at FROM users u WHERE u.id = :user),
       (SELECT COUNT(*) FROM (SELECT 1 FROM transactions t WHERE t.user_id = :user AND t.reason = 'chat'
                              LIMIT {ENOUGH_MESSAGES}) AS paid)
"""

_COUNT = f"""
INSERT INTO known_chatters (key, messages) SELECT row.key, row.messages FROM {{source}} WHERE true
ON CONFLICT (key) DO UPDATE SET messages = CASE
    WHEN known_chatters.messages + excluded.messages > {ENOUGH_MESSAGES} THEN {ENOUGH_MESSAGES}
    ELSE known_chatters.messages + excluded.messages END
"""

_SINCE = """
INSERT INTO known_chatters (key, messages, account_since) VALUES (:key, 0, :since)
ON CONFLICT (key) DO UPDATE SET account_since = excluded.account_since
"""


class Newcomers:
    """Counts messages, and says who is new."""

    def __init__(self, database: Database, clock: Clock, people: People) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._unsaved: dict[str, int] = {}
        self._regulars: LruCache[str, bool] = LruCache(REMEMBERED)

    def note(self, key: str) -> None:
        """Somebody with that ``Person.key`` has written."""
        if self._regulars.get(key) is not None:
            return
        counted = self._unsaved.get(key, 0) + 1
        self._unsaved[key] = min(counted, ENOUGH_MESSAGES)
        if counted >= ENOUGH_MESSAGES:
            self._regulars.put(key, True)

    @property
    def unsaved(self) -> int:
        """People whose counts are not saved yet."""
        return len(self._unsaved)

    async def save(self) -> None:
        """Save the counts."""
        if not self._unsaved:
            return
        counts, self._unsaved = self._unsaved, {}
        try:
            async with self._database.write() as session:
                source = unfold(session, {"key": "text", "messages": "bigint"})
                await session.execute(sql(_COUNT.format(source=source)), {"rows": fold(list(counts.items()))})
        except BaseException:
            self._unsaved = counts | self._unsaved
            raise

    async def is_new(self, person: Person, viewer: Viewer) -> bool:
        """Whether somebody is new here.

        Args:
            person: as the platform names them.
            viewer: their account here.
        """
        async with self._database.readers() as session:
            row = (await session.execute(sql(_KNOWN), {"key": person.key, "user": viewer.id})).one()
        counted, since, met, paid = row
        if max((counted or 0) + self._unsaved.get(person.key, 0), paid) < ENOUGH_MESSAGES:
            return True
        exists_since = read_stamp(since) if since is not None else await self._ask(person, met)
        return exists_since is None or self._clock.now() - exists_since < OLD_ENOUGH

    async def _ask(self, person: Person, met: str | datetime | None) -> datetime | None:
        """Since when an account exists; None where nobody says so now."""
        if person.platform != "twitch":
            return read_stamp(met) if met is not None else None
        try:
            since = await self._people.twitch.exists_since(person.platform_id)
        except CannotAsk:
            return None
        if since is not None:
            async with self._database.write() as session:
                await self._remember(session, person.key, since)
        return since

    async def _remember(self, session: AsyncSession, key: str, since: datetime) -> None:
        await session.execute(sql(_SINCE), {"key": key, "since": stamp(since)})
