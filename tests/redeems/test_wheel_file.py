"""The wheel's file, and the draw."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.redeems.prizes import DEFAULT, Prize, PrizeFile, PrizesUnreadable, entry_lines, parse
from pixel_bot.redeems.wheel import pick
from pixel_bot.testing import Stage
from tests.harness.rounds import rounds
from tests.redeems.wheel_files import HAND, POINTS, write

# The file


def test_without_a_file_there_is_a_wheel(tmp_path: Path) -> None:
    assert PrizeFile(tmp_path / "prizes.json").prizes() == DEFAULT


def test_the_built_in_wheel_does_not_print_points() -> None:
    total = sum(p.weight for p in DEFAULT)
    assert 50 < sum(p.weight * (p.grant_points or 0) for p in DEFAULT) / total < 100


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = PrizeFile(tmp_path / "prizes.json")
    write(tmp_path, POINTS)
    assert [p.name for p in file.prizes()] == ["Win"]
    write(tmp_path, [*POINTS, *HAND])
    assert [p.name for p in file.prizes()] == ["Win", "Pick the next game"]
    (tmp_path / "prizes.json").write_text("[", encoding="utf-8")
    with pytest.raises(PrizesUnreadable):
        file.prizes()
    write(tmp_path, POINTS)
    assert [p.name for p in file.prizes()] == ["Win"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('[\n  {"name": "a", "weight": 1},\n  {"name": "b", "weight": }\n]', "line 3: "),
        ('[\n  {"name": "a", "weight": 1},\n\n  {"name": "b", "weight": -1}\n]', 'line 4: "weight" must be'),
        ('[\n{"name": "[x]", "weight": 1},\n{"name": "a\\"]", "weight": 1},\n{"weight": 1}]', 'line 4: "name" must be'),
        ('[{"name": "a", "weight": 1}, {"name": "a", "weight": 2}]', "line 1: a stands twice"),
        ('[\n{"name": "a", "weight": 0}]', "line 2: at least one weight must be above zero"),
        ('{"name": "a"}', "line 1: write a list"),
        ("[]", "line 1: write a list"),
        ('[\n"a"]', "line 2: a prize is written like"),
        ('[\n{"name": "a", "weight": 1, "grant_point": 3}]', "line 2: grant_point is not known"),
        ('[\n{"name": "a", "weight": 1, "stock": 1.5}]', 'line 2: "stock" must be a whole number'),
        ('[\n{"name": "a", "weight": 1, "grant_points": true}]', 'line 2: "grant_points" must be'),
        ('[\n{"name": "a", "weight": 1, "effect": "airhorn"}]', 'line 2: "effect" is written like sound:NAME'),
    ],
)
def test_an_error_names_its_line(content: str, sentence: str) -> None:
    with pytest.raises(PrizesUnreadable) as caught:
        parse(content.encode(), "prizes.json")
    assert str(caught.value).startswith(f"prizes.json, {sentence}")


async def test_an_error_in_the_file_costs_nothing(tmp_path: Path, chat: Stage) -> None:
    (tmp_path / "prizes.json").write_text('[\n{"name": 3}]', encoding="utf-8")
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!spin") == [
        'The wheel stands still: prizes.json, line 2: "name" must be a text of 1 to 60 characters. Nothing was charged.'
    ]
    assert await chat.points("alice") == 100


@given(
    st.lists(
        st.fixed_dictionaries({"name": st.text(min_size=1, max_size=5), "deep": st.lists(st.lists(st.none()))}),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, 1, 4]),
)
@settings(deadline=None, max_examples=rounds(60), derandomize=True, database=None)
def test_entries_are_found_whatever_stands_in_them(entries: list[Any], indent: int | None) -> None:
    written = json.dumps(entries, indent=indent, ensure_ascii=False)
    lines = entry_lines(written)
    assert len(lines) == len(entries)
    if indent is not None:
        split = written.split("\n")
        assert all(split[line - 1].strip().startswith("{") for line in lines)


# The draw


def test_a_hundred_thousand_draws_follow_the_weights() -> None:
    """Chi-square with 7 degrees of freedom: 24.32 is passed by chance once in a thousand; the seeds are fixed."""
    odds = [(p.name, p.weight) for p in DEFAULT]
    drawn = Counter(pick(f"seed {number}", odds) for number in range(100_000))
    total = sum(weight for _, weight in odds)
    expected = [100_000 * weight / total for _, weight in odds]
    chi_square = sum((drawn[i] - e) ** 2 / e for i, e in enumerate(expected))
    assert chi_square < 24.32


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=9), st.text(max_size=8))
@settings(deadline=None, max_examples=rounds(100), derandomize=True, database=None)
def test_a_slice_without_weight_is_never_drawn(weights: list[float], seed: str) -> None:
    odds = [(str(i), w) for i, w in enumerate([*weights, 1.0])]
    assert odds[pick(seed, odds)][1] > 0


def test_a_prize_survives_being_kept() -> None:
    prize = Prize("A", 2, grant_xp=3, stock=1)
    assert Prize.from_json(json.loads(json.dumps(prize.as_json()))) == prize
