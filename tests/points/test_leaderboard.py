"""Places: the most first, the longest known first among equals, read without sorting anybody."""

from typing import Any

import pytest
from sqlalchemy import event, text

from pixel_bot.model.people import Person
from pixel_bot.services import Services

EQUAL = 200


async def fill(services: Services) -> None:
    """Very many with the same, one with more."""
    people = [Person(str(number), f"viewer_{number}", f"Viewer_{number}") for number in range(1, EQUAL + 1)]
    for person in people:
        await services.viewers.meet(person)
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
