"""Changes of points and XP, and taking them back."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.routes.viewers import listed_of, out, viewer_of
from pixel_bot.api.state import ApiState
from pixel_bot.api.values import Changed, UndoneOut
from pixel_bot.points.audit import current_act
from pixel_bot.points.ledger import MAX_AMOUNT

router = APIRouter(route_class=OnceRoute, tags=["points"])

NOTE_LENGTH = 100

Reason = Annotated[str, Field(max_length=NOTE_LENGTH)]


class PointsChange(BaseModel):
    """Points to give, or with a negative amount to take."""

    amount: int = Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)
    reason: Reason = ""


class PointsTotal(BaseModel):
    """The balance that somebody is to have."""

    points: int = Field(ge=0, le=MAX_AMOUNT)
    reason: Reason = ""


class XpChangeIn(BaseModel):
    """XP to give, or with a negative amount to take."""

    amount: int = Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)


@router.post("/viewers/{viewer}/points", **need("points:manage"))
async def change_points(state: State, caller: Calling, viewer: int, body: PointsChange) -> Changed:
    """Give points, or take some; as ``!points add`` and ``!points remove``."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "points", "add" if body.amount >= 0 else "remove", who.name)
    await state.services.economy.add(caller.actor, who, body.amount, body.reason)
    return await _changed(state, viewer)


@router.put("/viewers/{viewer}/points", **need("points:manage"))
async def set_points(state: State, caller: Calling, viewer: int, body: PointsTotal) -> Changed:
    """Set a balance; as ``!points set``."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "points", "set", who.name)
    await state.services.economy.set(caller.actor, who, body.points, body.reason)
    return await _changed(state, viewer)


@router.post("/viewers/{viewer}/xp", **need("points:manage"))
async def change_xp(state: State, caller: Calling, viewer: int, body: XpChangeIn) -> Changed:
    """Give XP, or take some; levels follow, and new ones pay their rewards."""
    who = await viewer_of(state, viewer)
    begin(caller, state, "points", "xp", who.name)
    await state.services.economy.change_xp(caller.actor, who, by=body.amount)
    return await _changed(state, viewer)


@router.post("/undo/{change}", **need("points:manage"))
async def undo(state: State, caller: Calling, change: int) -> UndoneOut:
    """Take a change back, as ``!undo`` does with the last one."""
    begin(caller, state, "points", "undo", str(change))
    undone = await state.services.economy.undo(caller.actor, change)
    return UndoneOut(summary=undone.summary, actor=undone.actor, missing=undone.missing)


async def _changed(state: ApiState, viewer: int) -> Changed:
    act = current_act()
    async with state.services.database.readers() as session:
        listed = await listed_of(session, viewer)
    return Changed(viewer=out(listed), change=act.change_id if act is not None else None)
