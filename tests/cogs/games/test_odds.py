"""What the games of chance draw and pay: each draw by its weights, and in the long run what they promise."""

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from benchmarks.games import Game, drawn, games, measure
from cogs.games import gamble, roulette, slots
from pixel_bot.configuration.cog_settings import CogSettings, read_cog_settings
from pixel_bot.errors import CogError
from tests.harness.rounds import rounds

DRAWS: Mapping[str, Mapping[Any, float]] = {
    "gamble": gamble.odds(gamble.Settings.model_construct()),
    "slots": slots.odds(slots.Settings.model_construct()),
    "roulette": roulette.WHEEL,
    "colour": dict.fromkeys(roulette.COLOURS, 1),
}
TRIES = 8_000


def critical(freedom: int, z: float = 3.09) -> float:
    """The chi-square that one fair draw in a thousand exceeds (Wilson and Hilferty's approximation)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + z * math.sqrt(part)) ** 3


def chi_square(seen: Mapping[Any, int], weights: Mapping[Any, float]) -> float:
    total, of_all = sum(seen.values()), sum(weights.values())
    due = {choice: total * weight / of_all for choice, weight in weights.items()}
    return sum((seen[choice] - due[choice]) ** 2 / due[choice] for choice in weights)


@pytest.mark.parametrize("name", DRAWS)
def test_each_draw_follows_its_weights(name: str) -> None:
    weights, count = DRAWS[name], rounds(TRIES)
    seeds = (f"{name} {number}" for number in range(count))
    seen = Counter(drawn(weights, seeds) for _ in range(count))
    assert seen.keys() == weights.keys()
    assert chi_square(seen, weights) < critical(len(weights) - 1)
    skewed = {choice: weight * (1.3 if choice == next(iter(weights)) else 1) for choice, weight in weights.items()}
    if len(weights) < 10:  # so rare a choice needs more tries to be noticed
        assert chi_square(seen, skewed) > critical(len(weights) - 1)


@pytest.mark.parametrize("game", games(), ids=lambda game: game.name)
def test_in_the_long_run_comes_back_what_is_promised(game: Game) -> None:
    found = measure(game, rounds(TRIES))
    assert found.has(game.expected)
    assert found.low < found.back < found.high


def test_what_is_promised() -> None:
    promised = {game.name: game.expected for game in games()}
    assert promised == {
        "gamble": Fraction(95, 100),
        "slots": Fraction(92, 100),
        "roulette red": Fraction(36, 37),
        "roulette odd": Fraction(36, 37),
        "roulette 17": Fraction(36, 37),
        "duel": Fraction(1),
        "heist": Fraction(90, 100),
    }


def test_every_number_of_the_wheel_has_its_fields() -> None:
    for field, size in {"red": 18, "black": 18, "even": 18, "odd": 18}.items():
        assert len(roulette.FIELDS[field]) == size
        assert 0 not in roulette.FIELDS[field]
    assert not roulette.FIELDS["red"] & roulette.FIELDS["black"]
    assert not roulette.FIELDS["even"] & roulette.FIELDS["odd"]


@pytest.mark.parametrize(
    ("reels", "paid"),
    [("🍒🍒🍒", 30), ("🍒🍋🍒", 10), ("🍋🍒🍒", 10), ("🍒🍋🔔", 0), ("🍋🍋🍒", 0), ("🔔🔔🔔", 150), ("💎💎💎", 500)],
)
def test_the_highest_prize_that_fits_counts(reels: str, paid: int) -> None:
    assert slots.won(10, list(reels), slots.prizes_of(slots.Settings.model_construct())) == paid


@pytest.mark.parametrize(
    ("cog", "model", "given", "says"),
    [
        ("gamble", gamble.Settings, {"gamble_chance": 50.1}, "GAMBLE_CHANCE and GAMBLE_PAYS pay 100.2% back"),
        ("gamble", gamble.Settings, {"gamble_min": 501}, "GAMBLE_MIN is above GAMBLE_MAX, so nobody can play."),
        ("slots", slots.Settings, {"slots_pays": "🍒🍒 2, 🍒🍒🍒 6"}, ""),
        ("slots", slots.Settings, {"slots_pays": "🍒🍒 3, 🍒🍒🍒 6"}, "SLOTS_REEL and SLOTS_PAYS pay 124.8% back"),
        ("slots", slots.Settings, {"slots_pays": "🍒🍒"}, "SLOTS_PAYS: write it like 🍒🍒 1, "),
        ("slots", slots.Settings, {"slots_pays": "🍒🍋 3"}, "SLOTS_PAYS has 🍒🍋, which is on no reel"),
        ("slots", slots.Settings, {"slots_reel": "🍒 0, 🍋 6"}, "SLOTS_REEL has from 1 to 12 symbols"),
        ("slots", slots.Settings, {"slots_reel": "A 1, B 1", "slots_pays": "AAA 4, BBB 4"}, ""),
        ("roulette", roulette.Settings, {"roulette_pays": 3}, "ROULETTE_PAYS pays 145.9% back"),
        ("roulette", roulette.Settings, {"roulette_pays_number": 38}, "ROULETTE_PAYS_NUMBER pays 102.7% back"),
    ],
)
def test_settings_that_pay_more_than_all_need_force(
    cog: str, model: type[CogSettings], given: dict[str, object], says: str
) -> None:
    if not says:
        read_cog_settings(model, cog, given)
        return
    with pytest.raises(CogError) as refused:
        read_cog_settings(model, cog, given)
    assert says in str(refused.value)
    if " back" in says:
        read_cog_settings(model, cog, {**given, f"{cog}_force": True})
