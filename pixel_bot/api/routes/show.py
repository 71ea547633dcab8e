"""``/queue``, ``/panic``, ``/calm`` and ``/status``: what plays and waits, and how the bot is."""

from typing import Annotated

from fastapi import APIRouter, Query

from pixel_bot import __version__
from pixel_bot.api.caller import Calling, State, begin, need
from pixel_bot.api.errors import ApiError
from pixel_bot.api.repeats import OnceRoute
from pixel_bot.api.values import ItemOut, QueueOut, RefundOut, StatusOut
from pixel_bot.redeems.refunds import Refund

router = APIRouter(route_class=OnceRoute, tags=["show"])

Lane = Annotated[str, Query(max_length=40, description="One lane, like tts; all when left out.")]


@router.get("/status", **need("show:view"))
async def get_status(state: State) -> StatusOut:
    """How the bot is: its connections, and what is wrong."""
    bot, services = state.running_bot(), state.services
    live = bot.live if bot is not None else None
    return StatusOut(
        version=__version__,
        mode=services.mode,
        live=bool(live),
        live_since=live.since if live is not None else None,
        silent=services.settings.silent,
        platforms={name: one.summary() for name, one in bot.platforms.items()} if bot is not None else {},
        problems=await state.health(),
    )


@router.get("/queue", **need("show:view"))
async def get_queue(state: State) -> QueueOut:
    """What plays and waits."""
    queue = state.bot.queue
    view = await queue.overview()
    items = [ItemOut.of(item) for item in await queue.items()]
    return QueueOut(items=items, paused=view.paused, lanes=list(state.services.redeems.lanes), overlay=view.overlay)


@router.post("/queue/pause", **need("show:manage"))
async def pause(state: State, caller: Calling, lane: Lane = "") -> QueueOut:
    """Hold a lane, or all; what plays plays on."""
    begin(caller, state, "show", "pause", lane)
    await state.bot.queue.pause(lane)
    return await get_queue(state)


@router.post("/queue/resume", **need("show:manage"))
async def resume(state: State, caller: Calling, lane: Lane = "") -> QueueOut:
    """Let a lane, or all, go on."""
    begin(caller, state, "show", "resume", lane)
    await state.bot.queue.resume(lane)
    return await get_queue(state)


@router.post("/queue/clear", **need("show:manage"))
async def clear(state: State, caller: Calling, lane: Lane = "") -> list[RefundOut]:
    """Give back all that waits, in a lane or in all."""
    begin(caller, state, "show", "clear", lane)
    return [_refunded(refund) for refund in await state.bot.queue.clear(lane)]


@router.post("/queue/{item}/skip", **need("show:manage"))
async def skip(state: State, caller: Calling, item: int) -> RefundOut | None:
    """Stop an item that plays, or drop one that waits; its points go back. What counts already only ends sooner."""
    begin(caller, state, "show", "skip", str(item))
    ended = await state.bot.queue.skip_item(item)
    if ended is None:
        raise ApiError(409, "not-in-queue", f"The item {item} neither waits nor plays.")
    return _refunded(ended.refund) if ended.refund is not None else None


@router.post("/queue/{item}/refund", **need("show:manage"))
async def refund(state: State, caller: Calling, item: int) -> RefundOut:
    """Give an item back, also one that has ended; as ``!refund`` does with somebody's latest."""
    begin(caller, state, "show", "refund", str(item))
    given = await state.bot.queue.refund_item(item)
    if given is None:
        raise ApiError(409, "not-refundable", f"The item {item} cannot be given back, or was already.")
    return _refunded(given)


@router.post("/panic", **need("show:manage"))
async def panic(state: State, caller: Calling) -> QueueOut:
    """Stop and hide everything at once, and pause all lanes."""
    begin(caller, state, "show", "panic")
    await state.bot.queue.panic()
    return await get_queue(state)


@router.post("/calm", **need("show:manage"))
async def calm(state: State, caller: Calling) -> QueueOut:
    """The show goes on after a panic."""
    begin(caller, state, "show", "calm")
    await state.bot.queue.calm()
    return await get_queue(state)


def _refunded(refund: Refund) -> RefundOut:
    item = refund.item
    is_native = bool(item.redemption)
    return RefundOut(item=item.id, redeem=item.redeem, buyer=item.buyer, points=refund.amount, channel_points=is_native)
