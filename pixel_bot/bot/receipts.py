"""What a viewer hears right after a purchase."""

from collections.abc import Collection

from pixel_bot.model.outcome import Outcome, Run, lane_of
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.words import CLOSED, OPEN, overlay_words
from pixel_bot.queue.approvals import LIMIT
from pixel_bot.queue.limits import Limits, needs_sound
from pixel_bot.redeems.catalogue import Offer
from pixel_bot.redeems.shop import Receipt
from pixel_bot.texts import count, duration, number


def receipt_words(outcome: Outcome, receipt: Receipt, offer: Offer, paused: Collection[str], overlay: Overlay) -> str:
    """The outcome's own words, then only what makes somebody wait, then what is left."""
    lane = lane_of(outcome.effect, offer.lane)
    parts = [outcome.said]
    if lane in paused:
        parts.append("A mod has paused the queue; it waits until that ends.")
    elif not isinstance(outcome.effect, Run) and (away := _away(overlay, sound=needs_sound(outcome.effect))):
        parts.append(away)
    elif receipt.ahead:
        parts.append(f"{number(receipt.ahead)} ahead of you, about {duration(receipt.seconds)}.")
    if receipt.cost:
        paid = "" if outcome.cost is None else f"That took {count(receipt.cost, 'point')}; "
        parts.append(f"{paid}{count(receipt.balance, 'point')} left.")
    return " ".join(part for part in parts if part)


def held_words(receipt: Receipt, *, mods_are_away: bool) -> str:
    """What a viewer hears whose purchase waits for a mod's yes."""
    limit = duration(LIMIT.total_seconds())
    parts = [
        f"It waits for a mod's yes; without one you get it back in {limit}.",
        *(["No mod has written for a while."] if mods_are_away else []),
        *([f"{count(receipt.balance, 'point')} left."] if receipt.cost else []),
    ]
    return " ".join(parts)


def _away(overlay: Overlay, *, sound: bool) -> str:
    words = overlay_words(overlay, needs_sound=sound)
    if words == OPEN:
        return ""
    until = f"it plays when that changes, or you get it back in {duration(Limits().overlay)}."
    if words == CLOSED:
        return f"The overlay is closed right now: {until}"
    return f"The overlay is {words}. {until[0].upper()}{until[1:]}"
