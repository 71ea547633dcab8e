"""What must hold of bets, duels and heists, reckoned by the ledger's rows alone."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_bot.plugin import pick
from tests.cogs.games.mortal_games import YES
from tests.harness.database import Place, findings, rows

POINTS = "SELECT COALESCE(SUM(points), 0) FROM users"
STAKED = (
    "SELECT COALESCE(-SUM(amount), 0) FROM transactions t JOIN rounds r ON r.id = t.round_id WHERE r.state = 'open'"
)
EARNED = "SELECT COALESCE(SUM(amount), 0) FROM transactions WHERE round_id IS NULL"
HOUSE = "SELECT COALESCE(SUM(house), 0) FROM rounds"
MOVED = """
SELECT r.id, r.kind, r.state, r.house, u.name, t.reason, t.amount FROM rounds r
LEFT JOIN transactions t ON t.round_id = r.id LEFT JOIN users u ON u.id = t.user_id ORDER BY t.id
"""


@dataclass(slots=True)
class Account:
    """One round, by its rows: points of each viewer, and how often each was paid or given back."""

    kind: str
    state: str
    house: int
    staked: dict[str, int] = field(default_factory=dict[str, int])
    won: dict[str, int] = field(default_factory=dict[str, int])
    back: dict[str, int] = field(default_factory=dict[str, int])
    payments: list[str] = field(default_factory=list[str])


async def accounts(place: Place) -> dict[int, Account]:
    """All rounds."""
    found: dict[int, Account] = {}
    for number, kind, state, house, name, reason, amount in await rows(place, MOVED):
        one = found.setdefault(number, Account(kind, state, house))
        if name is None:
            continue
        moved = {kind: one.staked, f"{kind}:won": one.won, f"{kind}:back": one.back}[reason]
        moved[name] = moved.get(name, 0) + abs(amount)
        if reason != kind:
            one.payments.append(name)
    return found


async def is_exact(place: Place) -> dict[int, Account]:
    """No point came or went, nobody was paid twice, and each round that is over paid what it owed."""
    assert await findings(place) == []
    ((points,),) = await rows(place, POINTS)
    ((staked,),) = await rows(place, STAKED)
    ((house,),) = await rows(place, HOUSE)
    ((earned,),) = await rows(place, EARNED)
    assert points + staked + house == earned
    found = await accounts(place)
    heists = await _heists(place)
    for one in found.values():
        assert len(set(one.payments)) == len(one.payments), one
        match one.kind, one.state:
            case _, "open":
                assert not one.won, one
            case _, "returned":
                assert one.back == one.staked, one
            case "bet", _:
                assert one.won == _owed_in_a_bet(one), one
            case "duel", _:
                assert list(one.won.values()) == [sum(one.staked.values())], one
            case _:
                assert one.won == heists.pop(0)(one.staked), one
        left = sum(one.staked.values()) - sum(one.won.values()) - sum(one.back.values())
        assert one.house == (0 if one.state == "open" else left), one
    return found


def _owed_in_a_bet(one: Account) -> Mapping[str, int]:
    sides: Mapping[bool, dict[str, int]] = defaultdict(dict, {True: {}, False: {}})
    for name, points in one.staked.items():
        sides[name in YES][name] = points
    right = sides[next(iter(one.won)) in YES]
    pot, on_it = sum(one.staked.values()), sum(right.values())
    return {name: pot * points // on_it for name, points in right.items()}


class _Drawn:
    """What a heist owes, by the seed that was promised."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def __call__(self, staked: Mapping[str, int]) -> Mapping[str, int]:
        odds = [("away", 50.0), ("caught", 50.0)]
        drawn = {name: pick(f"{self._seed}-{turn}", odds) for turn, name in enumerate(staked, start=1)}
        return {name: staked[name] * 90 // 50 for name, index in drawn.items() if index == 0}


async def _heists(place: Place) -> list[_Drawn]:
    drawn = "SELECT 1 FROM fair_draws d WHERE d.promise_id = p.id"
    promised = "SELECT seed FROM fair_draws p WHERE seed_hash IS NOT NULL AND cog = 'heist'"
    return [_Drawn(seed) for (seed,) in await rows(place, f"{promised} AND EXISTS ({drawn}) ORDER BY id")]
