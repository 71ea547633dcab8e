"""Places: the most first, the longest known first among equals, without the excluded, read without sorting anybody."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from pixel_bot.model.chat_message import BanChange
from pixel_bot.model.people import Person
from pixel_bot.points.leaderboard import LeaderboardEntry, Rank
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.points.people import endowed, joystick, person

AMOUNTS = {
    "alice": 6, "bob": 4, "carol": 4, "dave": 2, "erin": 1, "frank": 0, "streamlabs": 3, "ivan": 3,
    "gina": 6, "greta": 4, "hank": 4, "henry": 2, "hugo": 1, "zero": 0, "nightbot": 6, "pixel_street": 9,
}  # fmt: skip
"""What those of Twitch have, in points and in XP. The second line is excluded."""

BOARD = [
    ("alice", 6, 1), ("hank@joystick", 5, 2), ("bob", 4, 3), ("carol", 4, 3), ("streamlabs", 3, 5), ("ivan", 3, 5),
    ("dave", 2, 7), ("erin", 1, 8),
]  # fmt: skip


async def who_plays(services: Services) -> None:
    """Some are ignored, some banned, and some were."""
    for login in ("gina", "greta", "ivan"):
        await services.ignoring.ignore(login, "twitch")
    for login in ("streamlabs", "ivan"):
        await services.ignoring.unignore(login, "twitch")
    for login in ("hank", "henry", "hugo", "zero", "ivan", "stranger"):
        await services.bans.note(BanChange(f"id-{login}", banned=True, at=services.clock.now()))
    await services.bans.note(BanChange("id-ivan", banned=False, at=services.clock.now()))


async def test_board_and_ranks_leave_out_who_is_excluded(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), "sandbox", SettableClock(), {"Pixel_Street"}) as services:
        people = [person(f"id-{login}", login) for login in AMOUNTS]
        viewers = [await endowed(services, who, AMOUNTS[who.login], AMOUNTS[who.login]) for who in people]
        # The same id on another platform is somebody else.
        viewers.append(await endowed(services, joystick("id-hank", "hank"), 5, 5))
        newcomer = await services.viewers.meet(person("id-newcomer", "newcomer"))
        await who_plays(services)
        for entries in (await services.leaderboard.by_points(20), await services.leaderboard.by_xp(20)):
            assert [(entry.name, entry.value, entry.place) for entry in entries] == BOARD
        for entries in (await services.leaderboard.by_points(), await services.leaderboard.by_xp()):
            assert [(entry.name, entry.value, entry.place) for entry in entries] == BOARD[:5]
        expected = {
            "alice": Rank(6, 1, 8, 0),
            "bob": Rank(4, 3, 8, 1, LeaderboardEntry("hank@joystick", "hank", 5, 1)),
            "ivan": Rank(3, 5, 8, 1, LeaderboardEntry("carol", "carol", 4, 1)),
            "erin": Rank(1, 8, 8, 0, LeaderboardEntry("dave", "dave", 2, 1)),
            "frank": Rank(0, 0, 8, 0),
        }
        ranks = {
            v.name: (await services.leaderboard.rank(v), await services.leaderboard.rank(v, "xp")) for v in viewers
        }
        assert {name: ranks[name] for name in expected} == {name: (rank, rank) for name, rank in expected.items()}
        assert {name for name, both in ranks.items() if both == (None, None)} == set(list(AMOUNTS)[8:])
        assert await services.leaderboard.rank(newcomer, "xp") == Rank(0, 0, 8, 0), "there is no row of XP yet"
        assert [rank.missing for rank in expected.values()] == [0, 2, 2, 2, 0]


# Among very many equals

EQUAL = 200


async def fill(services: Services) -> None:
    """Very many with the same, one with more."""
    people = [Person(str(number), f"viewer_{number}", f"Viewer_{number}") for number in range(1, EQUAL + 1)]
    for viewer in people:
        await services.viewers.meet(viewer)
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET points = CASE id WHEN 7 THEN 11 ELSE 10 END"))
        await session.execute(
            text("INSERT INTO xp_records (user_name, xp, level) SELECT name, points, 1 FROM users ORDER BY id")
        )


async def test_equals_stand_in_the_order_in_which_they_came(services: Services) -> None:
    await fill(services)
    expected = ["viewer_7", "viewer_1", "viewer_2", "viewer_3", "viewer_4"]
    assert [place.name for place in await services.leaderboard.by_points()] == expected
    assert [place.name for place in await services.leaderboard.by_xp()] == expected


@pytest.mark.sqlite
async def test_nobody_is_sorted(services: Services) -> None:
    await fill(services)
    asked: list[tuple[str, Any]] = []

    def remember(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        if "ORDER BY" in statement:
            asked.append((statement, parameters))

    event.listen(services.database._read_engine.sync_engine, "before_cursor_execute", remember)
    await services.leaderboard.by_points()
    await services.leaderboard.by_xp()
    event.remove(services.database._read_engine.sync_engine, "before_cursor_execute", remember)

    assert len(asked) == 2
    async with services.database.readers() as session:
        connection = await session.connection()
        for statement, parameters in asked:
            plan = [row[-1] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any("USING INDEX ix_" in step for step in plan), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan
