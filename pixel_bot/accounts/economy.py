"""Transfers of points between viewers, and changes by mods with undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts import gift_pause
from pixel_bot.accounts.merge import AccountMerge
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import stamp
from pixel_bot.earning.chat_gate import ChatRules
from pixel_bot.errors import BadAmount, NothingToUndo
from pixel_bot.model.people import Viewer
from pixel_bot.points import ledger, mod_changes
from pixel_bot.points.amounts import ALL, Share
from pixel_bot.points.audit import note_act
from pixel_bot.points.idempotency import write_once
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.ledger import Entry
from pixel_bot.points.levels import Levels, LevelUp
from pixel_bot.texts import count, signed
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

ADDED = later("add {points} to {viewer}")
REMOVED = later("remove {points} from {viewer}")


@dataclass(frozen=True, slots=True)
class Given:
    """A transfer: the amount, and both balances after it."""

    amount: int
    giver_balance: int
    receiver_balance: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a mod took: the amount, and the balance after it."""

    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class XpChange:
    """A change of XP by a mod: the actual change, the new XP, and the levels reached."""

    delta: int
    xp: int
    ups: tuple[LevelUp, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that was undone. ``missing`` points had been spent and were not taken."""

    summary: str
    actor: str
    missing: int


class Economy:
    """Transfers and the changes that mods make, each in one transaction."""

    def __init__(
        self, database: Database, clock: Clock, levels: Levels, merge: AccountMerge, ignore_list: IgnoreList
    ) -> None:
        self._database = database
        self._clock = clock
        self._levels = levels
        self._merge = merge
        self._ignore_list = ignore_list

    async def give(self, giver: Viewer, receiver: Viewer, amount: int | Share | None) -> Given:
        """Move points from one viewer to another: a number, a share of the giver's balance, or (None) all of it.

        Raises:
            BadAmount: to oneself, or nothing.
            NotEnoughPoints: more than the giver has.
            GivingPaused: the giver's accounts were linked less than an hour ago.
        """
        if giver.id == receiver.id:
            raise BadAmount(_("You cannot give {points} to yourself."))
        if isinstance(amount, int) and amount <= 0:
            raise BadAmount(_("That has to be more than zero."))
        async with write_once(self._database) as session:
            now = self._clock.now()
            await gift_pause.refuse(session, giver.id, now)
            if not isinstance(amount, int):
                share, balance = amount or ALL, await ledger.balance_of(session, giver.id)
                little = _("{share} of your {amount} is less than one {point}.", **_shown(share, balance))
                amount = _part_of(share, balance, _("You have no {points} to give."), little)
            after = await ledger.post(
                session,
                [
                    Entry(giver.id, -amount, "give", now, note=receiver.name),
                    Entry(receiver.id, amount, "give", now, note=giver.name),
                ],
            )
        return Given(amount, after[giver.id], after[receiver.id])

    async def add(self, actor: Viewer, viewer: Viewer, amount: int, note: str = "") -> int:
        """A mod adds points, or takes them with a negative amount. Returns the balance.

        Raises:
            NotEnoughPoints: the viewer has fewer points than the mod takes.
        """
        verb, words = ("add", ADDED) if amount >= 0 else ("remove", REMOVED)
        summary = _(words, points=count(abs(amount), "point"), viewer=viewer)
        async with write_once(self._database) as session:
            return await self._post_change(session, actor, viewer, amount, f"mod:{verb}", summary, note)

    async def take(self, actor: Viewer, viewer: Viewer, amount: int | Share, note: str = "") -> Taken:
        """A mod takes points: a number, or a share of the viewer's balance.

        Raises:
            BadAmount: the share comes to nothing.
            NotEnoughPoints: the viewer has fewer points than the mod takes.
        """
        async with write_once(self._database) as session:
            if isinstance(amount, Share):
                balance = await ledger.balance_of(session, viewer.id)
                little = _(
                    "{share} of the {amount} of {viewer} is less than one {point}.",
                    viewer=viewer,
                    **_shown(amount, balance),
                )
                amount = _part_of(amount, balance, _("{viewer} has no {points} to take.", viewer=viewer), little)
            summary = _(REMOVED, points=count(amount, "point"), viewer=viewer)
            balance = await self._post_change(session, actor, viewer, -amount, "mod:remove", summary, note)
        return Taken(amount, balance)

    async def set(self, actor: Viewer, viewer: Viewer, points: int, note: str = "") -> int:
        """A mod sets a balance. Returns the difference."""
        async with write_once(self._database) as session:
            delta = points - await ledger.balance_of(session, viewer.id)
            summary = _(
                "set {viewer} to {points} ({change})",
                viewer=viewer,
                points=count(points, "point"),
                change=signed(delta),
            )
            await self._post_change(session, actor, viewer, delta, "mod:set", summary, note)
        return delta

    async def chatters_since(self, moment: datetime, seen: Sequence[str], rules: ChatRules) -> list[int]:
        """The user ids of viewers who chatted since a moment, without ignored ones.

        Args:
            moment: the start of the period.
            seen: platform ids (or names, on other platforms) of chatters of this run. Those of an earlier run are
                found by the cooldowns that their awards started.
            rules: the lengths of those cooldowns.
        """
        async with self._database.readers() as session:
            ignored = await self._ignore_list.read(session)
            source = unfold(session, {"key": "text"})
            result = await session.execute(
                sql(
                    f"SELECT k.id, k.name FROM users k WHERE k.id IN ("
                    f"SELECT COALESCE(u.merged_into, u.id) FROM users u JOIN {source} ON "
                    "CASE u.platform WHEN 'twitch' THEN u.platform_id ELSE u.name END = row.key "
                    "UNION SELECT user_id FROM cooldowns "
                    "WHERE (key = 'chat' AND expires_at >= :chat) OR (key = 'xp' AND expires_at >= :xp))"
                ),
                {
                    "rows": fold([(key,) for key in seen]),
                    "chat": stamp(moment + timedelta(seconds=rules.points_cooldown)),
                    "xp": stamp(moment + timedelta(seconds=rules.xp_cooldown)),
                },
            )
            return sorted(user_id for user_id, name in result if not ignored.has(user_id, name))

    async def add_all(self, actor: Viewer, users: Sequence[int], amount: int) -> int:
        """A mod adds points to many viewers, as one change. Returns to how many."""
        if not users:
            return 0
        async with write_once(self._database) as session:
            amount_words, n = count(amount, "point"), len(users)
            summary = _("add {points} to {n} chatter", "add {points} to {n} chatters", points=amount_words, n=n)
            now = self._clock.now()
            change = await mod_changes.record(session, actor, summary, now)
            await ledger.post(session, [Entry(user, amount, "mod:addall", now, change_id=change) for user in users])
            note_act(f"{len(users)} chatters", after={"points": f"+{amount}"}, change_id=change)
        return len(users)

    async def change_xp(
        self, actor: Viewer, viewer: Viewer, *, by: int | None = None, to: int | None = None
    ) -> XpChange:
        """A mod changes XP ``by`` an amount, or sets it ``to`` one. Levels follow, and new ones pay their rewards."""
        async with write_once(self._database) as session:
            before = await self._levels.xp_of(session, viewer)
            requested = by if by is not None else (to or 0) - before
            delta, ups = await self._levels.change(session, viewer, requested)
            summary = _("{change} XP for {viewer}", change=signed(delta), viewer=viewer)
            now = self._clock.now()
            change = await mod_changes.record(session, actor, summary, now, xp_user_id=viewer.id, xp_delta=delta)
            note_act(viewer.name, {"xp": before}, {"xp": before + delta}, change)
        await self._levels.notify(ups)
        return XpChange(delta, before + delta, tuple(ups))

    async def history(self, viewer: Viewer, limit: int) -> list[ledger.Row]:
        """The last rows of a viewer, newest first."""
        async with self._database.readers() as session:
            return await ledger.history(session, viewer.id, limit)

    async def undo(self, actor: Viewer, change_id: int | None = None) -> Undone:
        """Undo a change by a mod, with compensating ledger rows.

        Args:
            actor: who undoes it.
            change_id: which one; the last active one when left out.

        Raises:
            NothingToUndo: there is no such active change.
        """
        async with write_once(self._database) as session:
            change = await mod_changes.mark_undone(session, self._clock.now(), change_id)
            if change is None:
                raise NothingToUndo
            note_act(change.summary)
            link = await self._merge.link_of_change(session, change.id)
            if link is not None:
                missing = (await self._merge.unmerge(session, link)).missing
            else:
                note = _signed_note(actor, "")
                missing = (await mod_changes.reverse(session, change.id, self._clock.now(), note)).missing
            if change.xp_user_id is not None:
                viewer = await _viewer(session, change.xp_user_id)
                await self._levels.change(session, viewer, -change.xp_delta)
        if link is not None:
            self._merge.notify()
        return Undone(change.summary, change.actor, missing)

    async def _post_change(
        self, session: AsyncSession, actor: Viewer, viewer: Viewer, amount: int, reason: str, summary: str, note: str
    ) -> int:
        change = await mod_changes.record(session, actor, summary, self._clock.now())
        entry = Entry(viewer.id, amount, reason, self._clock.now(), change_id=change, note=_signed_note(actor, note))
        balance = (await ledger.post(session, [entry]))[viewer.id]
        note_act(viewer.name, {"points": balance - amount}, {"points": balance}, change)
        return balance


def _shown(share: Share, balance: int) -> dict[str, str]:
    return {"share": share.typed, "amount": count(balance, "point")}


def _part_of(share: Share, balance: int, nothing_there: str, too_little: str) -> int:
    """What a share of a balance comes to.

    Raises:
        BadAmount: nothing; with one of the two sentences.
    """
    if balance <= 0:
        raise BadAmount(nothing_there)
    amount = share.of(balance)
    if not amount:
        raise BadAmount(too_little)
    return amount


def _signed_note(actor: Viewer, note: str) -> str:
    return f"{actor.name}: {note}" if note else actor.name


async def _viewer(session: AsyncSession, user_id: int) -> Viewer:
    query = sql("SELECT id, name, display_name, points FROM users WHERE id = :id")
    row = (await session.execute(query, {"id": user_id})).one()
    return Viewer(row.id, row.name, row.display_name or row.name, row.points)
