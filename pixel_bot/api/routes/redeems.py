"""``/redeems``: what can be bought, for how much, and how often."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.errors import ApiError
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.state import ApiState
from pixel_bot.api.values import RedeemOut
from pixel_bot.points.audit import note_act
from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.redeems.catalogue import Price

router = APIRouter(prefix="/redeems", route_class=OnceRoute, tags=["redeems"])

LONGEST_COOLDOWN = 30 * 86_400


class RedeemPatch(BaseModel):
    """What is to change of a redeem; what is left out stays."""

    enabled: bool | None = None
    cost: int | None = Field(None, ge=0, le=MAX_AMOUNT)
    cooldown: int | None = Field(None, ge=0, le=LONGEST_COOLDOWN)
    everyone_cooldown: int | None = Field(None, ge=0, le=LONGEST_COOLDOWN)


@router.get("", **need("redeems:view"))
async def list_redeems(state: State) -> dict[str, list[RedeemOut]]:
    """All redeems that cogs offer."""
    return {"items": [_out(state, price) for price in await state.services.redeems.prices()]}


@router.patch("/{key}", **need("redeems:manage"))
async def change_redeem(state: State, caller: Calling, key: str, body: RedeemPatch) -> RedeemOut:
    """Switch a redeem on or off, or set its cost and cooldowns; as ``!redeem`` does."""
    redeems = state.services.redeems
    before = await _price(state, key)
    wanted = body.model_dump(exclude_none=True)
    begin(caller, state, "redeems", " ".join(wanted) or "nothing", before.key)
    note_act(before.key, {name: getattr(before, name) for name in wanted}, wanted)
    if body.enabled is not None:
        await redeems.switch(key, on=body.enabled)
    if body.cost is not None:
        await redeems.reprice(key, body.cost)
    if body.cooldown is not None:
        await redeems.set_cooldown(key, body.cooldown)
    if body.everyone_cooldown is not None:
        await redeems.set_cooldown(key, body.everyone_cooldown, everyone=True)
    return _out(state, await _price(state, key))


async def _price(state: ApiState, key: str) -> Price:
    found = next((price for price in await state.services.redeems.prices() if price.key == key.lower()), None)
    if found is None:
        raise ApiError(404, "unknown-redeem", f"There is no redeem {key[:40]}.")
    return found


def _out(state: ApiState, price: Price) -> RedeemOut:
    return RedeemOut.of(price, state.services.redeems.why_closed(price.key, mod=True))
