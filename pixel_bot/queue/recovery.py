"""Recovery after a crash: each running item is requeued or refunded before any worker starts."""

import logging
from datetime import timedelta

from sqlalchemy import ColumnElement

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Run
from pixel_bot.queue.effects import Effects
from pixel_bot.queue.limits import ATTEMPTS
from pixel_bot.queue.result_writer import GONE
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import is_final
from pixel_bot.redeems.pending_items import any_unfinished
from pixel_bot.redeems.queue_items import WAITING, Item, has_known_effect
from pixel_bot.services import Services
from pixel_bot.texts import count
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

STILL_PLAYING = timedelta(minutes=5)
"""After so long no page still plays a refunded item."""

RESTARTED = later("The bot was restarted in the middle of it.")


async def recover(services: Services, effects: Effects, *where: ColumnElement[bool]) -> int:
    """Recover all items that an earlier run left.

    Items of the overlay are played again under the same token. Effects on the server are run again, unless their answer
    may have been sent. Items that no loaded cog offers are refunded.

    Args:
        services: of this bot.
        effects: the effects of the loaded cogs.
        where: conditions on the items; without any, all that are pending or running.

    Returns:
        How many items there were.
    """
    # Revoked first: a page that reconnects must not go on with an item whose refund is durable already.
    for token in await services.refunds.recent_tokens(services.clock.now() - STILL_PLAYING):
        await services.overlay.revoke(token)
    if not await any_unfinished(services.database):
        return 0
    if services.hooks.may_read_earlier:
        async with services.database.write() as session:
            await services.hooks.read_earlier(session)
    async with services.database.readers() as session:
        left = await queue_items.load(session, QueueItem.status.in_(WAITING), *where)
    running = [i for i in left if i.status == "running"]
    # Below, every statement asks for ``where`` again: another process may have taken an item over since it was read.
    requeued = [i.id for i in running if _may_run_again(i, effects)]
    interrupted = [i.id for i in running if i.id not in requeued]
    if requeued:
        on_server = [i.id for i in running if i.track is None]
        async with services.database.write() as session:
            await queue_items.put_back(session, [i for i in requeued if i in on_server], *where)
            # A restart of the bot is no failed attempt of the page. An effect on the server may have caused the crash.
            await queue_items.put_back(session, [i for i in requeued if i not in on_server], *where, counted=False)
    gone = [i.id for i in left if i.id not in interrupted and _is_gone(i, services)]
    refunds = (
        await services.refunds.fail(QueueItem.id.in_(interrupted), *where, reason=_(RESTARTED)) if interrupted else []
    )
    refunds += await services.refunds.fail(QueueItem.id.in_(gone), *where, reason=_(GONE)) if gone else []
    if left:
        log.info(
            "The last run left %s: %s go on, %s refunded.",
            count(len(left), "item"),
            len(left) - len(refunds),
            len(refunds),
        )
    return len(left)


def _may_run_again(item: Item, effects: Effects) -> bool:
    if not has_known_effect(item) or not isinstance(item.effect, Run):
        return True
    found = effects.get(item.effect.name)
    # Once ``begun_at`` is set the answer may have been sent: a refund is safe, a second answer is not.
    return found is None or (found[0].again and item.begun_at is None and item.attempts + 1 < ATTEMPTS)


def _is_gone(item: Item, services: Services) -> bool:
    # What counts already needs no cog any more, unless the cog has something to do in its end, or had its lane.
    in_a_lane = item.kind in services.redeems.lanes
    offered = item.redeem in services.redeems.keys or (is_final(item) and services.hooks.can_end(item) and in_a_lane)
    return not (has_known_effect(item) and offered)
