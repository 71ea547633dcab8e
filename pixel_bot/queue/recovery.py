"""What a crash left behind: each item is put back, given back or ended, before anything new is worked."""

import logging
from datetime import timedelta

from sqlalchemy import ColumnElement

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Run
from pixel_bot.queue.effects import Effects
from pixel_bot.queue.limits import ATTEMPTS
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import WAITING, Item, has_known_effect
from pixel_bot.services import Services
from pixel_bot.texts import count

log = logging.getLogger(__name__)

STILL_PLAYING = timedelta(minutes=5)
"""What was given back longer ago than this is on no page any more."""

RESTARTED = "The bot was restarted in the middle of it."
GONE = "The feature behind it is gone."


async def recover(services: Services, effects: Effects, *where: ColumnElement[bool]) -> int:
    """Sort out every item that the last run left.

    What the overlay was playing is asked of it again, under the same token. Work on the server begins anew, unless it
    may already have been seen. What no loaded cog offers is given back.

    Args:
        services: of this bot.
        effects: what the loaded cogs can do.
        where: only items that fit; without any, all that wait or run.

    Returns:
        How many there were.
    """
    for token in await services.refunds.recent_tokens(services.clock.now() - STILL_PLAYING):
        await services.overlay.revoke(token)
    async with services.database.readers() as session:
        left = await queue_items.load(session, QueueItem.status.in_(WAITING), *where)
    running = [i for i in left if i.status == "running"]
    back = [i.id for i in running if _may_begin_again(i, effects)]
    torn = [i.id for i in running if i.id not in back]
    if back:
        on_server = [i.id for i in running if i.track is None]
        async with services.database.write() as session:
            await queue_items.put_back(session, [i for i in back if i in on_server])
            # The bot's own end is not the page's fault.
            await queue_items.put_back(session, [i for i in back if i not in on_server], counted=False)
    gone = [i.id for i in left if i.id not in torn and _is_gone(i, services)]
    refunds = await services.refunds.fail(QueueItem.id.in_(torn), reason=RESTARTED) if torn else []
    refunds += await services.refunds.fail(QueueItem.id.in_(gone), reason=GONE) if gone else []
    if left:
        log.info(
            "The last run left %s: %s go on, %s given back.",
            count(len(left), "item"),
            len(left) - len(refunds),
            len(refunds),
        )
    return len(left)


def _may_begin_again(item: Item, effects: Effects) -> bool:
    if not has_known_effect(item) or not isinstance(item.effect, Run):
        return True
    known = effects.get(item.effect.name)
    return known is None or (known[0].again and item.begun_at is None and item.attempts + 1 < ATTEMPTS)


def _is_gone(item: Item, services: Services) -> bool:
    return not has_known_effect(item) or item.redeem not in services.redeems.keys
