"""Upsert of viewers in one transaction: creates new ones, applies renames, follows merged accounts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.direct import run
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import stamp
from pixel_bot.model.people import Person
from pixel_bot.points.ledger import Entry, post

_KNOWN = """
SELECT u.platform, u.platform_id, u.id, u.name, u.display_name, COALESCE(k.id, u.id), COALESCE(k.name, u.name),
       k.id IS NOT NULL OR EXISTS (SELECT 1 FROM users o WHERE o.merged_into = u.id)
FROM {source} JOIN users u ON u.platform = row.platform AND u.platform_id = row.platform_id
LEFT JOIN users k ON k.id = u.merged_into
"""


class KnownAccount(NamedTuple):
    """The account with a person's points and XP. ``linked`` when two platforms share it."""

    id: int
    name: str
    linked: bool


class _Row(NamedTuple):
    """The row of one platform identity, and its account: itself unless merged."""

    id: int
    name: str
    shown: str | None
    account: int
    linked: bool


class ViewerUpsert:
    """One upsert, in the caller's transaction.

    Args:
        session: the transaction.
        now: the time written to the rows.
        start_points: points for each new viewer.
        is_ignored: whether somebody gets none.
    """

    def __init__(
        self, session: AsyncSession, now: datetime, start_points: int, is_ignored: Callable[[Person], bool]
    ) -> None:
        self._session = session
        self._now = now
        self._start_points = start_points
        self._is_ignored = is_ignored
        self._names: dict[int, str] = {}

    async def of(self, people: Iterable[Person]) -> dict[Person, KnownAccount]:
        """Their accounts. A person who is listed under two names gets the later one."""
        everyone = list(people)
        latest = {(p.platform, p.platform_id): p for p in everyone}
        known = await self._known(list(latest.values()))
        moved = [(known[key], person) for key, person in latest.items() if key in known]
        await self._rename([(row, person) for row, person in moved if row.name != person.name])
        for row, person in moved:
            if row.name == person.name and row.shown != person.display_name:
                await self._show(row.id, person)
        newcomers = [person for key, person in latest.items() if key not in known]
        new = {(p.platform, p.platform_id): user for p, user in (await self._create(newcomers)).items()}
        accounts = {key: (row.account, row.linked) for key, row in known.items()}
        accounts |= {key: (user, False) for key, user in new.items()}
        found = {key: KnownAccount(user, self._names[user], linked) for key, (user, linked) in accounts.items()}
        return {p: found[p.platform, p.platform_id] for p in everyone}

    async def _known(self, people: Sequence[Person]) -> dict[tuple[str, str], _Row]:
        source = unfold(self._session, {"platform": "text", "platform_id": "text"})
        done = await run(
            self._session, _KNOWN.format(source=source), {"rows": fold([(p.platform, p.platform_id) for p in people])}
        )
        rows: dict[tuple[str, str], _Row] = {}
        for platform, platform_id, user, name, shown, account, account_name, linked in done.rows:
            rows[platform, platform_id] = _Row(user, name, shown, account, bool(linked))
            self._names[user], self._names[account] = name, account_name
        return rows

    async def _rename(self, renamed: Sequence[tuple[_Row, Person]]) -> None:
        """All old names are released before a new one is taken, so that two viewers may swap names."""
        for row, _ in renamed:
            await self._move(row.id, row.name, f"~{row.id}")
        for row, person in renamed:
            await self._vacate(person.name)
            await self._park_xp_of_nobody(person.name)
            await self._move(row.id, f"~{row.id}", person.name)
            await self._show(row.id, person)

    async def _show(self, user_id: int, person: Person) -> None:
        await self._session.execute(
            sql("UPDATE users SET display_name = :shown, display_key = :key, updated_at = :now WHERE id = :id"),
            {"shown": person.display_name, "key": person.display_key, "now": stamp(self._now), "id": user_id},
        )

    async def _vacate(self, name: str) -> None:
        """A login has a new owner: its former owner keeps the points under a name that nobody can type."""
        query = sql("SELECT id FROM users WHERE name = :name")
        holder = (await self._session.execute(query, {"name": name})).scalar()
        if holder is not None:
            await self._move(holder, name, f"{name}~{holder}")

    async def _create(self, people: Sequence[Person]) -> dict[Person, int]:
        """Create viewers with a new platform id. A row created by name alone goes to the owner of the name."""
        if not people:
            return {}
        by_name = {p.name: p for p in people}
        claimed: dict[Person, int] = {}
        for user_id, name, platform_id in await self._holders(list(by_name)):
            if platform_id is None:
                claimed[by_name[name]] = user_id
                self._names[user_id] = name
                await self._claim(user_id, by_name[name])
            else:
                await self._vacate(name)
        fresh = [p for p in people if p not in claimed]
        # Of two new viewers with one login only the later one gets it.
        names = [p.name if by_name[p.name] == p else f"{p.name}~{p.platform_id}" for p in fresh]
        ids = await self._insert(fresh, names)
        await self._pay_start([user_id for person, user_id in ids.items() if not self._is_ignored(person)])
        return claimed | ids

    async def _holders(self, names: Sequence[str]) -> list[tuple[int, str, str | None]]:
        source = unfold(self._session, {"name": "text"})
        done = await run(
            self._session,
            f"SELECT u.id, u.name, u.platform_id FROM {source} JOIN users u ON u.name = row.name",
            {"rows": fold([(n,) for n in names])},
        )
        return [(user, name, platform_id) for user, name, platform_id in done.rows]

    async def _claim(self, user_id: int, person: Person) -> None:
        await self._session.execute(
            sql(
                "UPDATE users SET platform = :platform, platform_id = :pid, display_name = :shown, display_key = :key, "
                "updated_at = :now WHERE id = :id"
            ),
            {
                "platform": person.platform,
                "pid": person.platform_id,
                "shown": person.display_name,
                "key": person.display_key,
                "now": stamp(self._now),
                "id": user_id,
            },
        )

    async def _insert(self, people: Sequence[Person], names: Sequence[str]) -> dict[Person, int]:
        if not people:
            return {}
        columns = ("name", "platform", "platform_id", "display_name", "display_key")
        source = unfold(self._session, dict.fromkeys(columns, "text"))
        rows = [
            (n, p.platform, p.platform_id, p.display_name, p.display_key) for n, p in zip(names, people, strict=True)
        ]
        done = await run(
            self._session,
            "INSERT INTO users (name, points, platform, platform_id, display_name, display_key, created_at, "
            "updated_at) SELECT row.name, 0, row.platform, row.platform_id, row.display_name, row.display_key, "
            f":now, :now FROM {source} "
            "WHERE true ORDER BY row.seq RETURNING id, name",
            {"rows": fold(rows), "now": stamp(self._now)},
        )
        ids = {name: user for user, name in done.rows}
        self._names |= {user: name for name, user in ids.items()}
        return {p: ids[n] for n, p in zip(names, people, strict=True)}

    async def _pay_start(self, user_ids: Sequence[int]) -> None:
        if self._start_points:
            entries = [Entry(user_id, self._start_points, "start", self._now) for user_id in user_ids]
            await post(self._session, entries)

    async def _move(self, user_id: int, old: str, new: str) -> None:
        """Rename a row, and its XP with it."""
        await self._session.execute(sql("UPDATE users SET name = :new WHERE id = :id"), {"new": new, "id": user_id})
        await self._session.execute(
            sql("UPDATE xp_records SET user_name = :new WHERE user_name = :old"), {"new": new, "old": old}
        )
        self._names[user_id] = new

    async def _park_xp_of_nobody(self, name: str) -> None:
        """XP under a name without a user is renamed, so that it does not block whoever takes that name."""
        await self._session.execute(
            sql("UPDATE xp_records SET user_name = user_name || '~' || id WHERE user_name = :name"), {"name": name}
        )
