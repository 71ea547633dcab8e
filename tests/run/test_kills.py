"""A bot that dies at the worst moments."""

import asyncio
import os
import random
import re
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.routing import Mount

from pixel_bot.clock import Clock
from pixel_bot.run.running_bot import opened
from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, SandboxUsers, sandbox_user
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from pixel_bot.web.server import WebServer
from tests.harness.process import SECONDS, end, line_from, start, tell
from tests.harness.rounds import rounds
from tests.run.funds import fund

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
]

MORTAL = '''
"""For each line "POINT NUMBER", forks a bot that kills itself at that point, and tells how it ended."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import event

from pixel_bot.clock import Clock
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import guest, settings_in

folder, base, client, secret, *rest = sys.argv[1:]
accounts = {"bot": rest[:4], "broadcaster": rest[4:]}


def countdown(number):
    left = number

    def step(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def arm(bot, database, point, number):
    step = countdown(number)
    if point == "before-commit":
        event.listen(database.engine.sync_engine, "commit", step)
    elif point == "after-commit":
        database.committed.add(step)
    elif point == "after-answer":
        put = bot.outbox.put

        async def put_and_die(message):
            sent = await put(message)
            step()
            return sent

        bot.outbox.put = put_and_die


async def live(point, number):
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(opened(settings_in(Path(folder)), "sandbox", Clock()))
        show = await stack.enter_async_context(guest(services, base, (client, secret), accounts))
        await show.begin()
        await show.platform.eventsub.ready()
        arm(show.bot, services.database, point, number)
        print("ready", flush=True)
        await asyncio.Event().wait()


import pixel_bot.db.schema  # noqa: E402 - all that a bot needs is imported before the first fork
from pixel_bot.plugin import Cog  # noqa: E402, F401

for line in sys.stdin:
    point, number = line.split()
    child = os.fork()
    if child == 0:
        asyncio.run(live(point, int(number)))
    _, status = os.waitpid(child, 0)
    print("ended", os.waitstatus_to_exitcode(status), flush=True)
'''


class Twin:
    """The double of Twitch in this process, and what the bot, in another one, said to it."""

    def __init__(self, twitch: TwitchDouble, web: WebServer) -> None:
        self.twitch = twitch
        self.web = web
        self.answers: dict[str, str] = {}
        self.news = asyncio.Event()
        self.commands = 0
        twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.login == BOT.login and line.reply_id is not None:
            self.answers[line.reply_id] = line.text
            self.news.set()

    async def ask(self, login: str, words: str, role: Role = "viewer") -> str:
        """A command. Returns its message id."""
        who = STREAMER if role == "broadcaster" else sandbox_user(login, role)
        return (await self.twitch.say(who, words)).id

    async def answer(self, message_id: str) -> str:
        async with asyncio.timeout(SECONDS):
            while message_id not in self.answers:
                self.news.clear()
                await self.news.wait()
        return self.answers[message_id]


@pytest.fixture
async def duplicate() -> AsyncGenerator[Twin]:
    twitch = TwitchDouble(SandboxUsers())
    web = WebServer("127.0.0.1", 0)
    await web.start([Mount(SANDBOX, routes=Endpoints(twitch).routes())], [])
    try:
        yield Twin(twitch, web)
    finally:
        await web.stop()


@asynccontextmanager
async def mortals(folder: Path, duplicate: Twin) -> AsyncGenerator[Process]:
    """The process that starts bots, and ends with the test."""
    script = folder / "mortal.py"
    script.write_text(MORTAL)
    world = duplicate.twitch.users
    accounts = [part for who in (BOT, STREAMER) for part in (who.id, who.login, *world.grant(who.id))]
    base = f"{duplicate.web.address}{SANDBOX}"
    process = await start(script, str(folder), base, world.client_id, world.client_secret, *accounts)
    try:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(SECONDS):
            await process.wait()
    finally:
        await end(process)


async def send_commands(duplicate: Twin, count: int) -> None:
    """Commands of which each moves another amount, so that an answer can be told from every other."""
    for _ in range(count):
        duplicate.commands += 1
        if duplicate.commands % 3:
            await duplicate.ask("alice", f"!give @bob {duplicate.commands}")
        else:
            await duplicate.ask("", f"!points add @bob {duplicate.commands}", "broadcaster")


async def verify(folder: Path, duplicate: Twin) -> int:
    """The ledger is right, and nothing was answered that does not stand in it. Returns how many commands do."""
    async with opened(settings_in(folder), "sandbox", Clock()) as services, services.database.readers() as session:
        assert await check(session, services.levels.curve.level_of) == []
        result = await session.execute(
            text(
                "SELECT t.amount, t.reason, t.balance_after FROM transactions t JOIN users u ON u.id = t.user_id "
                "WHERE u.name = 'bob'"
            )
        )
        rows = [(amount, reason, after) for amount, reason, after in result]
    assert len(rows) == len({amount for amount, _, _ in rows}), "a command was obeyed twice"
    for answer in duplicate.answers.values():
        if given := re.fullmatch(r"You gave bob ([\d,]+) points?\. You have [\d,]+ left, bob has ([\d,]+)\.", answer):
            reason = "give"
        elif given := re.fullmatch(r"Added ([\d,]+) points?: bob has ([\d,]+)\.", answer):
            reason = "mod:add"
        else:
            raise AssertionError(answer)
        amount, after = (int(number.replace(",", "")) for number in given.groups())
        assert (amount, reason, after) in rows
    return len(rows)


KILLS = ("before-commit", "after-commit", "after-answer")


async def test_a_bot_that_dies_at_the_worst_moments_stays_right(tmp_path: Path, duplicate: Twin) -> None:
    await fund(tmp_path, 1_000_000)
    dice = random.Random(20)
    points = [*KILLS] * rounds(2)
    rows = 0
    async with mortals(tmp_path, duplicate) as process:
        for point in points:
            number = dice.randint(1, 4)
            answered = len(duplicate.answers)
            tell(process, f"{point} {number}")
            assert await line_from(process) == "ready"
            await send_commands(duplicate, number + 2)
            assert await line_from(process) == f"ended {-signal.SIGKILL}"
            written = await verify(tmp_path, duplicate) - rows
            rows += written
            if point == "before-commit":
                assert written == number - 1
            else:
                assert written >= number
            if point == "after-answer":
                assert len(duplicate.answers) - answered >= number

        tell(process, "after-answer 2")
        assert await line_from(process) == "ready"
        given = await duplicate.answer(await duplicate.ask("alice", f"!give @bob {duplicate.commands + 1}"))
        assert given.startswith("You gave bob")
        added = await duplicate.answer(
            await duplicate.ask("", f"!points add @bob {duplicate.commands + 2}", "broadcaster")
        )
        assert added.startswith("Added")
        assert await line_from(process) == f"ended {-signal.SIGKILL}"
        await verify(tmp_path, duplicate)
    assert len(duplicate.answers) >= 4
