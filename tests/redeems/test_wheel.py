"""The prize wheel: its file, its draws, its stock, and what a spin that is cut off comes to."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.db.json_type import read_json
from pixel_bot.queue.limits import Limits
from pixel_bot.redeems.prizes import DEFAULT, Prize, PrizeFile, PrizesUnreadable, entry_lines, parse
from pixel_bot.redeems.queue_items import load
from pixel_bot.redeems.wheel import pick
from pixel_bot.testing import Stage, stage
from tests.harness.rounds import rounds
from tests.harness.database import findings, rows
from tests.harness.waiting import until

HAND = [{"name": "Pick the next game", "weight": 1}]
POINTS = [{"name": "Win", "weight": 1, "grant_points": 70}]


def write(folder: Path, prizes: Any) -> None:
    (folder / "prizes.json").write_text(json.dumps(prizes, indent=1), encoding="utf-8")


async def clean(chat: Stage) -> None:
    assert await findings(chat.bot) == []


async def test_points_are_credited_with_the_landing(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!spin") == [
        "The wheel is yours! 0 points left.",
        "alice won Win! (+70 points)",
    ]
    assert await chat.points("alice") == 70
    assert await rows(chat, "SELECT amount, reason, note FROM transactions WHERE reason = 'wheel'") == [
        (70, "wheel", "Win")
    ]
    await clean(chat)


async def test_the_page_is_told_which_slice_was_drawn(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    ((odds, prize, seed),) = await rows(chat, "SELECT odds_json, prize, seed FROM draws")
    message = chat.overlay.played[0]
    assert message["slices"][message["winner"]]["name"] == prize
    assert [[s["name"], s["weight"]] for s in message["slices"]] == read_json(odds)
    assert pick(seed, read_json(odds)) == message["winner"]


async def test_xp_and_levels(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Wisdom", "weight": 1, "grant_xp": 100}])
    await chat.viewer("alice", points=100)
    assert (await chat.say("alice", "!spin"))[-1] == "alice won Wisdom! (+100 XP)"
    assert await chat.say("alice", "!level") == ["You are level 2 with 100 XP; 248 XP to level 3."]


async def test_an_effect_follows_at_no_cost(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Show", "weight": 1, "effect": "show:{user} rules!"}])
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    assert [m["what"] for m in chat.overlay.played] == ["wheel", "show"]
    assert chat.overlay.played[1]["text"] == "alice rules!"
    assert await chat.points("alice") == 0


async def test_a_prize_by_hand_stays_on_a_list(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, HAND)
    await chat.viewer("alice", points=100)
    assert (await chat.say("alice", "!spin"))[-1] == "alice won Pick the next game! A mod hands it over."
    assert await chat.say("mila", "!wheel owed", "moderator") == ["Still to hand over: alice: Pick the next game"]
    assert await chat.say("mila", "!wheel given @alice", "moderator") == ["alice got Pick the next game."]
    assert await chat.say("mila", "!wheel given @alice", "moderator") == ["Nothing is owed to alice."]
    assert await rows(chat, "SELECT given_by FROM draws") == [("mila",)]


async def test_stock_runs_out(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 1, "stock": 1}])
    await chat.viewer("alice", points=300)
    assert await chat.say("alice", "!wheel odds") == ["The wheel: Rare 100.0% (1 left)"]
    await chat.say("alice", "!spin")
    chat.clock.advance(60)
    assert await chat.say("alice", "!spin") == ["All prizes of the wheel are gone. Nothing was charged."]
    assert await chat.points("alice") == 201


async def test_a_spin_that_never_began_gives_everything_back(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 1, "stock": 1}])
    await chat.viewer("alice", points=100)
    chat.overlay.close()
    await chat.say("alice", "!spin")
    assert await chat.say("alice", "!wheel last") == ["Draw 1 of alice is still to land. Its seed is told after that."]
    await chat.say("mila", "!queue skip wheel", "moderator")
    assert await chat.points("alice") == 100
    assert await chat.say("alice", "!wheel odds") == ["The wheel: Rare 100.0% (1 left)"]
    assert await chat.say("alice", "!wheel last") == ["Nobody has spun the wheel yet."]
    await clean(chat)


async def begun(chat: Stage, login: str = "alice") -> str:
    """A spin that the page has begun. Returns its id."""
    await chat.viewer(login, points=100)
    chat.overlay.plays = False
    async with asyncio.timeout(10):
        await asyncio.gather(chat.say(login, "!spin", wait=False), chat.overlay.asked(1))
    chat.overlay.started(6)
    await saved(chat, "SELECT COUNT(*) FROM queue_items WHERE begun_at IS NOT NULL")
    return chat.overlay.played[0]["id"]


async def saved(chat: Stage, query: str) -> None:
    """Wait until the query counts one."""

    async def is_one() -> bool:
        return (await rows(chat, query))[0][0] == 1

    changed = asyncio.Event()
    chat.services.database.committed.add(changed.set)
    try:
        await until(is_one, changed=changed)
    finally:
        chat.services.database.committed.discard(changed.set)


@pytest.mark.parametrize("how", ["skip", "fail", "panic"])
async def test_a_spin_that_has_begun_is_never_given_back(tmp_path: Path, chat: Stage, how: str) -> None:
    write(tmp_path, POINTS)
    await begun(chat)
    if how == "fail":
        chat.overlay.failed()
        await chat.settled()
    else:
        await chat.say("mila", "!panic" if how == "panic" else "!queue skip wheel", "moderator")
    assert chat.sent[-1] == "alice won Win! (+70 points)" or "alice won Win! (+70 points)" in chat.sent
    assert await chat.points("alice") == 70
    await clean(chat)


async def test_a_page_that_closes_in_mid_spin_leaves_the_prize_and_not_the_price(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await begun(chat)
    chat.overlay.close()
    assert await chat.passes(29) == []
    assert await chat.passes(1) == ["alice won Win! (+70 points)"]
    assert await chat.points("alice") == 70
    await clean(chat)


async def test_a_page_that_comes_back_in_time_spins_the_same_again(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    token = await begun(chat)
    chat.overlay.close()
    await chat.passes(5)
    chat.overlay.plays = True
    await chat.overlay.open()
    await chat.settled()
    assert [m["id"] for m in chat.overlay.played] == [token, token]
    assert await chat.points("alice") == 70


async def test_without_a_landing_in_time_the_result_is_told(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path, limits=Limits(wheel=0.2)) as chat:
        await begun(chat)
        await chat.settled()
        assert chat.sent[-1] == "alice won Win! (+70 points)"
        assert set(chat.overlay.stopped) == {chat.overlay.played[0]["id"]}
        assert await chat.points("alice") == 70


async def test_a_page_that_never_begins_gives_everything_back(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path, limits=Limits(margin=0.2)) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.plays = False
        told = await chat.say("alice", "!spin")
        assert told[-1] == "@alice spin: The overlay did not play it in time. Your 100 points are back."
        assert await chat.points("alice") == 100


async def test_a_restart_in_mid_spin_asks_the_page_again(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path) as chat:
        token = await begun(chat)
    async with stage(tmp_path) as again:
        await again.settled()
        assert [m["id"] for m in again.overlay.played] == [token]
        assert await again.points("alice") == 70
        assert again.sent == ["alice won Win! (+70 points)"]
        await clean(again)


async def test_a_spin_that_ended_before_is_credited_once(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    async with chat.bot.readers() as session:
        (item,) = await load(session)
    for _ in range(2):
        await chat.bot.dispatcher.lane_workers[1]._result_writer.finish(item)
    await chat.settled()
    assert await chat.points("alice") == 70
    assert chat.sent.count("alice won Win! (+70 points)") == 1
    await clean(chat)


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
@settings(deadline=None, max_examples=rounds(200), derandomize=True, database=None)
def test_a_slice_without_weight_is_never_drawn(weights: list[float], seed: str) -> None:
    odds = [(str(i), w) for i, w in enumerate([*weights, 1.0])]
    assert odds[pick(seed, odds)][1] > 0


def test_a_prize_survives_being_kept() -> None:
    prize = Prize("A", 2, grant_xp=3, stock=1)
    assert Prize.from_json(json.loads(json.dumps(prize.as_json()))) == prize
