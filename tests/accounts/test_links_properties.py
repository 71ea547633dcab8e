"""Whatever people on two platforms do at once, from two processes on one file: nothing is lost, made or paid twice."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from pixel_bot.db.engine import Database
from pixel_bot.model.outcome import PlaySound
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services
from pixel_bot.upkeep.upgrade import upgrade
from tests.accounts.links_model import (
    DING,
    MOD,
    PEOPLE,
    START,
    VIEWERS,
    Op,
    World,
    build,
    often,
    programs,
    two_processes,
)
from tests.harness.database import findings
from tests.harness.rounds import modest, rounds
from tests.harness.seed import execute, query, url_of


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which everybody has 100 points."""
    path = tmp_path_factory.mktemp("template") / "pixel.db"

    async def make() -> None:
        database = Database(url_of(path))
        await upgrade(database, path.parent / "backups")
        async with build(database, path.parent) as services:
            await services.redeems.offer([DING])

    asyncio.run(make())
    for v, p in zip(VIEWERS, PEOPLE, strict=True):
        values = f"{v.id}, '{v.name}', {START}, '{p.platform}', '{p.platform_id}', '{p.display_name}'"
        execute(
            path,
            f"INSERT INTO users (id, name, points, platform, platform_id, display_name) VALUES ({values})",
            f"INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES ({v.id}, {START}, 'x', {START})",
        )
    return path


async def play(template: Path, folder: Path, program: Sequence[Sequence[Op]]) -> None:
    async with two_processes(template, folder) as sides:
        world = World(sides)
        for batch in program:
            await asyncio.gather(*(world.do(op) for op in batch))
            await world.the_books_balance()
            await world.nothing_came_twice()
            for services in sides:
                services.clock.advance(20)  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType]


@given(program=programs)
@example(program=[[Op("buy", 2), Op("buy", 3)], [Op("link", 0, 2)], [Op("refund", amount=1)], [Op("undo")]])
@example(program=[[Op("buy", 2)], [Op("link", 0, 2)], [Op("undo")], [Op("refund", amount=1)], [Op("link", 2, 0)]])
@example(
    program=[[Op("link", 0, 2, side=i % 2) for i in range(4)], [Op("unlink", i % 3, side=i % 2) for i in range(4)]]
)
@example(program=[[Op("link", 0, 2)], [Op("undo", side=i % 2) for i in range(3)], [Op("link", 0, 2)]])
@example(program=[[Op("xp", 2, amount=130)], [Op("link", 0, 2)], [Op("xp", 0, amount=60)], [Op("undo"), Op("undo")]])
@example(program=[[Op("link", 0, 2), Op("give all", 2, 0), Op("tip", 2), Op("tip", 2, side=1), Op("set", 2)]])
@example(program=[[Op("link", 0, 2)], [Op("reset", 2)], [Op("give all", 2, 1), Op("give", 0, 3)], [Op("unlink")]])
@example(program=[[Op("add", 0, amount=1), Op("set", 0, amount=1), Op("xp", 0), Op("xp", 0)], [Op("undo")]])
@example(program=[[Op("link", 0, 2), Op("buy", 2)], [Op("unlink", 2)], [Op("refund", amount=1)]])
@settings(modest, max_examples=rounds(4))
def test_any_interleaving_keeps_the_books(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))


moves = st.one_of(often("give", "give all", "rename", "reset"), often("link", "agree", "unlink"))


@given(program=st.lists(st.lists(moves, min_size=2, max_size=6), min_size=1, max_size=6))
@settings(modest, max_examples=rounds(4))
def test_links_and_gifts_neither_make_nor_lose_points(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))
    assert query(tmp_path / "pixel.db", "SELECT SUM(points) FROM users") == [(START * len(PEOPLE),)]


class PowerCut(Exception):
    """The process ended here."""


async def dump(services: Services) -> list[Any]:
    tables = ("users", "xp_records", "transactions", "cooldowns", "blocks", "queue_items", "draws", "links", "changes")
    async with services.database.readers() as session:
        return [(await session.execute(text(f"SELECT * FROM {t} ORDER BY 1, 2"))).all() for t in tables]


@asynccontextmanager
async def cut_at(services: Services, statement: int) -> AsyncGenerator[None]:
    """The power goes with that statement of the writer, counted from now."""
    left = itertools.count(1)

    def count(*_: Any) -> None:
        if next(left) == statement:
            raise PowerCut

    engine = services.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def do_one(services: Services, what: str, code: str) -> None:
    match what:
        case "link":
            await services.links.give(VIEWERS[0], code)
        case "unlink":
            await services.links.unlink(MOD, VIEWERS[0])
        case _:
            await services.economy.undo(MOD)


@pytest.mark.parametrize("what", ["link", "unlink", "undo"])
async def test_wherever_it_is_cut_off_nothing_is_done_by_halves(template: Path, tmp_path: Path, what: str) -> None:
    async with two_processes(template, tmp_path) as (services, _):
        await services.economy.change_xp(MOD, VIEWERS[2], by=500)
        await services.shop.buy(Order(DING, VIEWERS[2], PlaySound("ding"), message_id="joystick:1"))
        asked = await services.links.ask(VIEWERS[2], public=False)
        if what != "link":
            await services.links.give(VIEWERS[0], asked.code)
        before, cuts = await dump(services), 0
        for statement in range(1, 100):
            services.links._attempts.succeed(VIEWERS[0].id)
            try:
                async with cut_at(services, statement):
                    await do_one(services, what, asked.code)
            except PowerCut:
                cuts += 1
                assert await dump(services) == before
            else:
                break
        assert 10 < cuts < 99
        assert await dump(services) != before
        assert await findings(services) == []
