"""Reasons of the ledger as text for viewers."""

from collections.abc import Mapping
from types import MappingProxyType

from pixel_bot.points.ledger import Row

_PLAIN = {
    "chat": "chatting",
    "watch": "watching",
    "follow": "following",
    "sub": "subscribing",
    "upgrade": "keeping a sub",
    "gift": "gifting subs",
    "cheer": "cheering",
    "raid": "raiding",
    "streak": "a watch streak",
    "tip": "tipping",
    "enter": "coming in",
    "start": "welcome points",
    "sandbox": "play money",
    "adopted": "carried over",
    "import": "brought from another bot",
}


def in_words(row: Row, reasons: Mapping[str, str] = MappingProxyType({})) -> str:
    """Why a balance changed, like ``chatting``, ``to bob`` or ``added by mod_mila: quiz``.

    Args:
        row: of the ledger.
        reasons: what reasons of cogs are called, as ``bot.reasons`` has them.
    """
    kind, _, detail = row.reason.partition(":")
    if row.reason in _PLAIN:
        return _PLAIN[row.reason]
    if kind == "give":
        return f"{'from' if row.amount > 0 else 'to'} {row.note}"
    if kind in ("link", "unlink"):
        return f"{kind}ed: {'from' if row.amount > 0 else 'to'} {row.note}"
    if kind == "level":
        return f"reached level {detail}"
    if kind == "redeem":
        return detail
    if kind == "refund":
        return f"{detail} refunded"
    if kind == "undo":
        return f"undone by {row.note}"
    if kind == "mod":
        verbs = {"add": "added", "remove": "removed", "set": "set", "addall": "gift to all chatters"}
        return f"{verbs.get(detail, detail)} by {row.note}" if row.note else verbs.get(detail, detail)
    return reasons.get(row.reason) or row.reason or "no reason kept"
