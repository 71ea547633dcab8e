"""Whatever viewers, mods, the page and the power do: what was paid was played once, or given back once."""

import asyncio
import json
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cogs.wheel import draws
from pixel_bot.db.engine import Database
from pixel_bot.overlay import overlay as bus
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.rounds import modest, rounds
from tests.harness.seed import execute, url_of
from tests.redeems.redeem_model import RedeemModel
from tests.redeems.redeem_programs import KINDS, PRIZES, SECONDS, SHELF, START, USERS, Op, Seeds, often, programs, steps


async def play(template: Path, folder: Path, program: Sequence[Sequence[Op]]) -> None:
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template, folder / "pixel.db")
    (folder / "prizes.json").write_text(json.dumps(PRIZES), encoding="utf-8")
    show = RedeemModel(folder)
    await show.start()
    await show.page.connect(show.services.overlay)
    try:
        for batch in program:
            await one_moment(show, batch)
            await show.calm_down()
            await show.is_right()
        await all_clear(show)
    finally:
        await show.end()


async def one_moment(show: RedeemModel, batch: Sequence[Op]) -> None:
    """All at once; then a restart, where one is among them."""
    before = set(show.page.finished)
    work = [op for op in batch if op.kind not in {"restart", "kill"}]
    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*(asyncio.create_task(show.do(op)) for op in work))
    if len(batch) > 1:
        show.crossed |= show.page.finished - before
    for op in batch:
        if op.kind in {"restart", "kill"}:
            there = show.page.connected
            await (show.end() if op.kind == "restart" else show.kill())
            await show.start()
            if there:
                await show.page.connect(show.services.overlay)


async def all_clear(show: RedeemModel) -> None:
    """In the end everything has ended: what could be played was, and what could not was given back."""
    await show.do(Op("calm"))
    for _ in range(20):
        await show.calm_down()
        if not await left(show):
            break
        for _ in range(len(show.page.playing)):
            await show.do(Op("end"))
        for _ in range(len(show.thinking)):
            await show.do(Op("answer"))
        await show.do(Op("look") if show.page.connected else Op("pass", pick=3))
    assert await left(show) == 0
    await show.is_right()


async def left(show: RedeemModel) -> int:
    async with show.services.database.readers() as session:
        query = "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')"
        return (await session.execute(text(query))).scalar_one()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which three users have points."""
    path = tmp_path_factory.mktemp("template") / "pixel.db"

    async def make() -> None:
        database = Database(url_of(path))
        await upgrade(database, path.parent / "backups")
        await database.close()

    asyncio.run(make())
    for i in USERS:
        execute(
            path,
            f"INSERT INTO users (id, name, points) VALUES ({i}, 'user{i}', {START})",
            f"INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES ({i}, {START}, 'x', {START})",
        )
    return path


@pytest.fixture(autouse=True, scope="module")
def _quick_and_the_same_every_time() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bus, "RETURN_SECONDS", 0.02)
        patch.setattr(draws, "secrets", Seeds())
        yield


@given(program=programs)
@example(program=steps("buy", "begin", "lose", "end", "cancel", "come"))
@example(program=steps("buy", "begin", "restart", "restart", "restart", "end"))
@example(program=steps("buy", "begin", "kill", "kill", "kill", "kill", "end"))
@example(program=steps("buy", "hide", "look", "hide", "look", "begin", "hide", "look", what="spin"))
@example(program=[*steps("bye", "buy"), [Op("pass", pick=1)], *steps("buy", "skip", "come")])
@example(program=steps("buy", "begin", "kill", "hide", "pass", "cancel", what="spin"))
@example(program=[[Op("buy", what="spin")], [Op("begin")], [Op("refund"), Op("end"), Op("refund"), Op("skip")]])
@example(program=[[Op("buy", what="ask")], [Op("answer"), Op("skip"), Op("refund"), Op("panic")], [Op("calm")]])
@example(program=[[Op("buy", u, w) for u in USERS] for w in SHELF] + [[Op("panic"), Op("end")], [Op("calm")]])
@example(program=[[Op("buy", what=w) for w in SHELF], [Op("kill")], [Op("clear"), Op("come")], [Op("again")]])
@settings(modest, max_examples=rounds(2))
def test_any_show_keeps_its_promises(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))


@given(program=st.lists(often(*KINDS), min_size=8, max_size=25))
@settings(modest, max_examples=rounds(2))
def test_one_thing_after_another_keeps_its_promises(template: Path, tmp_path: Path, program: list[Op]) -> None:
    """Longer, with no two things in one moment: here nothing at all may be played and given back."""
    asyncio.run(play(template, tmp_path, [[Op("buy", 1, w) for w in SHELF], *([op] for op in program)]))
