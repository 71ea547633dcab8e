"""What a viewer hears right after a purchase."""

from collections.abc import Collection

from pixel_bot.model.outcome import Outcome, Run, lane_of
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.words import CLOSED, OPEN, overlay_words
from pixel_bot.queue.approvals import LIMIT
from pixel_bot.queue.limits import Limits, needs_sound
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Receipt
from pixel_bot.texts import count, duration
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


def receipt_words(outcome: Outcome, receipt: Receipt, offer: Offer, paused: Collection[str], overlay: Overlay) -> str:
    """The outcome's own words, then only what makes somebody wait, then what is left."""
    lane = lane_of(outcome.effect, offer.lane)
    parts = [outcome.said]
    if lane in paused:
        parts.append(_("A mod has paused the queue; it waits until that ends."))
    elif not isinstance(outcome.effect, Run) and (away := _away(overlay, sound=needs_sound(outcome.effect))):
        parts.append(away)
    elif receipt.ahead:
        parts.append(_("{ahead} ahead of you, about {time}.", ahead=receipt.ahead, time=duration(receipt.seconds)))
    if receipt.cost:
        left = count(receipt.balance, "point")
        taken = "" if outcome.cost is None else count(receipt.cost, "point")
        parts.append(_("That took {points}; {left} left.", points=taken, left=left) if taken else _left(receipt))
    return " ".join(part for part in parts if part)


def held_words(receipt: Receipt, *, mods_are_away: bool) -> str:
    """What a viewer hears whose purchase waits for a mod's yes."""
    limit = duration(LIMIT.total_seconds())
    parts = [
        _("It waits for a mod's yes; without one you get it back in {time}.", time=limit),
        *([_("No mod has written for a while.")] if mods_are_away else []),
        *([_left(receipt)] if receipt.cost else []),
    ]
    return " ".join(parts)


def _away(overlay: Overlay, *, sound: bool) -> str:
    words = overlay_words(overlay, needs_sound=sound)
    if words == OPEN:
        return ""
    sentence = (
        later("The overlay is closed right now: it plays when that changes, or you get it back in {time}.")
        if words == CLOSED
        else later(
            "The overlay is open, but its sound is blocked: click on the page. It plays when that changes, or you get "
            "it back in {time}."
        )
    )
    return _(sentence, time=duration(Limits().overlay))


def _left(receipt: Receipt) -> str:
    return _("{points} left.", points=count(receipt.balance, "point"))
