"""Viewers by their platform id, so that a rename keeps the points."""

import asyncio
from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import stamp
from pixel_bot.db.sets import fold, sql, unfold
from pixel_bot.errors import UnknownViewer
from pixel_bot.services.ledger import Entry, post
from pixel_bot.services.people import Person, Viewer


class Viewers:
    """Finds viewers, and admits those who are new."""

    def __init__(self, database: Database, clock: Clock, start_points: int) -> None:
        self._database = database
        self._clock = clock
        self._start_points = start_points
        self._waiting: dict[Person, asyncio.Future[Viewer]] = {}
        self._admission: asyncio.Task[None] | None = None

    async def meet(self, person: Person) -> Viewer:
        """The viewer behind a person, created or renamed where needed."""
        rows = await self._database.look_up(
            "SELECT id, name, display_name, points FROM users WHERE platform = :platform AND platform_id = :id",
            {"platform": person.platform, "id": person.platform_id},
        )
        if not rows or tuple(rows[0][1:3]) != (person.name, person.display_name):
            return await self._admitted(person)
        return Viewer(*rows[0])

    async def find(self, name: str) -> Viewer:
        """The viewer of that login, written as people write it: with ``@``, in any case.

        Raises:
            UnknownViewer: nobody of that name has been here.
        """
        login = name.strip().removeprefix("@").rstrip(",").lower()
        query = "SELECT id, name, COALESCE(display_name, name), points FROM users WHERE name = :name"
        rows = await self._database.look_up(query, {"name": login})
        if not rows:
            raise UnknownViewer(name.strip().removeprefix("@")[:40])
        return Viewer(*rows[0])

    async def by_id(self, user_id: int) -> Viewer:
        """The viewer of that id.

        Raises:
            LookupError: there is none.
        """
        query = "SELECT id, name, COALESCE(display_name, name), points FROM users WHERE id = :id"
        rows = await self._database.look_up(query, {"id": user_id})
        if not rows:
            raise LookupError(f"There is no user {user_id}.")
        return Viewer(*rows[0])

    async def voice_of(self, viewer: Viewer) -> str:
        """The voice that the viewer chose; empty for the streamer's choice."""
        rows = await self._database.look_up("SELECT voice FROM users WHERE id = :id", {"id": viewer.id})
        return (rows[0][0] or "") if rows else ""

    async def choose_voice(self, viewer: Viewer, voice: str) -> None:
        """The viewer speaks by this voice from now on; empty for the streamer's choice."""
        async with self._database.write() as session:
            await session.execute(
                sql("UPDATE users SET voice = :voice WHERE id = :id"), {"voice": voice or None, "id": viewer.id}
            )

    async def admit(self, session: AsyncSession, people: Iterable[Person]) -> dict[Person, int]:
        """User ids of people, in the caller's transaction: the new are created, the renamed renamed.

        Somebody who stands there under two names has the later one.
        """
        everyone = list(people)
        latest = {(p.platform, p.platform_id): p for p in everyone}
        known = await self._known(session, list(latest.values()))
        ids = {key: user_id for key, (user_id, _, _) in known.items()}
        moved = [(known[key], person) for key, person in latest.items() if key in known]
        await self._rename(session, [(user, name, p) for (user, name, _), p in moved if name != p.name])
        for (user_id, name, shown), person in moved:
            if name == person.name and shown != person.display_name:
                await self._show(session, user_id, person)
        newcomers = [person for key, person in latest.items() if key not in known]
        ids |= {(p.platform, p.platform_id): user for p, user in (await self._welcome(session, newcomers)).items()}
        return {p: ids[p.platform, p.platform_id] for p in everyone}

    async def _admitted(self, person: Person) -> Viewer:
        """Everybody who waits for the writer's turn is admitted in one transaction, however many they are."""
        waiting = self._waiting.get(person)
        if waiting is None:
            waiting = self._waiting[person] = asyncio.get_running_loop().create_future()
            if len(self._waiting) == 1:
                self._admission = asyncio.create_task(self._admit_waiting(), name="admission")
        # Shielded: the one who gives up must not take the answer from the others.
        return await asyncio.shield(waiting)

    async def _admit_waiting(self) -> None:
        waiting: dict[Person, asyncio.Future[Viewer]] = {}
        try:
            async with self._database.write() as session:
                # Taken when the turn has come: whoever came meanwhile goes along.
                waiting, self._waiting = self._waiting, {}
                viewers = await self._admit_viewers(session, waiting)
        except Exception as exc:  # noqa: BLE001 - whoever waits is told, whatever it was
            if not waiting:
                waiting, self._waiting = self._waiting, {}
            await self._admit_apart(waiting, exc)
        else:
            for person, future in waiting.items():
                future.set_result(viewers[person])

    async def _admit_apart(self, waiting: dict[Person, asyncio.Future[Viewer]], exc: Exception) -> None:
        """One who cannot be admitted must not keep out the others."""
        for person, future in waiting.items():
            if len(waiting) > 1:
                try:
                    async with self._database.write() as session:
                        future.set_result((await self._admit_viewers(session, [person]))[person])
                    continue
                except Exception as own:  # noqa: BLE001 - as above
                    exc = own
            future.set_exception(exc)

    async def _admit_viewers(self, session: AsyncSession, people: Iterable[Person]) -> dict[Person, Viewer]:
        ids = await self.admit(session, people)
        return {person: await self._by_id(session, user_id) for person, user_id in ids.items()}

    async def _by_id(self, session: AsyncSession, user_id: int) -> Viewer:
        row = (
            await session.execute(
                sql("SELECT id, name, display_name, points FROM users WHERE id = :id"), {"id": user_id}
            )
        ).one()
        return Viewer(row.id, row.name, row.display_name or row.name, row.points)

    async def _known(
        self, session: AsyncSession, people: Sequence[Person]
    ) -> dict[tuple[str, str], tuple[int, str, str | None]]:
        source = unfold(session, {"platform": "text", "platform_id": "text"})
        result = await session.execute(
            sql(
                f"SELECT u.platform, u.platform_id, u.id, u.name, u.display_name FROM {source} "
                "JOIN users u ON u.platform = row.platform AND u.platform_id = row.platform_id"
            ),
            {"rows": fold([(p.platform, p.platform_id) for p in people])},
        )
        return {(platform, pid): (user, name, shown) for platform, pid, user, name, shown in result}

    async def _rename(self, session: AsyncSession, renamed: Sequence[tuple[int, str, Person]]) -> None:
        """All old names are let go before a new one is taken, so that two may swap theirs."""
        for user_id, old, _ in renamed:
            await _move(session, user_id, old, f"~{user_id}")
        for user_id, _, person in renamed:
            await self._vacate(session, person.name)
            await _park_xp_of_nobody(session, person.name)
            await _move(session, user_id, f"~{user_id}", person.name)
            await self._show(session, user_id, person)

    async def _show(self, session: AsyncSession, user_id: int, person: Person) -> None:
        await session.execute(
            sql("UPDATE users SET display_name = :shown, updated_at = :now WHERE id = :id"),
            {"shown": person.display_name, "now": stamp(self._clock.now()), "id": user_id},
        )

    async def _vacate(self, session: AsyncSession, name: str) -> None:
        """Somebody else holds this login now; whoever had it keeps the points under a name that nobody can type."""
        holder = (await session.execute(sql("SELECT id FROM users WHERE name = :name"), {"name": name})).scalar()
        if holder is not None:
            await _move(session, holder, name, f"{name}~{holder}")

    async def _welcome(self, session: AsyncSession, people: Sequence[Person]) -> dict[Person, int]:
        """Create people whose platform id is new. A row that was made by name alone belongs to who has the name."""
        if not people:
            return {}
        by_name = {p.name: p for p in people}
        claimed: dict[Person, int] = {}
        for user_id, name, platform_id in await self._holders(session, list(by_name)):
            if platform_id is None:
                claimed[by_name[name]] = user_id
                await self._claim(session, user_id, by_name[name])
            else:
                await self._vacate(session, name)
        fresh = [p for p in people if p not in claimed]
        # Of two new people with one login only the later one can have it.
        names = [p.name if by_name[p.name] == p else f"{p.name}~{p.platform_id}" for p in fresh]
        ids = await self._insert(session, fresh, names)
        await self._pay_start(session, list(ids.values()))
        return claimed | ids

    async def _holders(self, session: AsyncSession, names: Sequence[str]) -> list[tuple[int, str, str | None]]:
        source = unfold(session, {"name": "text"})
        result = await session.execute(
            sql(f"SELECT u.id, u.name, u.platform_id FROM {source} JOIN users u ON u.name = row.name"),
            {"rows": fold([(n,) for n in names])},
        )
        return [(user, name, platform_id) for user, name, platform_id in result]

    async def _claim(self, session: AsyncSession, user_id: int, person: Person) -> None:
        await session.execute(
            sql(
                "UPDATE users SET platform = :platform, platform_id = :pid, display_name = :shown, updated_at = :now "
                "WHERE id = :id"
            ),
            {
                "platform": person.platform,
                "pid": person.platform_id,
                "shown": person.display_name,
                "now": stamp(self._clock.now()),
                "id": user_id,
            },
        )

    async def _insert(self, session: AsyncSession, people: Sequence[Person], names: Sequence[str]) -> dict[Person, int]:
        if not people:
            return {}
        source = unfold(session, {"name": "text", "platform": "text", "platform_id": "text", "display_name": "text"})
        rows = [(n, p.platform, p.platform_id, p.display_name) for n, p in zip(names, people, strict=True)]
        result = await session.execute(
            sql(
                "INSERT INTO users (name, points, platform, platform_id, display_name, created_at, updated_at) "
                f"SELECT row.name, 0, row.platform, row.platform_id, row.display_name, :now, :now FROM {source} "
                "WHERE true ORDER BY row.seq RETURNING id, name"
            ),
            {"rows": fold(rows), "now": stamp(self._clock.now())},
        )
        ids = {name: user for user, name in result}
        return {p: ids[n] for n, p in zip(names, people, strict=True)}

    async def _pay_start(self, session: AsyncSession, user_ids: Sequence[int]) -> None:
        if self._start_points:
            now = self._clock.now()
            await post(session, [Entry(user_id, self._start_points, "start", now) for user_id in user_ids])


async def _move(session: AsyncSession, user_id: int, old: str, new: str) -> None:
    """Give a row another name, and its XP with it."""
    await session.execute(sql("UPDATE users SET name = :new WHERE id = :id"), {"new": new, "id": user_id})
    await session.execute(
        sql("UPDATE xp_records SET user_name = :new WHERE user_name = :old"), {"new": new, "old": old}
    )


async def _park_xp_of_nobody(session: AsyncSession, name: str) -> None:
    """XP under a name that no user has must not stand in the way of somebody who takes that name."""
    await session.execute(
        sql("UPDATE xp_records SET user_name = user_name || '~' || id WHERE user_name = :name"), {"name": name}
    )
