"""Ranks: shared by equals, counted without those who are excluded, against a plain model."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from pixel_bot.model.chat_message import BanChange
from pixel_bot.model.people import Viewer
from pixel_bot.points.leaderboard import Board, Rank
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.rounds import modest, rounds
from tests.points.people import endowed, person

BOARDS: tuple[Board, ...] = ("points", "xp")


@dataclass(frozen=True)
class Player:
    """Somebody with points and XP, and why they are not on the board, if so."""

    points: int
    xp: int
    state: str


players = st.lists(
    st.builds(
        Player,
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from(["plays", "plays", "plays", "ignored", "banned", "both", "back", "service", "left out"]),
    ),
    max_size=12,
)
EXCLUDED = {"ignored", "banned", "both", "service", "left out"}
NAMES = {"service": "nightbot", "left out": "pixel_street"}


async def enter(services: Services, player: Player, number: int) -> Viewer:
    login = NAMES.get(player.state, f"viewer{number}")
    viewer = await endowed(services, person(str(number), login), player.points, player.xp)
    if player.state in {"ignored", "both", "back"}:
        await services.ignoring.ignore(login, "twitch")
    if player.state in {"banned", "both", "back"}:
        await services.bans.note(BanChange(str(number), banned=True, at=services.clock.now()))
    if player.state == "back":
        await services.ignoring.unignore(login, "twitch")
        await services.bans.note(BanChange(str(number), banned=False, at=services.clock.now()))
    return viewer


@settings(modest, max_examples=rounds(5))
@given(listed=players)
async def test_places_are_those_of_the_model(tmp_path: Path, listed: list[Player]) -> None:
    # Two owners of one name are another test's matter.
    listed = [p for i, p in enumerate(listed) if p.state not in NAMES or p.state not in [q.state for q in listed[:i]]]
    folder = tmp_path / secrets.token_hex(4)
    async with opened(settings_in(folder), "sandbox", SettableClock(), {"pixel_street"}) as services:
        viewers = [await enter(services, player, number) for number, player in enumerate(listed, 1)]
        for board in BOARDS:
            values = {
                v.id: getattr(p, board)
                for v, p in zip(viewers, listed, strict=True)
                if p.state not in EXCLUDED and getattr(p, board)
            }
            await check_board(services, board, values)
            for viewer, player in zip(viewers, listed, strict=True):
                rank = await services.leaderboard.rank(viewer, board)
                assert (rank is None) == (player.state in EXCLUDED)
                if rank is not None:
                    check_rank(rank, values, viewer.id, getattr(player, board))
        assert await findings(services) == []


async def check_board(services: Services, board: Board, values: dict[int, int]) -> None:
    entries = await (services.leaderboard.by_points(10) if board == "points" else services.leaderboard.by_xp(10))
    expected = sorted(values.values(), reverse=True)
    assert [entry.value for entry in entries] == expected[:10]
    assert [entry.place for entry in entries] == [1 + expected.index(value) for value in expected[:10]]
    assert len({entry.name for entry in entries}) == len(entries)


def check_rank(rank: Rank, values: dict[int, int], viewer_id: int, value: int) -> None:
    better = [other for other in values.values() if other > value]
    assert rank.value == value
    if not value:
        assert rank.place == 0
        return
    assert rank.place == 1 + len(better)
    assert rank.total == len(values)
    assert rank.equals == sum(other == value for other in values.values()) - 1
    assert rank.missing == (min(better) - value + 1 if better else 0)
    assert (rank.ahead.value if rank.ahead else None) == (min(better) if better else None)


async def test_four_equals_share_the_place_and_the_next_one_counts_on(services: Services) -> None:
    for number, points in enumerate((500, 500, 500, 400, 400, 1), 1):
        await endowed(services, person(str(number), f"viewer{number}"), points, 0)
    assert [entry.place for entry in await services.leaderboard.by_points(10)] == [1, 1, 1, 4, 4, 6]


async def test_a_linked_name_has_the_rank_of_its_account(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 5)
    stale = Viewer(alice.id, "alice", "alice", 0)
    rank = await services.leaderboard.rank(stale)
    assert rank is not None
    assert (rank.place, rank.value) == (1, 10)


@pytest.mark.sqlite
async def test_a_rank_is_counted_by_the_index_alone(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 5)
    await endowed(services, person("2", "bob"), 20, 9)
    asked: list[tuple[str, Any]] = []

    def remember(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        asked.append((statement, parameters))

    engine = services.database._read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", remember)
    for board in BOARDS:
        assert await services.leaderboard.rank(alice, board) is not None
    event.remove(engine, "before_cursor_execute", remember)
    counted = [(statement, parameters) for statement, parameters in asked if "COUNT(*)" in statement]
    ordered = [(statement, parameters) for statement, parameters in asked if "ORDER BY" in statement]
    assert (len(counted), len(ordered)) == (2, 2)
    async with services.database.readers() as session:
        connection = await session.connection()
        for statement, parameters in [*counted, *ordered]:
            plan = [row[-1] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not any(step in {"SCAN users", "SCAN xp_records"} for step in plan), plan
            assert not any("ORDER BY" in step for step in plan), plan
        for statement, parameters in counted:
            plan = [row[-1] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert sum("USING COVERING INDEX ix_" in step for step in plan) == 3, plan


# Bans


async def test_events_in_the_wrong_order_end_as_they_happened(services: Services, clock: SettableClock) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 5)
    banned = BanChange("1", banned=True, at=clock.now())
    clock.advance(1)
    lifted = BanChange("1", banned=False, at=clock.now())
    await services.bans.note(lifted)
    await services.bans.note(banned)
    assert await services.leaderboard.rank(alice) is not None
    clock.advance(1)
    await services.bans.note(BanChange("1", banned=True, at=clock.now()))
    await services.bans.note(lifted)
    assert await services.leaderboard.rank(alice) is None


async def test_a_ban_survives_a_restart_and_the_ledger_does_not_know_of_it(tmp_path: Path) -> None:
    for first in (True, False):
        async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
            if first:
                await endowed(services, person("1", "alice"), 10, 5)
                await services.bans.note(BanChange("1", banned=True, at=services.clock.now()))
            assert await services.leaderboard.by_points() == await services.leaderboard.by_xp() == []
            assert (await services.viewers.find("alice")).points == 10
            assert await findings(services) == []


async def test_somebody_who_is_banned_before_the_first_message_is_on_no_board(services: Services) -> None:
    await services.bans.note(BanChange("1", banned=True, at=services.clock.now()))
    async with services.database.readers() as session:
        assert (await session.execute(text("SELECT COUNT(*) FROM users"))).scalar() == 0
    await endowed(services, person("1", "alice"), 10, 5)
    assert await services.leaderboard.by_points() == []
