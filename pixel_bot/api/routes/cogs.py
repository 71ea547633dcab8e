"""``/cogs``: which features there are, and loading them."""

from fastapi import APIRouter

from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.errors import ApiError
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.state import ApiState
from pixel_bot.api.values import CogOut

router = APIRouter(prefix="/cogs", route_class=OnceRoute, tags=["cogs"])


@router.get("", **need("cogs:view"))
async def list_cogs(state: State) -> dict[str, list[CogOut]]:
    """All cogs that are found."""
    return {"items": _all(state)}


@router.post("/{name}/load", **need("cogs:manage"))
async def load(state: State, caller: Calling, name: str) -> CogOut:
    """Load a cog."""
    begin(caller, state, "cogs", "load", name)
    await state.bot.cogs.load(name)
    return _one(state, name)


@router.post("/{name}/unload", **need("cogs:manage"))
async def unload(state: State, caller: Calling, name: str) -> CogOut:
    """Unload a cog; its commands fall silent, and what waits for its redeems is given back."""
    begin(caller, state, "cogs", "unload", name)
    await state.bot.cogs.unload(name)
    return _one(state, name)


@router.post("/{name}/reload", **need("cogs:manage"))
async def reload(state: State, caller: Calling, name: str) -> CogOut:
    """Load a cog anew, after its file was changed."""
    begin(caller, state, "cogs", "reload", name)
    await state.bot.cogs.reload(name)
    return _one(state, name)


def _all(state: ApiState) -> list[CogOut]:
    return [
        CogOut(name=one.name, loaded=one.loaded, problem=one.problem, since=one.since, lacks=one.lacks)
        for one in state.bot.cogs.states()
    ]


def _one(state: ApiState, name: str) -> CogOut:
    found = next((one for one in _all(state) if one.name == name), None)
    if found is None:
        raise ApiError(404, "unknown-cog", f"There is no cog {name[:60]}.")
    return found
