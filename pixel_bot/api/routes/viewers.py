"""``/viewers``: who there is, and what happened to their points."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.errors import ApiError
from pixel_bot.api.paging import MOST, PAGE, Page, cursor, place
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.state import ApiState
from pixel_bot.api.values import LedgerRow, ViewerDetails, ViewerOut
from pixel_bot.db.models import Block, Transaction, User
from pixel_bot.model.people import Viewer
from pixel_bot.points import viewer_lists
from pixel_bot.points.ledger import Row
from pixel_bot.points.ledger_words import in_words
from pixel_bot.points.viewer_lists import Listed, Sort

router = APIRouter(prefix="/viewers", route_class=OnceRoute, tags=["viewers"])

Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("", **need("viewers:view"))
async def list_viewers(
    state: State, search: str = "", sort: Sort = "name", after: str = "", limit: Limit = PAGE
) -> Page[ViewerOut]:
    """Viewers by login, points or XP. ``search`` is how a login begins; then they come by login."""
    async with state.services.database.readers() as session:
        if search or sort == "name":
            last = place(after, str)[0] if after else ""
            found = await viewer_lists.by_name(session, search.strip().removeprefix("@").lower(), last, limit + 1)
            return _page(found, limit, lambda listed: cursor(listed.name))
        values = place(after, int, int) if after else None
        page = viewer_lists.by_points if sort == "points" else viewer_lists.by_xp
        found = await page(session, values and (values[0], values[1]), limit + 1)
        if len(found) <= limit:
            return Page(items=[out(listed) for listed in found])
        end = found[limit - 1]
        row = end.id if sort == "points" else await viewer_lists.xp_row_of(session, end.name)
        last_value = end.points if sort == "points" else end.xp
    return Page(items=[out(listed) for listed in found[:limit]], next=cursor(last_value, row))


@router.get("/{viewer}", **need("viewers:view"))
async def get_viewer(state: State, viewer: int) -> ViewerDetails:
    """A viewer; the id of a linked account is that of the one that has everything."""
    async with state.services.database.readers() as session:
        listed = await listed_of(session, viewer)
        user = (await session.scalars(select(User).where(User.id == listed.id))).one()
        blocked = list(await session.scalars(select(Block.key).where(Block.user_id == listed.id).order_by(Block.key)))
        merged = await session.scalars(select(User.name).where(User.merged_into == listed.id).order_by(User.name))
        ignored = await state.services.ignore_list.read(session)
        return ViewerDetails(
            **out(listed).model_dump(),
            platform=user.platform,
            platform_id=user.platform_id,
            since=user.created_at,
            voice=user.voice or "",
            ignored=ignored.has(listed.id, listed.name),
            blocked=blocked,
            cooldowns=await state.services.cooldowns.running(listed.id),
            linked=list(merged),
        )


@router.get("/{viewer}/ledger", **need("viewers:view"))
async def get_ledger(state: State, viewer: int, after: str = "", limit: Limit = PAGE) -> Page[LedgerRow]:
    """What happened to a viewer's points, newest first."""
    before = place(after, int)[0] if after else None
    async with state.services.database.readers() as session:
        listed = await listed_of(session, viewer)
        rows = await viewer_lists.ledger_of(session, listed.id, before, limit + 1)
    items = [_ledger_row(state, row) for row in rows[:limit]]
    return Page(items=items, next=cursor(rows[limit - 1].id) if len(rows) > limit else None)


@router.post("/{viewer}/cooldowns/reset", **need("viewers:manage"))
async def reset_cooldowns(state: State, caller: Calling, viewer: int) -> dict[str, int]:
    """End all cooldowns of a viewer; says how many there were."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "viewers", "cooldowns reset", who.name)
    ended = await state.services.cooldowns.reset(who.id)
    state.services.awards.gate.forget()
    return {"ended": ended}


@router.post("/{viewer}/block", **need("viewers:manage"))
async def block(state: State, caller: Calling, viewer: int, key: str = "*") -> ViewerDetails:
    """Block a viewer from a redeem, or with ``*`` from all."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "viewers", f"block {key}", who.name)
    await state.services.redeems.block(who, key)
    return await get_viewer(state, viewer)


@router.delete("/{viewer}/block", **need("viewers:manage"))
async def unblock(state: State, caller: Calling, viewer: int, key: str = "*") -> ViewerDetails:
    """End the block of a viewer from a redeem, or with ``*`` all blocks."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "viewers", f"unblock {key}", who.name)
    await state.services.redeems.unblock(who, key)
    return await get_viewer(state, viewer)


async def listed_of(session: AsyncSession, viewer: int) -> Listed:
    """The viewer of that id.

    Raises:
        ApiError: there is none.
    """
    listed = await viewer_lists.one(session, viewer) if 0 < viewer < 2**63 else None
    if listed is None:
        raise ApiError(404, "unknown-viewer", f"There is no viewer with the id {viewer}.")
    return listed


async def viewer_of(state: ApiState, viewer: int) -> Viewer:
    """The same, as the services know viewers."""
    async with state.services.database.readers() as session:
        listed = await listed_of(session, viewer)
    return Viewer(listed.id, listed.name, listed.display_name, listed.points)


def out(listed: Listed) -> ViewerOut:
    """A viewer, as the API answers."""
    return ViewerOut(
        id=listed.id,
        name=listed.name,
        display_name=listed.display_name,
        points=listed.points,
        xp=listed.xp,
        level=listed.level,
    )


def _page(found: list[Listed], limit: int, after: Callable[[Listed], str]) -> Page[ViewerOut]:
    return Page(
        items=[out(listed) for listed in found[:limit]], next=after(found[limit - 1]) if len(found) > limit else None
    )


def _ledger_row(state: ApiState, row: Transaction) -> LedgerRow:
    reason = row.reason or ""
    plain = Row(row.id, row.amount, reason, row.balance_after or 0, row.created_at, row.note)
    return LedgerRow(
        id=row.id,
        at=row.created_at,
        amount=row.amount,
        balance=row.balance_after or 0,
        reason=reason,
        words=in_words(plain, state.services.reasons),
        note=row.note,
        change=row.change_id if reason.startswith("mod:") else None,
    )
