"""Reasons of the ledger in groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Group = Literal[
    "chat", "watch", "events", "levels", "start", "redeems", "refunds", "games", "cogs", "mods", "carried", "transfers"
]

GROUPS: tuple[Group, ...] = get_args(Group)

OUTSIDE: frozenset[Group] = frozenset({"carried", "transfers"})
"""What makes no difference to how fast points become more: brought from elsewhere once, or moved between viewers."""

_PLAIN: Mapping[str, Group] = {
    "chat": "chat",
    "watch": "watch",
    **dict.fromkeys(("follow", "sub", "upgrade", "gift", "cheer", "raid", "streak", "tip", "enter"), "events"),
    "start": "start",
    "undo": "mods",
    **dict.fromkeys(("give", "link", "unlink"), "transfers"),
    **dict.fromkeys(("adopted", "import", "sandbox"), "carried"),
}
_KINDS: Mapping[str, Group] = {"level": "levels", "redeem": "redeems", "refund": "refunds", "mod": "mods"}

BACK = ":back"
"""Ends the reason of a stake that was given back."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The rows of one reason: how many, what came to viewers and went from them. ``in_round``: of a game's round."""

    reason: str
    in_round: bool
    rows: int
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What came to viewers, and what went from them."""

    came: int = 0
    went: int = 0


def group_of(reason: str, *, in_round: bool) -> Group:
    """The group of a reason. ``cogs`` are the reasons that cogs chose for what is no round of a game."""
    if in_round:
        return "games"
    return _PLAIN.get(reason) or _KINDS.get(reason.partition(":")[0], "cogs")


def by_group(flows: Iterable[Flow]) -> dict[Group, Sums]:
    """What came and went in each group that has any.

    Games: what was won came, what was staked went, without stakes that were given back.
    """
    found: dict[Group, Sums] = {}
    for flow in flows:
        group = group_of(flow.reason, in_round=flow.in_round)
        before = found.get(group, Sums())
        if group == "games" and flow.reason.endswith(BACK):
            found[group] = Sums(before.came, before.went - flow.came)
        else:
            found[group] = Sums(before.came + flow.came, before.went + flow.went)
    return {group: found[group] for group in GROUPS if group in found}
