"""Rounds of giveaways and raffles, in which the bot is killed at a commit and every message is delivered again.

What came in was paid out, given back or stayed with the house; nobody pays twice, nobody wins twice, and the seed that
was promised is the one that draws.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cog_data.draws import hash_of, stored_promise
from pixel_bot.db.engine import Database
from pixel_bot.points import ledger
from pixel_bot.testing import stage
from tests.harness.database import findings, rows
from tests.harness.postgres import Databases
from tests.harness.process import start
from tests.harness.rounds import rounds
from tests.harness.seed import url_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")

SCRIPT = Path(__file__).with_name("mortal_giveaways.py")
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
START = 100
EARNED = 60
"""Points that each got for chat before, so that there is an income that a raffle may give away."""

COMMITS = 60
"""About as many as a program has."""

FIRST = 12
"""Of the seeds: its rounds have a giveaway with a cost that is cancelled, one that is drawn, and a raffle."""

ROUNDS = 4
"""In one database."""

LATER = 1_200
"""Seconds of the bot's clock between two lives; a raffle may follow the last one after half an hour."""

Step = tuple[str, str, str, str, int]
"""Who, what they write, their role, the id of the message, and how many seconds pass afterwards."""


def program(rng: random.Random, name: str) -> list[Step]:
    """One giveaway, what becomes of it, perhaps a raffle meanwhile, and another giveaway."""
    cost = rng.choice(["", " cost 7 max 3", " cost 30 max 4 subs 2"])
    words = [("mia", f"!giveaway open win{cost}", "moderator")]
    entering = [(who, rng.choice(["win", "!enter", "!ticket", "!ticket 2", "WIN"])) for who in PEOPLE * 2]
    viewers = [(who, text, rng.choice(["viewer", "subscriber"])) for who, text in rng.sample(entering, 7)]
    if rng.random() < 0.5:
        viewers.insert(rng.randrange(7), ("mia", f"!raffle {rng.choice([30, 31])} {rng.choice([1, 2])}", "moderator"))
    words += viewers
    if rng.random() < 0.3:
        words.append(("mia", "!giveaway close", "moderator"))
    words += rng.choice([[("mia", "!giveaway draw 2", "moderator")], [("mia", "!giveaway cancel", "moderator")], []])
    words += [(rng.choice(PEOPLE), "I am here", "viewer"), ("mia", "!giveaway redraw", "moderator")]
    words += [("mia", "!giveaway open gold cost 5", "moderator"), (rng.choice(PEOPLE), "gold", "viewer")]
    return [(*step, f"{name}-{number}", rng.choice([0, 1, 3, 30])) for number, step in enumerate(words)]


async def live(url: str, folder: Path, order: Mapping[str, Any]) -> int:
    """Play a program. Returns the exit code."""
    process = await start(SCRIPT, url, str(folder), json.dumps(order))
    assert process.stdout is not None
    said = (await process.stdout.read()).decode()
    code = await process.wait()
    assert code in (0, -9), said
    return code


async def prepare(url: str, folder: Path) -> None:
    async with stage(folder, database_url=url, games=True) as chat:
        for name in PEOPLE:
            viewer = await chat.viewer(name, points=START)
            async with chat.services.database.write() as session:
                await ledger.post(session, [ledger.Entry(viewer.id, EARNED, "chat", chat.clock.now())])


async def is_right(database: Database, *, since: int, is_over: bool) -> int:
    """All that must hold, at any moment; ``is_over`` when all messages were worked and time has passed.

    Looks at the giveaways after ``since``, and returns the id of the last one.
    """
    assert await findings(database) == []
    columns = "id, kind, state, cost, most, promise, round, pot"
    every = await rows(database, f"SELECT {columns} FROM cog_giveaways_giveaway WHERE id > {since} ORDER BY id")
    assert all(sum(g[1] == kind and g[2] in ("open", "closed") for g in every) <= 1 for kind in ("giveaway", "raffle"))
    for number, kind, state, cost, most, promise, round_id, pot in every:
        tickets = await rows(database, f"SELECT tickets FROM cog_giveaways_entry WHERE giveaway = {number}")
        assert all(0 < has <= most for (has,) in tickets)
        moved = await ledger_of(database, round_id)
        assert moved["giveaway"] == -cost * sum(has for (has,) in tickets)
        assert moved["giveaway:back"] == (-moved["giveaway"] if state == "cancelled" else 0)
        assert state in ("open", "closed") or not round_id or not await is_open(database, round_id)
        won = await winners(database, number)
        assert len(set(won)) == len(won)
        assert moved["raffle:won"] == (pot // len(won) * len(won) if kind == "raffle" and won else 0)
        await is_fair(database, promise, won)
        assert not is_over or kind == "giveaway" or state == "drawn"
    if is_over:
        assert await rows(database, "SELECT name FROM stored_calls") == []
        assert await rows(database, "SELECT 1 FROM cog_giveaways_winner WHERE answer = 'awaited'") == []
    return every[-1][0] if every else since


async def ledger_of(database: Database, round_id: int) -> Counter[str]:
    found = await rows(
        database,
        f"SELECT reason, SUM(amount) FROM transactions WHERE round_id = {round_id} AND round_id <> 0 GROUP BY reason",
    )
    return Counter({reason: int(amount) for reason, amount in found})


async def is_open(database: Database, round_id: int) -> bool:
    return bool(await rows(database, f"SELECT 1 FROM rounds WHERE id = {round_id} AND state = 'open'"))


async def winners(database: Database, giveaway: int) -> list[str]:
    found = await rows(
        database,
        "SELECT u.name FROM cog_giveaways_winner w JOIN users u ON u.id = w.viewer "
        f"WHERE w.giveaway = {giveaway} ORDER BY w.place",
    )
    return [name for (name,) in found]


async def is_fair(database: Database, promise_id: int, won: Sequence[str]) -> None:
    """The promised seed drew these, one after the other, and each draw can be done again."""
    promise = await stored_promise(database, promise_id)
    assert promise is not None
    assert hash_of(promise.seed) == promise.seed_hash
    assert [draw.choice for draw in promise.draws] == list(won)
    assert [draw.seed for draw in promise.draws] == [f"{promise.seed}-{place}" for place in range(1, len(won) + 1)]
    assert all(draw.is_right for draw in promise.draws)


@pytest.mark.sqlite
@pytest.mark.parametrize("seed", range(rounds(1)))
async def test_killed_at_any_commit_and_told_everything_again(tmp_path: Path, seed: int) -> None:
    url = url_of(tmp_path / "pixel.db")
    await prepare(url, tmp_path)
    rng, killed, now, last = random.Random(FIRST + seed), 0, 0, 0
    database = Database(url)
    try:
        for number in range(ROUNDS):
            steps = program(rng, f"r{number}")
            settings = {"giveaways_redraws": rng.choice([0, 1])}
            nth, at = rng.randrange(1, COMMITS), rng.choice(["before", "after"])
            order: dict[str, Any] = {"steps": steps, "settings": settings}
            killed += await live(url, tmp_path, order | {"at": at, "nth": nth, "minutes": 0, "from": now}) != 0
            await is_right(database, since=last, is_over=False)
            assert await live(url, tmp_path, order | {"at": "", "nth": 0, "minutes": 9, "from": now + LATER}) == 0
            last = await is_right(database, since=last, is_over=True)
            now += 3 * LATER
        ((drawn,),) = await rows(database, "SELECT COUNT(*) FROM cog_giveaways_winner")
        assert seed or (killed and drawn)  # of others it may be that nobody dies, or wins
    finally:
        await database.close()


async def test_two_processes_on_a_server_hear_the_same_chat(databases: Databases, tmp_path: Path) -> None:
    url = databases.of(tmp_path, "shared")
    await prepare(url, tmp_path)
    database = Database(url)
    rng = random.Random(35)  # with tickets that cost, and a raffle
    try:
        for number in range(rounds(1)):
            steps = program(rng, f"r{number}")
            order: dict[str, Any] = {
                "steps": steps,
                "settings": {},
                "at": "",
                "nth": 0,
                "minutes": 0,
                "from": number * 4_000,
            }
            codes = await asyncio.gather(*(live(url, tmp_path, order) for _ in range(2)))
            assert codes == [0, 0]
            await is_right(database, since=0, is_over=False)
        kinds = await rows(
            database, "SELECT DISTINCT kind FROM cog_giveaways_entry JOIN cog_giveaways_giveaway ON id = giveaway"
        )
        assert {kind for (kind,) in kinds} == {"giveaway", "raffle"}
        assert await rows(database, "SELECT COUNT(*) > 2 FROM transactions WHERE reason = 'giveaway'") == [(True,)]
    finally:
        await database.close()
        databases.drop_all()
