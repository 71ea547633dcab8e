"""Two processes that link people and take them apart, and what must hold after anything."""

import itertools
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hypothesis import strategies as st

from pixel_bot.db.engine import Database
from pixel_bot.db.models import QueueItem
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import ChatError
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Person, Viewer
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.harness.database import findings, rows
from tests.harness.seed import url_of

PEOPLE = [Person("1", "alice", "Alice"), Person("2", "bob", "Bob"), there("Ally"), there("Rob"), there("Cy")]
USERS = range(len(PEOPLE))
START = 100
# As each was looked up before anything happened: whoever is linked meanwhile is still asked for by the old id.
VIEWERS = [Viewer(i + 1, p.name, p.display_name, START) for i, p in enumerate(PEOPLE)]
MOD = Viewer(99, "mod", "Mod", 0)
DING = Offer("ding", "Ding", cost=15)
LEVEL_POINTS = 7

Kind = Literal[
    "tip", "enter", "chat", "give", "give all", "add", "remove", "set", "xp",
    "buy", "refund", "link", "agree", "unlink", "undo", "reset", "rename",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Op:
    """One thing that somebody does, on one of the two processes."""

    kind: Kind
    user: int = 0
    other: int = 2
    amount: int = 10
    side: int = 0


def often(*kinds: Kind) -> st.SearchStrategy[Op]:
    return st.builds(
        Op,
        kind=st.sampled_from(kinds),
        user=st.sampled_from(USERS),
        other=st.sampled_from(USERS),
        amount=st.integers(1, 150),
        side=st.integers(0, 1),
    )


ops = st.one_of(often(*KINDS), often("link", "agree"), often("link", "unlink", "undo"))
programs = st.lists(st.lists(ops, min_size=1, max_size=5), min_size=2, max_size=8)


@asynccontextmanager
async def build(database: Database, folder: Path) -> AsyncGenerator[Services]:
    """The services of one process, with awards that are written."""
    rewards = folder / "level_rewards.json"
    rewards.write_text(json.dumps({str(i): {"points": LEVEL_POINTS} for i in range(2, 8)}), encoding="utf-8")
    services = build_services(settings_in(folder, level_rewards_file=rewards), database, SettableClock())
    services.awards.start()
    try:
        yield services
    finally:
        await services.awards.stop()
        await database.close()


@asynccontextmanager
async def two_processes(template: Path, folder: Path) -> AsyncGenerator[list[Services]]:
    path = folder / "pixel.db"
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template, path)
    async with build(Database(url_of(path)), folder) as one, build(Database(url_of(path)), folder) as two:
        for services in (one, two):
            await services.redeems.offer([DING])
        yield [one, two]


@dataclass
class World:
    """What was told to people, to be compared with the books."""

    sides: list[Services]
    points: int = START * len(PEOPLE)
    xp: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    async def do(self, op: Op) -> None:
        """Do one thing. A refusal changes nothing."""
        with suppress(ChatError):
            await self._do(op, self.sides[op.side], VIEWERS[op.user])

    async def _do(self, op: Op, services: Services, viewer: Viewer) -> None:
        match op.kind:
            case "tip" | "enter":
                await self._event(op, services)
            case "chat":
                now = services.clock.now()
                services.awards.chat(chat_message(PEOPLE[op.user], f"chat:{next(self._numbers)}", now))
                await services.awards.drained()
            case "give" | "give all":
                amount = op.amount if op.kind == "give" else None
                await services.economy.give(viewer, VIEWERS[op.other], amount)
            case "add":
                await services.economy.add(MOD, viewer, op.amount)
                self.points += op.amount
            case "remove":
                await services.economy.add(MOD, viewer, -op.amount)
                self.points -= op.amount
            case "set":
                delta = await services.economy.set(MOD, viewer, op.amount)
                self.points += delta
            case "xp":
                change = await services.economy.change_xp(MOD, viewer, by=10 * op.amount)
                self.xp += change.delta
            case "buy":
                await services.shop.buy(Order(DING, viewer, PlaySound("ding"), message_id=self._message(op)))
            case "refund":
                await services.refunds.fail(QueueItem.id == op.amount % 6, reason="Gone.")
            case "reset":
                await services.cooldowns.reset(viewer.id)
            case "rename":
                login = f"{PEOPLE[op.user].login}{op.amount % 3}"
                await services.viewers.meet(PEOPLE[op.user]._replace(login=login))
            case _:
                await self._link(op, services, viewer)

    async def _link(self, op: Op, services: Services, viewer: Viewer) -> None:
        match op.kind:
            case "link":
                asked = await services.links.ask(viewer, public=op.amount % 3 == 0)
                await services.links.give(VIEWERS[op.other], asked.code)
            case "agree":
                await services.links.agree(viewer)
            case "unlink":
                await services.links.unlink(MOD, viewer)
            case _:
                await services.economy.undo(MOD)

    async def _event(self, op: Op, services: Services) -> None:
        """Tips are told again now and then; a person comes in once a minute."""
        event_id = f"tip:{op.user}:{op.amount % 7}" if op.kind == "tip" else f"enter:{next(self._numbers)}"
        pause = 0 if op.kind == "tip" else 60
        now = services.clock.now()
        await services.awards.event(EventAward(event_id, op.kind, PEOPLE[op.user], 20, 90, now, pause))

    def _message(self, op: Op) -> str:
        prefix = "joystick:" if PEOPLE[op.user].platform == "joystick" else ""
        return f"{prefix}{next(self._numbers)}"

    async def the_books_balance(self) -> None:
        """By the book, with nothing on merged accounts, and as much as was told to people."""
        assert await findings(self.sides[0]) == []
        ((total, lowest, xp),) = await rows(
            self.sides[0], "SELECT SUM(points), MIN(points), (SELECT COALESCE(SUM(xp), 0) FROM xp_records) FROM users"
        )
        assert lowest >= 0
        by_reason = dict(await rows(self.sides[0], "SELECT reason, SUM(amount) FROM transactions GROUP BY reason"))
        for reason in ("link", "unlink", "give"):
            assert by_reason.get(reason, 0) == 0, f"{reason} only moves points"
        given = {"tip": "kind = 'tip'", "enter": "kind = 'enter'", "chat": "kind = 'chat'"}
        for reason, where in given.items():
            ((claimed,),) = await rows(self.sides[0], f"SELECT COALESCE(SUM(points), 0) FROM events WHERE {where}")
            assert by_reason.get(reason, 0) == claimed
        others = [reason for reason in by_reason if reason not in ("x", "mod:add", "mod:remove", "mod:set")]
        assert total == self.points + sum(by_reason[reason] for reason in others)
        ((earned,),) = await rows(self.sides[0], "SELECT COALESCE(SUM(xp), 0) FROM events")
        ((undone,),) = await rows(
            self.sides[0], "SELECT COALESCE(SUM(xp_delta), 0) FROM changes WHERE undone_at IS NOT NULL"
        )
        assert self.xp + earned - undone <= xp <= self.xp + earned, "an undo takes what is there"

    async def nothing_came_twice(self) -> None:
        """Neither a level's points nor a refund nor an undone link."""
        assert (
            await rows(
                self.sides[0],
                "SELECT user_id, reason FROM transactions WHERE reason LIKE 'level:%' "
                "GROUP BY 1, 2 HAVING COUNT(*) > 1",
            )
            == []
        )
        ((levels, claimed),) = await rows(
            self.sides[0],
            "SELECT (SELECT COALESCE(SUM(amount), 0) FROM transactions WHERE reason LIKE 'level:%'), "
            "(SELECT COALESCE(SUM(points), 0) FROM events WHERE kind = 'level')",
        )
        assert levels == claimed
        ((refunded, ended),) = await rows(
            self.sides[0],
            "SELECT (SELECT COALESCE(SUM(amount), 0) FROM transactions WHERE reason = 'refund:ding'), "
            "(SELECT COALESCE(SUM(cost), 0) FROM queue_items WHERE status = 'failed')",
        )
        assert refunded == ended
        moved = await rows(
            self.sides[0],
            "SELECT l.points, COALESCE(-SUM(CASE t.reason WHEN 'link' THEN t.amount END), 0), "
            "COALESCE(SUM(CASE t.reason WHEN 'unlink' THEN t.amount END), 0) FROM links l LEFT JOIN transactions t "
            "ON t.change_id = l.change_id AND t.user_id = l.merged_id GROUP BY l.id, l.points",
        )
        for points, went, came in moved:
            assert points == went
            assert 0 <= came <= points + refunded, "what was refunded meanwhile goes along"
