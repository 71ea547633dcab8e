"""The wheel's file, and the draw."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs.wheel.prizes import Prize, PrizesUnreadable, default_prizes, entry_lines, parse, prize_file
from pixel_bot.model.last_good import MAX_BYTES, Unreadable
from pixel_bot.plugin import pick
from pixel_bot.testing import Stage, stage
from tests.cogs.wheel.wheel_files import HAND, POINTS, write
from tests.harness.rounds import rounds
from tests.sounds.test_length import wav

# The file


def test_without_a_file_there_is_a_wheel(tmp_path: Path) -> None:
    assert prize_file(tmp_path / "prizes.json").now() == default_prizes()


def test_the_built_in_wheel_does_not_print_points() -> None:
    total = sum(p.weight for p in default_prizes())
    assert 50 < sum(p.weight * (p.grant_points or 0) for p in default_prizes()) / total < 100


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = prize_file(tmp_path / "prizes.json")
    write(tmp_path, POINTS)
    assert [p.name for p in file.now()] == ["Win"]
    write(tmp_path, [*POINTS, *HAND])
    assert [p.name for p in file.now()] == ["Win", "Pick the next game"]
    write(tmp_path, POINTS)
    assert [p.name for p in file.now()] == ["Win"]


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
@settings(deadline=None, max_examples=rounds(25), derandomize=True, database=None)
def test_entries_are_found_whatever_stands_in_them(entries: list[Any], indent: int | None) -> None:
    written = json.dumps(entries, indent=indent, ensure_ascii=False)
    lines = entry_lines(written)
    assert len(lines) == len(entries)
    if indent is not None:
        split = written.split("\n")
        assert all(split[line - 1].strip().startswith("{") for line in lines)


# The draw


DRAWS = 20_000


def test_draws_follow_the_weights() -> None:
    """Chi-square with 7 degrees of freedom: 24.32 is passed by chance once in a thousand; the seeds are fixed."""
    odds = [(p.name, p.weight) for p in default_prizes()]
    drawn = Counter(pick(f"seed {number}", odds) for number in range(DRAWS))
    total = sum(weight for _, weight in odds)
    expected = [DRAWS * weight / total for _, weight in odds]
    chi_square = sum((drawn[i] - e) ** 2 / e for i, e in enumerate(expected))
    assert chi_square < 24.32


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=9), st.text(max_size=8))
@settings(deadline=None, max_examples=rounds(25), derandomize=True, database=None)
def test_a_slice_without_weight_is_never_drawn(weights: list[float], seed: str) -> None:
    odds = [(str(i), w) for i, w in enumerate([*weights, 1.0])]
    assert odds[pick(seed, odds)][1] > 0


def test_a_prize_survives_being_kept() -> None:
    prize = Prize("A", 2, grant_xp=3, stock=1)
    assert Prize.from_json(json.loads(json.dumps(prize.as_json()))) == prize


# A file that breaks in mid-show

GOOD = b'[{"name": "Win", "weight": 1, "grant_points": 10}]'
BROKEN = {
    "half-saved": GOOD[:30],
    "empty": b"",
    "blank": b" \n",
    "half-saved as UTF-16": GOOD.decode().encode("utf-16")[:-1],
    "half-saved as UTF-8": GOOD.replace(b"Win", "Glück".encode())[: GOOD.index(b"Win") + 7],
    "broken UTF-8": GOOD.replace(b"Win", "Glück".encode() + b"\xfc"),
    "no text": b"\0" * len(GOOD),
    "too large": b" " * MAX_BYTES + GOOD,
    "no list": b"{}",
    "a wrong prize": b'[{"name": "Win"}]',
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_the_last_good_wheel_goes_on(
    tmp_path: Path, chat: Stage, broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "prizes.json"
    path.write_bytes(GOOD)
    await chat.viewer("alice", points=1_000)
    await chat.say("alice", "!spin")
    caplog.clear()
    path.write_bytes(broken)
    for _ in range(2):
        chat.clock.advance(60)
        assert any("alice won Win!" in said for said in await chat.say("alice", "!spin"))
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith("prizes.json")
    assert told.endswith("The last good one stays in force.")
    assert "prizes.json" in await chat.bot.status.words()
    caplog.clear()
    with caplog.at_level("INFO"):
        path.write_bytes(GOOD.replace(b"Win", b"Gold"))
        chat.clock.advance(60)
        assert any("alice won Gold!" in said for said in await chat.say("alice", "!spin"))
    assert "prizes.json is good again." in [record.getMessage() for record in caplog.records]
    assert "prizes.json" not in await chat.bot.status.words()


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_file_that_was_never_good_is_no_wheel(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "prizes.json").write_bytes(broken)
    with pytest.raises(Unreadable, match=r"prizes\.json"):
        prize_file(tmp_path / "prizes.json").now()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_any_encoding_is_read(tmp_path: Path, codec: str) -> None:
    (tmp_path / "prizes.json").write_text('[{"name": "Glück", "weight": 1}]', encoding=codec)
    assert [p.name for p in prize_file(tmp_path / "prizes.json").now()] == ["Glück"]


async def test_a_sound_that_is_not_there_is_named_when_the_file_is_read(tmp_path: Path, chat: Stage) -> None:
    prizes = '[\n{"name": "Fanfare", "weight": 1, "effect": "sound:fanfaer"}]'
    (tmp_path / "prizes.json").write_text(prizes, encoding="utf-8")
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!spin") == [
        "The wheel stands still: prizes.json, line 2: there is no sound fanfaer. Nothing was charged."
    ]
    assert await chat.points("alice") == 100


async def test_a_prize_whose_effect_fails_is_owed(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir(exist_ok=True)
    (folder / "win.wav").write_bytes(wav(0.1))
    prizes = '[{"name": "Big sound", "weight": 1, "effect": "sound:win"}]'
    (tmp_path / "prizes.json").write_text(prizes, encoding="utf-8")
    async with stage(tmp_path, sounds_dir=folder) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.plays = False
        await chat.say("alice", "!spin", wait=False)
        await chat.overlay.asked(1)
        (folder / "win.wav").unlink()
        chat.overlay.started()
        chat.overlay.finished()
        await chat.settled()
        assert "@alice spin: The sound win is gone. A mod hands over Big sound." in chat.sent
        assert await chat.say("mila", "!wheel owed", "moderator") == ["Still to hand over: alice: Big sound"]
        assert await chat.say("mila", "!wheel given @alice", "moderator") == ["alice got Big sound."]
        assert await chat.say("mila", "!wheel owed", "moderator") == ["No prize is waiting to be handed over."]


async def test_a_prize_whose_effect_was_played_is_not_owed(tmp_path: Path, chat: Stage) -> None:
    (tmp_path / "prizes.json").write_text('[{"name": "Ding", "weight": 1, "effect": "sound:ding"}]', encoding="utf-8")
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    assert [message["what"] for message in chat.overlay.played] == ["art", "sound"]
    assert await chat.say("mila", "!wheel owed", "moderator") == ["No prize is waiting to be handed over."]
