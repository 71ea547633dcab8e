"""Whatever people and mods do at once, from two processes on one file: the books balance."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pixel_bot.accounts.economy import Given
from pixel_bot.db.engine import Database
from pixel_bot.errors import BadAmount, NotEnoughPoints, NothingToUndo
from pixel_bot.model.people import Viewer
from pixel_bot.points import processed_ids
from pixel_bot.points.ledger import Entry, post
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.database import findings
from tests.harness.rounds import modest, rounds
from tests.harness.seed import execute, query, url_of

USERS: tuple[int, ...] = (1, 2, 3)
START = 100
VIEWERS = {i: Viewer(i, f"user{i}", f"user{i}", START) for i in USERS}
MOD = Viewer(9, "mod", "mod", 0)

Kind = Literal["grant", "spend", "give", "give all", "add", "remove", "set", "addall", "undo", "refund"]


@dataclass(frozen=True)
class Op:
    """One thing that somebody does, on one of the two processes."""

    kind: Kind
    user: int = 1
    other: int = 2
    amount: int = 10
    side: int = 0


@dataclass
class Done:
    """What a process says about it: how each balance changed, and what an undo could not take back."""

    op: Op
    changes: dict[int, int] = field(default_factory=dict[int, int])
    missing: int = 0


ops = st.builds(
    Op,
    kind=st.sampled_from(["grant", "spend", "give", "give all", "add", "remove", "set", "addall", "undo", "refund"]),
    user=st.sampled_from(USERS),
    other=st.sampled_from(USERS),
    amount=st.integers(1, 150),
    side=st.integers(0, 1),
)
programs = st.lists(st.lists(ops, min_size=1, max_size=5), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which three users have 100 points each."""
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


@asynccontextmanager
async def two_processes(template: Path, folder: Path) -> AsyncGenerator[tuple[Services, Services]]:
    path = folder / "pixel.db"
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template, path)
    databases = [Database(url_of(path)) for _ in range(2)]
    try:
        one, two = (build_services(settings_in(folder), d, SettableClock()) for d in databases)
        yield one, two
    finally:
        for database in databases:
            await database.close()


async def do(services: Services, op: Op) -> Done:
    """Do one thing; a refusal changes nothing."""
    done = Done(op)
    try:
        match op.kind:
            case "grant" | "spend":
                amount = op.amount if op.kind == "grant" else -op.amount
                await pay(services, op.user, amount)
                done.changes = {op.user: amount}
            case "refund":
                if await refund(services, op):
                    done.changes = {op.user: op.amount}
            case "give" | "give all":
                amount = op.amount if op.kind == "give" else None
                given = await services.economy.give(VIEWERS[op.user], VIEWERS[op.other], amount)
                assert isinstance(given, Given)
                done.changes = {op.user: -given.amount, op.other: given.amount}
            case "add" | "remove":
                amount = op.amount if op.kind == "add" else -op.amount
                await services.economy.add(MOD, VIEWERS[op.user], amount)
                done.changes = {op.user: amount}
            case "set":
                done.changes = {op.user: await services.economy.set(MOD, VIEWERS[op.user], op.amount)}
            case "addall":
                await services.economy.add_all(MOD, USERS, op.amount)
                done.changes = dict.fromkeys(USERS, op.amount)
            case "undo":
                done.missing = (await services.economy.undo(MOD)).missing
    except (NotEnoughPoints, BadAmount, NothingToUndo):
        pass
    return done


async def pay(services: Services, user: int, amount: int) -> None:
    async with services.database.write() as session:
        await post(session, [Entry(user, amount, "test", services.clock.now())])


def refund_id(op: Op) -> str:
    return f"refund:{op.user}:{op.amount % 5}"


async def refund(services: Services, op: Op) -> bool:
    """A grant that is claimed by an id; whoever comes second gives nothing."""
    now = services.clock.now()
    async with services.database.write() as session:
        worked = processed_ids.ProcessedId(refund_id(op), "refund", op.amount, 0, now)
        if not await processed_ids.claim(session, [worked]):
            return False
        await post(session, [Entry(op.user, op.amount, "refund:tts", now)])
    return True


async def balances(services: Services) -> dict[int, int]:
    async with services.database.readers() as session:
        rows = await session.execute(text("SELECT id, points FROM users ORDER BY id"))
        return {int(user): int(points) for user, points in rows}


async def the_books_balance(services: Services) -> None:
    """Points are the sum and the last balance of the rows; each row continues the one before; nobody is below zero."""
    assert await findings(services) == []
    async with services.database.readers() as session:
        rows = await session.execute(text("SELECT user_id, amount, balance_after FROM transactions ORDER BY id"))
        running = dict.fromkeys(USERS, 0)
        for user, amount, after in rows:
            running[user] += amount
            assert after == running[user] >= 0
    assert await balances(services) == running


async def undone(services: Services) -> dict[int, int]:
    """What the undos came to, by user."""
    async with services.database.readers() as session:
        rows = await session.execute(
            text("SELECT user_id, SUM(amount) FROM transactions WHERE reason = 'undo' GROUP BY user_id")
        )
        return {int(user): int(total) for user, total in rows}


async def play(template: Path, folder: Path, program: Sequence[Sequence[Op]]) -> None:
    async with two_processes(template, folder) as sides:
        told = dict.fromkeys(USERS, START)
        refunds: list[str] = []
        for batch in program:
            work: list[Coroutine[Any, Any, Done]] = [do(sides[op.side], op) for op in batch]
            for done in await asyncio.gather(*work):
                for user, change in done.changes.items():
                    told[user] += change
                if done.op.kind == "refund" and done.changes:
                    refunds.append(refund_id(done.op))
            await the_books_balance(sides[0])
        by_undo = await undone(sides[1])
        assert await balances(sides[1]) == {user: told[user] + by_undo.get(user, 0) for user in USERS}
        assert len(refunds) == len(set(refunds))


@given(program=programs)
@example(program=[[Op("give all", 1, 2, side=i % 2) for i in range(5)]])
@example(program=[[Op("spend", 1, amount=60, side=i % 2) for i in range(5)]])
@example(program=[[Op("refund", 1, amount=5, side=i % 2) for i in range(4)], [Op("refund", 1, amount=5)]])
@example(program=[[Op("addall", amount=7)], [Op("give all", 1, 2), Op("undo"), Op("undo", side=1)]])
@modest
def test_any_interleaving_keeps_the_books(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))


gifts = st.builds(
    Op,
    kind=st.sampled_from(["give", "give all"]),
    user=st.sampled_from(USERS),
    other=st.sampled_from(USERS),
    amount=st.integers(1, 150),
    side=st.integers(0, 1),
)


@given(program=st.lists(st.lists(gifts, min_size=2, max_size=6), min_size=1, max_size=4))
@settings(modest, max_examples=rounds(4))
def test_gifts_neither_make_nor_lose_points(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))
    assert query(tmp_path / "pixel.db", "SELECT SUM(points), MIN(points) >= 0 FROM users") == [(3 * START, 1)]


class Model:
    """The rules in a few lines, for one thing after another."""

    def __init__(self) -> None:
        self.points = dict.fromkeys(USERS, START)
        self.changes: list[dict[int, int]] = []
        self.refunded: set[str] = set()

    def do(self, op: Op) -> Done:
        done = Done(op)
        mine = self.points[op.user]
        match op.kind:
            case "grant" | "add":
                done.changes = {op.user: op.amount}
            case "spend" | "remove" if op.amount <= mine:
                done.changes = {op.user: -op.amount}
            case "set":
                done.changes = {op.user: op.amount - mine}
            case "addall":
                done.changes = dict.fromkeys(USERS, op.amount)
            case "refund" if refund_id(op) not in self.refunded:
                self.refunded.add(refund_id(op))
                done.changes = {op.user: op.amount}
            case "give" if op.user != op.other and op.amount <= mine:
                done.changes = {op.user: -op.amount, op.other: op.amount}
            case "give all" if op.user != op.other and mine:
                done.changes = {op.user: -mine, op.other: mine}
            case "undo" if self.changes:
                for user, change in self.changes.pop().items():
                    back = max(-change, -self.points[user])
                    done.missing += change + back
                    self.points[user] += back
            case _:
                pass
        if op.kind in {"add", "remove", "set", "addall"} and done.changes:
            self.changes.append(done.changes)
        for user, change in done.changes.items():
            self.points[user] += change
        return done


async def compare(template: Path, folder: Path, program: Sequence[Op]) -> None:
    model = Model()
    async with two_processes(template, folder) as sides:
        for op in program:
            assert await do(sides[op.side], op) == model.do(op)
            assert await balances(sides[1 - op.side]) == model.points
        await the_books_balance(sides[0])


@given(program=st.lists(ops, min_size=1, max_size=15))
@example(program=[Op("add", 1, amount=50), Op("give all", 1, 2), Op("undo", side=1), Op("undo")])
@example(program=[Op("addall", amount=9), Op("spend", 3, amount=105), Op("undo"), Op("set", 3, amount=1), Op("undo")])
@modest
def test_one_after_another_they_do_as_the_rules_say(template: Path, tmp_path: Path, program: list[Op]) -> None:
    asyncio.run(compare(template, tmp_path, program))
