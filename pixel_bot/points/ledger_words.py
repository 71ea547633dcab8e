"""Reasons of the ledger as text for viewers."""

from collections.abc import Mapping
from types import MappingProxyType

from pixel_bot.points.ledger import Row
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

_PLAIN = {
    "chat": later("chatting"),
    "watch": later("watching"),
    "follow": later("following"),
    "sub": later("subscribing"),
    "upgrade": later("keeping a sub"),
    "gift": later("gifting subs"),
    "cheer": later("cheering"),
    "raid": later("raiding"),
    "streak": later("a watch streak"),
    "tip": later("tipping"),
    "enter": later("coming in"),
    "start": later("welcome {points}"),
    "sandbox": later("play money"),
    "adopted": later("carried over"),
    "import": later("brought from another bot"),
}

_VERBS = {
    "add": later("added"),
    "remove": later("removed"),
    "set": later("set"),
    "addall": later("gift to all chatters"),
}


def in_words(row: Row, reasons: Mapping[str, str] = MappingProxyType({})) -> str:
    """Why a balance changed, like ``chatting``, ``to bob`` or ``added by mod_mila: quiz``.

    Args:
        row: of the ledger.
        reasons: what reasons of cogs are called, as ``bot.reasons`` has them.
    """
    kind, _colon, detail = row.reason.partition(":")
    if row.reason in _PLAIN:
        return _(_PLAIN[row.reason])
    if kind == "give":
        return _("from {name}", name=row.note) if row.amount > 0 else _("to {name}", name=row.note)
    if kind == "link":
        return _("linked: from {name}", name=row.note) if row.amount > 0 else _("linked: to {name}", name=row.note)
    if kind == "unlink":
        return _("unlinked: from {name}", name=row.note) if row.amount > 0 else _("unlinked: to {name}", name=row.note)
    if kind == "level":
        return _("reached level {level}", level=detail)
    if kind == "redeem":
        return detail
    if kind == "refund":
        return _("{redeem} refunded", redeem=detail)
    if kind == "undo":
        return _("undone by {name}", name=row.note)
    if kind == "mod":
        verb = _(_VERBS[detail]) if detail in _VERBS else detail
        return _("{what} by {name}", what=verb, name=row.note) if row.note else verb
    if detail in ("won", "back"):
        return _in_a_round(reasons.get(kind) or kind, detail)
    return reasons.get(row.reason) or row.reason or _("no reason kept")


def _in_a_round(game: str, how: str) -> str:
    return _("{game}: won", game=game) if how == "won" else _("{game}: given back", game=game)
