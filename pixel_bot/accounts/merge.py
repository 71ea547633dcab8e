"""Merging two accounts of one person and splitting them again, in the caller's transaction; sums are conserved.

The Twitch account is kept. The merged one stays as a row without points and XP, whose identity and name resolve to the
kept one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts import gift_pause, merge_account_data
from pixel_bot.clock import Clock
from pixel_bot.cog_data import viewer_rows
from pixel_bot.cog_data.tables import CogTables
from pixel_bot.db.models import User
from pixel_bot.db.models_links import Link
from pixel_bot.errors import ChatError
from pixel_bot.model.event import Event
from pixel_bot.model.people import Viewer
from pixel_bot.points import ledger, mod_changes, paid_levels
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.ledger import Entry
from pixel_bot.points.levels import Levels
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


class AlreadyLinked(ChatError):
    """One of two accounts is linked already, to the other one or to a third."""

    def __init__(self, *, own: bool) -> None:
        words = (
            later("Your account is linked to another one already. A mod can take them apart first.")
            if own
            else later("That account is linked to another one already. A mod can take them apart first.")
        )
        super().__init__(_(words))


class NotLinked(ChatError):
    """The account has no link."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(_("{viewer} is not linked to another account.", viewer=viewer))


@dataclass(frozen=True, slots=True)
class Linked(Event):
    """Two accounts were merged: both with their new balances, and the points and XP that were moved."""

    kept: Viewer
    merged: Viewer
    points: int
    xp: int


@dataclass(frozen=True, slots=True)
class Unlinked(Event):
    """Two accounts were split: both with their new balances. ``missing`` points that should go back are spent."""

    kept: Viewer
    merged: Viewer
    points: int
    xp: int
    missing: int


class AccountMerge:
    """Merges and splits accounts."""

    def __init__(self, clock: Clock, levels: Levels, ignore_list: IgnoreList, cog_tables: CogTables) -> None:
        self._clock = clock
        self._levels = levels
        self._ignore_list = ignore_list
        self._cog_tables = cog_tables
        self.changed: set[Callable[[], None]] = set()
        """Called after accounts were merged or split: caches of viewers must be invalidated."""

    def notify(self) -> None:
        """Call all listeners. Call it after the commit."""
        for listener in tuple(self.changed):
            listener()

    async def active_link(self, session: AsyncSession, *users: int) -> Link | None:
        """The active link of one of these accounts, kept or merged; None without one."""
        either = or_(Link.kept_id.in_(users), Link.merged_id.in_(users))
        return (await session.execute(select(Link).where(Link.undone_at.is_(None), either).limit(1))).scalar()

    async def link_of_change(self, session: AsyncSession, change_id: int) -> Link | None:
        """The active link that a change made; None when it made none, or it was undone."""
        mine = (Link.change_id == change_id, Link.undone_at.is_(None))
        return (await session.execute(select(Link).where(*mine))).scalar()

    async def merge(self, session: AsyncSession, actor: Viewer, kept_id: int, merged_id: int) -> Linked:
        """Merge two accounts that are not linked.

        Args:
            session: the transaction.
            actor: who linked them.
            kept_id: the Twitch account.
            merged_id: the account on the other platform.

        Raises:
            AlreadyLinked: one of them is linked.
            BadAmount: the sum exceeds what a balance can hold.
        """
        kept, merged = await self._locked(session, kept_id, merged_id)
        if (link := await self.active_link(session, kept_id, merged_id)) is not None:
            raise AlreadyLinked(own=actor.id in (link.kept_id, link.merged_id))
        now = self._clock.now()
        self._ignore_list.touch()
        change = await mod_changes.record(session, actor, f"link {merged.name} to {kept.name}", now)
        points = await self._move_points(session, merged, kept, merged.points, "link", change)
        xp = await self._levels.move(session, merged.name, kept.name)
        await paid_levels.share(session, kept_id, merged_id, self._levels.rewarded, now)
        await merge_account_data.merge_account_data(session, merged_id, kept_id)
        await gift_pause.begin(session, kept_id, now)
        await session.execute(update(User).where(User.id == merged_id).values(merged_into=kept_id, updated_at=now))
        values = {"points": points, "xp": xp, "change_id": change, "created_at": now}
        link = insert(Link).values(kept_id=kept_id, merged_id=merged_id, **values).returning(Link.id)
        link_id = (await session.execute(link)).scalar_one()
        await viewer_rows.follow(session, link_id, merged_id, kept_id, self._cog_tables.loaded)
        return Linked(_with(kept, points), _with(merged, -points), points, xp)

    async def unmerge(self, session: AsyncSession, link: Link) -> Unlinked:
        """Split two accounts. Moved points and XP go back, as far as they are not spent.

        Raises:
            NotLinked: another transaction has just split them.
        """
        kept, merged = await self._locked(session, link.kept_id, link.merged_id)
        now = self._clock.now()
        self._ignore_list.touch()
        if link.change_id is not None:
            await mod_changes.undo(session, link.change_id, now)
        ended = await session.execute(
            update(Link).where(Link.id == link.id, Link.undone_at.is_(None)).values(undone_at=now).returning(Link.id)
        )
        if ended.first() is None:
            raise NotLinked(kept)
        # From here on the ledger posts the merged account's entries to itself again.
        await session.execute(update(User).where(User.id == merged.id).values(merged_into=None, updated_at=now))
        due = max(0, link.points + await merge_account_data.refunded(session, link))
        points = max(0, min(due, kept.points))
        await self._move_points(session, kept, merged, points, "unlink", link.change_id)
        xp = await self._levels.move(session, kept.name, merged.name, link.xp)
        await paid_levels.unshare(session, kept.id, merged.id, self._levels.rewarded)
        await gift_pause.end(session, kept.id)
        await merge_account_data.split_account_data(session, link)
        await viewer_rows.part(session, link.id, merged.id, kept.id)
        return Unlinked(_with(kept, -points), _with(merged, points), points, xp, due - points)

    async def _locked(self, session: AsyncSession, *users: int) -> list[Viewer]:
        """Lock the rows of these accounts until the transaction ends. Returns them in that order."""
        shown = (User.id, User.name, User.display_name, User.points)
        rows = await session.execute(select(*shown).where(User.id.in_(users)).order_by(User.id).with_for_update())
        found = {row.id: Viewer(row.id, row.name, row.display_name or row.name, row.points or 0) for row in rows}
        return [found[user] for user in users]

    async def _move_points(
        self, session: AsyncSession, giver: Viewer, taker: Viewer, points: int, reason: str, change: int | None
    ) -> int:
        now = self._clock.now()
        entries = [
            Entry(giver.id, -points, reason, now, change, taker.name),
            Entry(taker.id, points, reason, now, change, giver.name),
        ]
        await ledger.post(session, entries if points else [])
        return points


def _with(viewer: Viewer, more: int) -> Viewer:
    return replace(viewer, points=viewer.points + more)
