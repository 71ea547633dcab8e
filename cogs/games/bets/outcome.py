"""Who gets what of a bet: the pot in proportion to stakes, or everything back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pixel_bot.plugin import Transaction


class Ending(StrEnum):
    """How a bet ended: paid, or given back because nobody was right, or because all were."""

    PAID = "paid"
    NOBODY_RIGHT = "nobody_right"
    ALL_RIGHT = "all_right"
    NO_STAKES = "no_stakes"


@dataclass(frozen=True, slots=True)
class Settled:
    """What was paid to each viewer, how many points nobody got because they cannot be divided, and why so."""

    ending: Ending
    parts: Mapping[int, int]
    rest: int = 0


def ending_of(sides: Sequence[Mapping[int, int]], right: int) -> Ending:
    """How a bet ends whose stakes are these, by option and viewer."""
    wrong = any(side for index, side in enumerate(sides) if index != right)
    if sides[right]:
        return Ending.PAID if wrong else Ending.ALL_RIGHT
    return Ending.NOBODY_RIGHT if wrong else Ending.NO_STAKES


def pot_of(sides: Sequence[Mapping[int, int]], right: int, back: int) -> int:
    """What those share who were right: their own stakes, and so many percent of what the others staked."""
    total, own = sum(sum(side.values()) for side in sides), sum(sides[right].values())
    return own + (total - own) * back // 100


def parts_of(right: Mapping[int, int], pot: int) -> Mapping[int, int]:
    """What each of those gets who were right, by viewer: a part of the pot in proportion to the stake, rounded down."""
    on_it = sum(right.values())
    return {viewer: pot * stake // on_it for viewer, stake in sorted(right.items())}


async def settle(tx: Transaction, round_id: int, sides: Sequence[Mapping[int, int]], right: int, back: int) -> Settled:
    """Pay those who were right, in proportion to their stakes, and end the round.

    Where nobody was right, or nobody was wrong, all stakes are given back.

    Args:
        tx: the transaction.
        round_id: of the bet.
        sides: for each option the points on it, by viewer.
        right: the index of the option that was right.
        back: how many percent of what the others staked is paid.
    """
    ending = ending_of(sides, right)
    if ending is not Ending.PAID:
        return Settled(ending, await tx.rounds.cancel(round_id))
    pot = pot_of(sides, right, back)
    parts = parts_of(sides[right], pot)
    for viewer, points in parts.items():
        await tx.rounds.pay(round_id, viewer, points)
    await tx.rounds.end(round_id)
    return Settled(ending, parts, pot - sum(parts.values()))
