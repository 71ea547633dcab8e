"""Viewers by platform id, so that a rename keeps the points.

Linked accounts are one viewer, found by either name.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.errors import UnknownViewer
from pixel_bot.model.names import SHOWN, Named, name_of, named, shown_name
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.upsert_viewers import KnownAccount, ViewerUpsert

_ACCOUNT = """
SELECT u.name, u.display_name, k.id, k.name, COALESCE(k.display_name, k.name), k.points
FROM users u JOIN users k ON k.id = COALESCE(u.merged_into, u.id)
"""
"""The names in a row, and its account: itself unless merged."""

_BY_PERSON = f"{_ACCOUNT} WHERE u.platform = :platform AND u.platform_id = :id"
_BY_NAME = f"{_ACCOUNT} WHERE u.name IN (:name, :elsewhere)"
_BY_DISPLAY_NAME = """
SELECT u.name, CASE u.platform WHEN 'twitch' THEN u.platform_id ELSE u.name END,
       k.id, k.name, COALESCE(k.display_name, k.name), k.points
FROM users u JOIN users k ON k.id = COALESCE(u.merged_into, u.id)
WHERE u.display_key = :key AND u.platform = :platform
"""
_BY_ID = f"{_ACCOUNT} WHERE u.id = :id"
_IDENTITY = """
SELECT k.id, k.name, k.platform, k.platform_id
FROM users u JOIN users k ON k.id = COALESCE(u.merged_into, u.id) WHERE u.id = :id
"""
_BY_IDS = """
SELECT row.id, k.id, k.name, COALESCE(k.display_name, k.name), k.points
FROM {} JOIN users u ON u.id = row.id JOIN users k ON k.id = COALESCE(u.merged_into, u.id)
"""


class Called(NamedTuple):
    """Somebody who was found by a display name: the login, the key (``Person.key``), and the account."""

    login: str
    key: str
    viewer: Viewer


class Viewers:
    """Finds viewers, and creates new ones."""

    def __init__(self, database: Database, clock: Clock, start_points: int, ignore_list: IgnoreList) -> None:
        self._database = database
        self._ignore_list = ignore_list
        self._clock = clock
        self._start_points = start_points
        self._waiting: dict[Person, asyncio.Future[Viewer]] = {}
        self._upsert: asyncio.Task[None] | None = None

    async def meet(self, person: Person) -> Viewer:
        """Get or create the viewer of a person, renamed where needed."""
        rows = await self._database.look_up(_BY_PERSON, {"platform": person.platform, "id": person.platform_id})
        if not rows or tuple(rows[0][:2]) != (person.name, person.display_name):
            return await self._upserted(person)
        return Viewer(*rows[0][2:])

    async def find(self, name: str, platform: Platform = "twitch") -> Viewer:
        """The viewer of that login, written as people write it: with ``@``, in any case.

        Args:
            name: a login of that platform, or one of either like ``bob@twitch`` and ``bob@joystick``.
            platform: where it was typed.

        Raises:
            UnknownViewer: nobody of that name has been here. A viewer of that name on the other platform is not
                returned, but named in the error.
        """
        who = named(name, platform)
        viewer, is_elsewhere = await self.of_login(who)
        if viewer is not None:
            return viewer
        raise UnknownViewer(shown_name(name), where_else(who) if is_elsewhere else None)

    async def of_login(self, who: Named) -> tuple[Viewer | None, bool]:
        """The viewer of a login, and whether only the other platform has one of that name, which nobody excluded."""
        elsewhere = name_of(who.login, who.elsewhere)
        rows = await self._database.look_up(_BY_NAME, {"name": who.name, "elsewhere": elsewhere})
        found = {row[0]: row[2:] for row in rows}
        viewer = Viewer(*found[who.name]) if who.name in found else None
        return viewer, viewer is None and elsewhere in found and not who.said

    async def of_display_name(self, who: Named) -> list[Called]:
        """The viewers whose display name that is, in any case; each account once."""
        key = {"key": who.login.casefold(), "platform": who.platform}
        rows = await self._database.look_up(_BY_DISPLAY_NAME, key)
        each = {row[2]: row for row in rows}.values()
        return [Called(row[0].partition("@")[0], row[1], Viewer(*row[2:])) for row in each]

    async def by_id(self, user_id: int) -> Viewer:
        """The viewer of that id.

        Raises:
            LookupError: there is none.
        """
        rows = await self._database.look_up(_BY_ID, {"id": user_id})
        if not rows:
            raise LookupError(f"There is no user {user_id}.")
        return Viewer(*rows[0][2:])

    async def of_account(self, platform: Platform, platform_id: str) -> Viewer | None:
        """The viewer of an account, by its number there; None where nobody of it has been here."""
        rows = await self._database.look_up(_BY_PERSON, {"platform": platform, "id": platform_id})
        return Viewer(*rows[0][2:]) if rows else None

    async def by_ids(self, user_ids: Iterable[int]) -> dict[int, Viewer]:
        """The viewers of those ids, by the id that was asked for; those that there are none of are left out."""
        async with self._database.readers() as session:
            ids = unfold(session, {"id": "bigint"})
            rows = await session.execute(sql(_BY_IDS.format(ids)), {"rows": fold([(user_id,) for user_id in user_ids])})
            return {row[0]: Viewer(*row[1:]) for row in rows}

    async def voice_of(self, viewer: Viewer) -> str:
        """The text-to-speech voice that the viewer chose; empty for the streamer's choice."""
        rows = await self._database.look_up(f"SELECT voice FROM users WHERE id = {ACCOUNT}", {"user": viewer.id})
        return (rows[0][0] or "") if rows else ""

    async def choose_voice(self, viewer: Viewer, voice: str) -> None:
        """Set the viewer's text-to-speech voice; empty for the streamer's choice."""
        async with self._database.write() as session:
            await session.execute(
                sql(f"UPDATE users SET voice = :voice WHERE id = {ACCOUNT}"),
                {"voice": voice or None, "user": viewer.id},
            )

    async def upsert(self, session: AsyncSession, people: Iterable[Person]) -> dict[Person, KnownAccount]:
        """Upsert people in the caller's transaction: creates new ones, applies renames. Returns their accounts.

        A person who is listed under two names gets the later one.
        """
        ignored = await self._ignore_list.read(session)
        known = await ViewerUpsert(session, self._clock.now(), self._start_points, ignored.has_person).of(people)
        await self._ignore_list.take_over(session, known)
        return known

    async def is_ignored(self, session: AsyncSession, user_id: int) -> bool:
        """Whether an account is on the ignore list, as this session sees it."""
        ignored = await self._ignore_list.read(session)
        account, name, platform, platform_id = (await session.execute(sql(_IDENTITY), {"id": user_id})).one()
        return ignored.has(account, name) or (platform, platform_id) in ignored.people

    async def _upserted(self, person: Person) -> Viewer:
        """Group commit: all people who wait for the writer lock are upserted in one transaction."""
        waiting = self._waiting.get(person)
        if waiting is None:
            waiting = self._waiting[person] = asyncio.get_running_loop().create_future()
            if len(self._waiting) == 1:
                self._upsert = asyncio.create_task(self._upsert_waiting(), name="upsert-viewers")
        # Shielded: one caller that is cancelled must not cancel the future that the others await.
        return await asyncio.shield(waiting)

    async def _upsert_waiting(self) -> None:
        waiting: dict[Person, asyncio.Future[Viewer]] = {}
        try:
            async with self._database.write() as session:
                # Taken after the lock was acquired: people who came meanwhile are in the same transaction.
                waiting, self._waiting = self._waiting, {}
                viewers = await self._upsert_viewers(session, waiting)
        except Exception as exc:  # noqa: BLE001 - every error goes to the waiting callers
            if not waiting:
                waiting, self._waiting = self._waiting, {}
            await self._upsert_apart(waiting, exc)
        else:
            for person, future in waiting.items():
                future.set_result(viewers[person])

    async def _upsert_apart(self, waiting: dict[Person, asyncio.Future[Viewer]], exc: Exception) -> None:
        """Upsert each person in a transaction of its own, so that one failure does not affect the others."""
        for person, future in waiting.items():
            if len(waiting) > 1:
                try:
                    async with self._database.write() as session:
                        future.set_result((await self._upsert_viewers(session, [person]))[person])
                    continue
                except Exception as own:  # noqa: BLE001 - as above
                    exc = own
            future.set_exception(exc)

    async def _upsert_viewers(self, session: AsyncSession, people: Iterable[Person]) -> dict[Person, Viewer]:
        known = await self.upsert(session, people)
        return {person: await self._by_id(session, account.id) for person, account in known.items()}

    async def _by_id(self, session: AsyncSession, user_id: int) -> Viewer:
        row = (await session.execute(sql(_BY_ID), {"id": user_id})).one()
        return Viewer(*row[2:])


def where_else(who: Named) -> tuple[str, str]:
    """The other platform, and how to name somebody there."""
    return SHOWN[who.elsewhere], f"{who.login}@{who.elsewhere}"
