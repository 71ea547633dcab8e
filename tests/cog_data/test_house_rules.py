"""What may be staked in a round: within the game's limits, and no more than somebody may lose in a day."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.cog_data.day_loss import DayLossReached, lost_today
from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.model.people import Person, Viewer
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.postgres import Databases
from tests.harness.waiting import until
from tests.harness.zones import in_zone

WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

keys = iter(range(1_000_000))


async def stake(services: Services, viewer: Viewer, amount: str | int, cog: str = "bet", win: int = 0) -> int:
    """Stake in a round of its own, which pays a win and ends."""
    async with services.transactions.open(f"k{next(keys)}", cog, "bet") as tx:
        one = await tx.rounds.open("bet")
        points = await tx.rounds.stake(one.id, viewer, amount)
        await tx.rounds.pay(one.id, viewer, win)
        await tx.rounds.end(one.id)
        return points


async def give(services: Services, viewer: Viewer, points: int) -> None:
    async with services.transactions.open(f"k{next(keys)}", "seed", "seed") as tx:
        await tx.credit(viewer, points)


@pytest.mark.parametrize(
    ("typed", "balance", "outcome"),
    [
        ("all", 2_000, 500), ("all", 300, 300), ("half", 2_000, 500), ("half", 400, 200), ("50%", 40, 20),
        (10, 10, 10), ("500", 700, 500),
        (9, 2_000, "A stake is from 10 to 500 points."), ("501", 2_000, "A stake is from 10 to 500 points."),
        ("all", 9, "A stake is from 10 to 500 points."), ("1%", 500, "A stake is from 10 to 500 points."),
        (501, 0, "A stake is from 10 to 500 points."), (50, 20, "That takes 50 points, you have 20 (30 short)."),
        ("all", 0, "That takes 1 point, you have 0 (1 short)."), (0, 20, "That has to be more than zero."),
    ],
)  # fmt: skip
async def test_a_stake_is_within_the_limits_of_its_game(
    services: Services, alice: Viewer, typed: str | int, balance: int, outcome: int | str
) -> None:
    await give(services, alice, balance)
    async with services.transactions.open("open", "bet", "bet") as tx:
        one = await tx.rounds.open("bet")
        if isinstance(outcome, int):
            assert await tx.rounds.stake(one.id, alice, typed, least=10, most=500) == outcome
        else:
            with pytest.raises((BadAmount, NotEnoughPoints)) as refused:
                await tx.rounds.stake(one.id, alice, typed, least=10, most=500)
            assert str(refused.value) == outcome
        taken = outcome if isinstance(outcome, int) else 0
        assert await tx.balance(alice) == balance - taken


async def test_without_a_most_only_the_least_counts(services: Services, alice: Viewer) -> None:
    await give(services, alice, 9_000)
    async with services.transactions.open("open", "bet", "bet") as tx:
        one = await tx.rounds.open("bet")
        with pytest.raises(BadAmount, match=r"^A stake is at least 10 points\.$"):
            await tx.rounds.stake(one.id, alice, 9, least=10)
        assert await tx.rounds.stake(one.id, alice, "all", least=10) == 9_000


async def test_a_day_loses_so_much_over_all_games(services: Services, clock: SettableClock, alice: Viewer) -> None:
    services.games.cogs.update({"bet", "dice"})
    with in_zone("UTC"):
        clock.set(datetime(2026, 1, 31, 22, 0, tzinfo=UTC))
        await give(services, alice, 10_000)
        await stake(services, alice, 1_000)
        await stake(services, alice, 900, "dice", win=400)  # 1,500 are lost
        await stake(services, alice, 3_000, "shop")  # no game
        with pytest.raises(DayLossReached) as refused:
            await stake(services, alice, 501, "dice")
        said = "One can lose 2,000 points a day at games. You have 500 left for the next 2h."
        assert (str(refused.value), refused.value.left) == (said, 500)
        await stake(services, alice, 500)
        with pytest.raises(DayLossReached) as refused:
            await stake(services, alice, 1)
        assert str(refused.value) == "One can lose 2,000 points a day at games, and you have. You can play again in 2h."
        clock.set(datetime(2026, 2, 1, 0, 0, tzinfo=UTC))
        assert await stake(services, alice, 2_000) == 2_000
    assert await findings(services) == []


async def test_what_was_won_may_be_lost_again(services: Services, alice: Viewer) -> None:
    services.games.cogs.add("bet")
    await give(services, alice, 5_000)
    await stake(services, alice, 100, win=900)
    assert await stake(services, alice, 2_800) == 2_800
    with pytest.raises(DayLossReached):
        await stake(services, alice, 1)


async def test_what_waits_for_an_outcome_counts_until_it_is_given_back(services: Services, alice: Viewer) -> None:
    services.games.cogs.add("bet")
    await give(services, alice, 5_000)
    async with services.transactions.open("open", "bet", "bet") as tx:
        one = await tx.rounds.open("bet")
        await tx.rounds.stake(one.id, alice, 2_000)
        with pytest.raises(DayLossReached):
            await tx.rounds.stake(one.id, alice, 1)
        await tx.rounds.cancel(one.id)
    assert await stake(services, alice, 2_000) == 2_000


async def test_linked_accounts_lose_together(services: Services, alice: Viewer, bob: Viewer) -> None:
    services.games.cogs.add("bet")
    await give(services, alice, 5_000)
    await give(services, bob, 5_000)
    await stake(services, bob, 1_500)
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET merged_into = :a WHERE id = :b"), {"a": alice.id, "b": bob.id})
    for either in (alice, bob):
        with pytest.raises(DayLossReached, match="You have 500 left"):
            await stake(services, either, 501)


async def test_two_processes_take_no_more_than_a_day_may_lose(databases: Databases, tmp_path: Path) -> None:
    url = databases.of(tmp_path, "shared")
    settings = settings_in(tmp_path, database_url=url)
    async with opened(settings, "sandbox", Clock()) as one, opened(settings, "sandbox", Clock()) as other:
        alice = await one.viewers.meet(Person("1", "alice", "Alice"))
        await give(one, alice, 10_000)
        for services in (one, other):
            services.games.cogs.add("bet")
        async with one.transactions.open("first", "bet", "bet") as tx:
            first = await tx.rounds.open("bet")
            await tx.rounds.stake(first.id, alice, 1_800)
            second = asyncio.create_task(stake(other, alice, 500))
            await until(lambda: one.database.look_up(WAITS, {}))
        with pytest.raises(DayLossReached, match="You have 200 left"):
            await second
        assert await findings(one) == []


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, "23h"), (10, 25, "25h"), (6, 1, "1d")])
async def test_the_day_is_that_of_the_local_time(
    services: Services, clock: SettableClock, alice: Viewer, month: int, day: int, hours: str
) -> None:
    services.games.cogs.add("bet")
    with in_zone("Europe/Berlin"):
        midnight = datetime(2026, month, day).astimezone()
        clock.set(midnight - timedelta(seconds=1))
        await give(services, alice, 5_000)
        await stake(services, alice, 2_000)
        clock.set(midnight)
        await stake(services, alice, 1_999)
        with pytest.raises(DayLossReached) as refused:
            await stake(services, alice, 2)
        shown = {"25h": "1d 1h"}.get(hours, hours)
        assert str(refused.value).endswith(f"You have 1 left for the next {shown}.")


async def test_only_rows_of_today_and_of_those_cogs_count(
    services: Services, clock: SettableClock, alice: Viewer
) -> None:
    await give(services, alice, 100)
    await stake(services, alice, 10)
    clock.advance(3 * 86_400)
    await stake(services, alice, 20)
    async with services.database.readers() as session:
        assert await lost_today(session, alice.id, {"bet"}, clock.now()) == 20
        assert await lost_today(session, alice.id, set(), clock.now()) == 0
