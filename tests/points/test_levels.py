"""Levels: the documented curve, and rewards that pay once."""

from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.levels import Curve, Gain, LevelUp
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import execute, place_of, query
from tests.points.paid_levels import CURVE, REWARDS, write_rewards

# The curve


@pytest.mark.parametrize(("level", "xp"), [(1, 0), (2, 100), (5, 1_212), (10, 5_219), (20, 20_033), (50, 110_243)])
def test_the_documented_values(level: int, xp: int) -> None:
    assert CURVE.xp_for(level) == xp


@pytest.mark.parametrize("level", [2, 3, 5, 10, 20, 50, 100, 9_999])
def test_a_level_begins_at_its_threshold(level: int) -> None:
    threshold = CURVE.xp_for(level)
    assert threshold is not None
    assert [CURVE.level_of(threshold + step) for step in (-1, 0, 1)] == [level - 1, level, level]


def test_every_level_needs_more_than_the_one_before() -> None:
    thresholds = [CURVE.xp_for(level) or 0 for level in range(1, 10_000)]
    assert all(a < b for a, b in pairwise(thresholds))


def test_the_highest_level_is_the_end() -> None:
    curve = Curve(100, 1.8, 5)
    assert curve.level_of(10**15) == 5
    assert curve.xp_for(5) == 1_212
    assert curve.xp_for(6) is None


@pytest.mark.parametrize("xp", [-1, -(10**9)])
def test_nobody_is_below_level_one(xp: int) -> None:
    assert CURVE.level_of(xp) == 1


def test_fractions_are_floored() -> None:
    curve = Curve(2.5, 1, 10)
    assert [curve.xp_for(level) for level in (1, 2, 3, 4)] == [0, 2, 5, 7]


# Adding XP


@pytest.fixture
async def paid(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """Services with rewards for the levels 2 to 5."""
    write_rewards(tmp_path, REWARDS)
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        yield services


async def met(services: Services, name: str = "alice") -> Viewer:
    return await services.viewers.meet(Person(f"id-{name}", name, name.title()))


async def gain(services: Services, viewer: Viewer, *amounts: int) -> list[LevelUp]:
    now = services.clock.now()
    async with services.database.write() as session:
        gains = [Gain(viewer.id, viewer.name, viewer.display_name, amount, now) for amount in amounts]
        return await services.levels.add(session, gains)


async def history(services: Services, viewer: Viewer) -> list[tuple[str, int]]:
    return [(row.reason, row.amount) for row in reversed(await services.economy.history(viewer, 100))]


async def test_xp_adds_up(services: Services) -> None:
    alice = await met(services)
    assert await gain(services, alice, 40, 50) == []
    assert [up.level for up in await gain(services, alice, 10)] == [2]
    standing = await services.levels.standing(alice)
    assert (standing.xp, standing.level, standing.floor, standing.next) == (100, 2, 100, 348)
    assert await findings(services) == []


async def test_somebody_without_xp_is_level_one(services: Services) -> None:
    standing = await services.levels.standing(await met(services))
    assert (standing.xp, standing.level, standing.floor, standing.next) == (0, 1, 0, 100)


async def test_the_top_has_no_next_level(tmp_path: Path, clock: SettableClock) -> None:
    async with opened(settings_in(tmp_path, xp_max_level=2), "sandbox", clock) as services:
        alice = await met(services)
        assert [up.level for up in await gain(services, alice, 10**9)] == [2]
        standing = await services.levels.standing(alice)
        assert (standing.level, standing.floor, standing.next) == (2, 100, None)


async def test_a_level_pays_when_it_is_reached(paid: Services) -> None:
    alice = await met(paid)
    assert await gain(paid, alice, 99) == []
    assert await gain(paid, alice, 1) == [LevelUp(alice.id, "Alice", 2, "")]
    assert await history(paid, alice) == [("level:2", 10)]


async def test_a_jump_pays_every_level_once(paid: Services) -> None:
    alice = await met(paid)
    ups = await gain(paid, alice, 1_000, 500)
    assert [(up.level, up.message) for up in ups] == [
        (2, ""),
        (3, "Alice is level 3!"),
        (4, "Level 4, Alice: {not a field} {0} {{}}"),
        (5, "five"),
    ]
    assert await history(paid, alice) == [("level:2", 10), ("level:4", 30), ("level:5", 50)]
    assert (await paid.viewers.find("alice")).points == 90
    assert await findings(paid) == []


async def test_two_who_rise_at_once_are_paid_apart(paid: Services) -> None:
    alice, bob = await met(paid), await met(paid, "bob")
    now = paid.clock.now()
    async with paid.database.write() as session:
        gains = [Gain(v.id, v.name, v.display_name, 400, now) for v in (alice, bob, alice)]
        ups = await paid.levels.add(session, gains)
    assert {(up.shown, up.level) for up in ups} == {("Alice", 2), ("Alice", 3), ("Bob", 2), ("Bob", 3), ("Alice", 4)}
    assert await history(paid, alice) == [("level:2", 10), ("level:4", 30)]
    assert await history(paid, bob) == [("level:2", 10)]


async def test_xp_that_is_taken_and_earned_again_pays_nothing_again(paid: Services) -> None:
    alice = await met(paid)
    mod = await met(paid, "mod")
    await gain(paid, alice, 400)
    await paid.economy.change_xp(mod, alice, to=0)
    ups = (await paid.economy.change_xp(mod, alice, to=1_212)).ups
    assert [(up.level, up.message) for up in ups] == [
        (2, ""),
        (3, ""),
        (4, "Level 4, Alice: {not a field} {0} {{}}"),
        (5, "five"),
    ]
    assert await history(paid, alice) == [("level:2", 10), ("level:4", 30), ("level:5", 50)]


async def test_a_caller_that_rolls_back_pays_nothing(paid: Services) -> None:
    alice = await met(paid)
    async with paid.database.sessions() as session:
        await paid.levels.add(session, [Gain(alice.id, "alice", "Alice", 5_000, paid.clock.now())])
        await session.rollback()
    assert await history(paid, alice) == []
    assert [up.level for up in await gain(paid, alice, 100)] == [2]
    assert await history(paid, alice) == [("level:2", 10)]


async def test_a_level_pays_once_also_after_a_rename(paid: Services) -> None:
    alice = await met(paid)
    await gain(paid, alice, 100)
    renamed = await paid.viewers.meet(Person("id-alice", "alicia", "Alicia"))
    mod = await met(paid, "mod")
    await paid.economy.change_xp(mod, renamed, to=0)
    await gain(paid, renamed, 100)
    assert await history(paid, renamed) == [("level:2", 10)]


# Another curve


async def kept(services: Services) -> list[tuple[str, int]]:
    async with services.database.readers() as session:
        return [(n, lv) for n, lv in await session.execute(text("SELECT user_name, level FROM xp_records ORDER BY id"))]


async def test_a_changed_curve_moves_levels_without_rewards(tmp_path: Path, clock: SettableClock) -> None:
    write_rewards(tmp_path, REWARDS)
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        alice, bob = await met(services), await met(services, "bob")
        await gain(services, alice, 100)
        await gain(services, bob, 50)
        assert await kept(services) == [("alice", 2), ("bob", 1)]
    async with opened(settings_in(tmp_path, xp_base=10), "sandbox", clock) as services:
        assert await kept(services) == [("alice", 4), ("bob", 3)]
        assert await history(services, alice) == [("level:2", 10)]
        assert await history(services, bob) == []
        assert await findings(services) == []
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        assert await kept(services) == [("alice", 2), ("bob", 1)]


async def test_the_same_curve_is_not_looked_at_again(services: Services) -> None:
    await gain(services, await met(services), 100)
    execute(place_of(services.database), "UPDATE xp_records SET level = 7")
    assert await services.levels.align() == 0
    assert query(place_of(services.database), "SELECT level FROM xp_records") == [(7,)]


async def test_a_changed_curve_moves_thousands(tmp_path: Path, clock: SettableClock) -> None:
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        path = place_of(services.database)
    execute(
        path,
        "INSERT INTO xp_records (user_name, xp, level) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) SELECT 'u' || i, i, 1 FROM n",
        "DELETE FROM meta WHERE key = 'curve'",
    )
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        assert await findings(services) == []
        assert query(path, "SELECT level FROM xp_records WHERE xp = 5219") == [(10,)]


async def test_xp_that_another_tool_left_empty_does_not_stop_the_start(tmp_path: Path, clock: SettableClock) -> None:
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        execute(place_of(services.database), "INSERT INTO xp_records (user_name, xp, level) VALUES ('alice', NULL, 3)")
    async with opened(settings_in(tmp_path, xp_base=10), "sandbox", clock) as services:
        assert await kept(services) == [("alice", 1)]
