"""A bot that is killed on the way of a redeem: what was paid is played once, or given back once and told."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.routing import Mount
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, SandboxUsers, sandbox_user
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from pixel_bot.web.server import WebServer
from tests.harness.ai_double import Turn, ai_double
from tests.harness.obs_double import PASSWORD, obs_double
from tests.harness.page_model import Message, Page
from tests.harness.seed import query
from tests.harness.waiting import until
from tests.run.test_processes import end, line_from, start

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
    pytest.mark.asyncio(loop_scope="module"),
]

KEY = "overlay-key"
START = 1_000
FANS = 40
PRIZE = 70

MORTAL = '''
"""For each line of JSON, forks a bot with its overlay that may kill itself at a point, and tells how it ended."""

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from sqlalchemy import event

import pixel_bot.bot.bot
import pixel_bot.queue.dispatcher
from pixel_bot.backends.tts.speech import Speech
from pixel_bot.clock import Clock
from pixel_bot.queue.limits import Limits
from pixel_bot.overlay import overlay as bus
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import guest, settings_in
from pixel_bot.overlay.server import OverlayPages
from pixel_bot.web.server import WebServer


class Voice:
    async def speak(self, text, voice=""):
        return Speech(b"RIFF", 1.0)

    async def close(self):
        pass


bus.RETURN_SECONDS = 1.0
pixel_bot.queue.dispatcher.Limits = lambda: Limits(margin=5.0, wheel=2.5, overlay=20.0, grace=1.0)
build = pixel_bot.bot.bot.build_backends
pixel_bot.bot.bot.build_backends = lambda *args: replace(build(*args), speech=Voice())


def countdown(number):
    left = number

    def step(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def after(owner, name, step, fits):
    """The method kills, after it returned, when its arguments fit."""
    real = getattr(owner, name)

    async def then_die(*args, **kwargs):
        found = await real(*args, **kwargs)
        if fits(*args):
            step()
        return found

    setattr(owner, name, then_die)


def arm(bot, database, point, number):
    step = countdown(number)
    if point == "before-commit":
        event.listen(database.engine.sync_engine, "commit", step)
    elif point == "after-commit":
        database.committed.add(step)
    elif point == "after-play":
        after(bot.overlay, "tell", step, lambda screen, message: message["type"] == "play")
    elif point == "after-answer":
        after(bot.outbox, "put", step, lambda message: message.paid)
    elif point == "after-finish":
        real = bot.overlay.ack

        def ack(token, said, screen):
            if said.state == "finished":
                step()
            real(token, said, screen)

        bot.overlay.ack = ack


async def live(order):
    settings = settings_in(Path(order["folder"]), **order["settings"])
    async with AsyncExitStack() as stack:
        web = WebServer("127.0.0.1", settings.web_port)
        stack.push_async_callback(web.stop)
        services = await stack.enter_async_context(opened(settings, "sandbox", Clock()))
        show = await stack.enter_async_context(guest(services, order["base"], tuple(order["app"]), order["accounts"]))
        bot = show.bot
        pages = OverlayPages(services.overlay, services.sounds)
        stack.push_async_callback(pages.close)
        await web.start(pages.routes(), [])
        begin = bot.jobs.start

        async def begin_armed():
            arm(bot, services.database, order["point"], order["number"])
            await begin()

        bot.jobs.start = begin_armed
        await show.begin()
        await show.platform.eventsub.ready()
        print("ready", os.getpid(), flush=True)
        await asyncio.Event().wait()


import pixel_bot.db.schema  # noqa: E402 - all that a bot needs is imported before the first fork
import simpleobsws  # noqa: E402, F401
from pixel_bot.plugin import Cog  # noqa: E402, F401

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        asyncio.run(live(json.loads(line)))
    _, status = os.waitpid(child, 0)
    print("ended", os.waitstatus_to_exitcode(status), flush=True)
'''


class FarPage(Page):
    """A page on a real websocket. It comes back by itself, and remembers over the bot's restarts."""

    def __init__(self, port: int, name: str = "far", *, by_itself: bool = True) -> None:
        super().__init__(self._to_bot, by_itself=by_itself)
        self._url = f"ws://127.0.0.1:{port}/overlay/ws?key={KEY}"
        self._name = name
        self._out: asyncio.Queue[Message] | None = None
        self.may_connect = asyncio.Event()
        self.may_connect.set()
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.may_connect.wait()
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                async with connect(self._url) as socket:
                    await self._talk(socket)
            self._out = None
            self.connected.clear()
            await asyncio.sleep(0.02)

    async def _talk(self, socket: ClientConnection) -> None:
        hello = {"do": "hello", "page": self._name, "obs": False, "visible": True, "sound": "on"}
        await socket.send(json.dumps(hello))
        self._out = asyncio.Queue()
        self.greeted()
        speaker = asyncio.create_task(self._speak(socket, self._out))
        try:
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "hello":
                    self.connected.set()
                self.hear(message)
        finally:
            speaker.cancel()
            await asyncio.gather(speaker, return_exceptions=True)

    async def _speak(self, socket: ClientConnection, out: asyncio.Queue[Message]) -> None:
        while True:
            await socket.send(json.dumps(await out.get()))

    def _to_bot(self, ack: Message) -> bool:
        if self._out is None:
            return False
        self._out.put_nowait(ack)
        return True


class Harness:
    """Twitch's double, an overlay page, and bots in another process that come and go."""

    def __init__(self, mortal: Process, folder: Path, twitch: TwitchDouble, base: str, port: int) -> None:
        self._mortal = mortal
        self._base = base
        self._bots = 0
        self.folder = folder
        self.port = port
        self.twitch = twitch
        self.page = FarPage(port)
        self.settings: dict[str, Any] = {}
        self.lines: list[SandboxMessage] = []
        self.pid = 0
        world = twitch.users
        self._app = (world.client_id, world.client_secret)
        residents = {"bot": BOT, "broadcaster": STREAMER}
        self._accounts = {role: (who.id, who.login, *world.grant(who.id)) for role, who in residents.items()}
        twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.login == BOT.login:
            self.lines.append(line)

    async def starts(self, point: str = "never", number: int = 0) -> bool:
        """A bot starts, to die when it passes a point so often. Returns False when it died before it was ready."""
        order = {
            "folder": str(self.folder),
            "base": self._base,
            "app": self._app,
            "accounts": self._accounts,
            "settings": {"web_port": self.port, "overlay_key": KEY, **self.settings},
            "point": point,
            "number": number,
        }
        assert self._mortal.stdin is not None
        self._mortal.stdin.write(json.dumps(order).encode() + b"\n")
        word, figure = (await line_from(self._mortal)).split()
        self.pid = int(figure) if word == "ready" else 0
        assert word == "ready" or int(figure) == -signal.SIGKILL
        return word == "ready"

    async def dies(self) -> None:
        """Wait until the bot has killed itself."""
        assert await line_from(self._mortal) == f"ended {-signal.SIGKILL}"
        self.pid = 0

    async def kill(self) -> None:
        """Kill the bot now."""
        os.kill(self.pid, signal.SIGKILL)
        await self.dies()

    async def say(self, login: str, words: str, role: Role = "viewer") -> str:
        """Somebody writes. Returns the message's id."""
        who = STREAMER if role == "broadcaster" else sandbox_user(login, role)
        return (await self.twitch.say(who, words)).id

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return query(self.folder / "sandbox.db", sql)

    async def becomes(self, sql: str, value: object) -> None:
        """Wait until the database, which another process writes, says so."""
        await until(lambda: self.rows(sql)[0][0] == value)

    async def playing(self, login: str, words: str) -> str:
        """A redeem that the page has begun, durably. Returns its id."""
        await self.say(login, words)
        await until(lambda: bool(self.page.asked))
        token = self.page.asked[0]["id"]
        self.page.begin(token)
        column = "begun_at" if words == "!spin" else "page"
        await self.becomes(f"SELECT COUNT(*) FROM queue_items WHERE {column} IS NOT NULL", 1)
        return token

    async def settles(self) -> None:
        """Wait until all items have ended, and chat was told."""
        unfinished = "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running') OR NOT told"
        await self.becomes(unfinished, 0)

    def told(self, *parts: str) -> int:
        """How many lines of the bot hold all of these."""
        return sum(all(part in line.text for part in parts) for line in self.lines)

    async def is_right(self) -> None:
        """The books balance, and every item has either its effect or its points, told to its buyer."""
        async with opened(settings_in(self.folder), "sandbox", Clock()) as services, services.database.readers() as one:
            assert await check(one, services.levels.curve.level_of) == []
        for name, balance, expected in self.rows(BALANCES):
            assert balance == expected, name
        assert self.rows(MISMATCHES) == []
        for token, kind, redeem, status, message_id, name in self.rows(ENDED):
            ended = self.page.ended[token]
            if kind in {"tts", "wheel"} or redeem == "sound":
                assert ended == (1 if status == "done" else 0), (redeem, status, ended)
            elif redeem == "pixel" and status == "done":
                answers = [x for x in self.lines if x.reply_id == message_id and "Let me think" not in x.text]
                assert len(answers) == 1, answers
            if status == "failed":
                assert self.told(name, redeem) >= 1, (name, redeem, [x.text for x in self.lines])


BALANCES = f"""
    SELECT u.name, u.points,
           {START} - (SELECT COALESCE(SUM(i.cost), 0) FROM queue_items i
                      WHERE i.user_id = u.id AND i.refunded_at IS NULL)
                   + (SELECT COUNT(*) * {PRIZE} FROM draws d WHERE d.user_id = u.id AND d.landed_at IS NOT NULL)
    FROM users u WHERE u.name LIKE 'fan%'
"""
MISMATCHES = """
    SELECT i.id, i.status FROM queue_items i LEFT JOIN draws d ON d.id = json_extract(i.payload_json, '$.draw')
    WHERE (i.status = 'failed') <> (i.refunded_at IS NOT NULL)
       OR (i.kind = 'wheel' AND i.status = 'done' AND d.landed_at IS NULL)
       OR (i.kind = 'wheel' AND i.status = 'failed' AND d.cancelled_at IS NULL)
       OR (d.landed_at IS NOT NULL AND d.cancelled_at IS NOT NULL)
    UNION ALL
    SELECT u.id, t.reason FROM users u JOIN transactions t ON t.user_id = u.id
    WHERE u.name LIKE 'fan%' AND t.reason LIKE 're%:%' GROUP BY u.id, t.reason HAVING COUNT(*) > 1
"""
ENDED = """
    SELECT i.token, i.kind, i.redeem, i.status, i.message_id, u.name
    FROM queue_items i JOIN users u ON u.id = i.user_id
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Process]:
    """The process that starts bots, and ends with the module."""
    script = tmp_path_factory.mktemp("mortal") / "mortal.py"
    script.write_text(MORTAL, encoding="utf-8")
    process = await start(script)
    try:
        yield process
    finally:
        await end(process)


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path, mortal: Process) -> AsyncGenerator[Harness]:
    """A place for bots, with fans who have points, and a page that looks for the bot."""
    twitch = TwitchDouble(SandboxUsers())
    web = WebServer("127.0.0.1", 0)
    await web.start([Mount(SANDBOX, routes=Endpoints(twitch).routes())], [])
    prizes = [{"name": "Win", "weight": 1, "grant_points": PRIZE}]
    (tmp_path / "prizes.json").write_text(json.dumps(prizes), encoding="utf-8")
    await fund(tmp_path)
    built = Harness(mortal, tmp_path, twitch, f"{web.address}{SANDBOX}", await free_port())
    looking = asyncio.create_task(built.page.run())
    try:
        yield built
    finally:
        if built.pid:
            await built.kill()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await web.stop()


async def fund(folder: Path) -> None:
    async with opened(settings_in(folder), "sandbox", Clock()) as services:
        streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
        fans = [
            await services.viewers.meet(Person(sandbox_user(f"fan{n}").id, f"fan{n}", f"fan{n}")) for n in range(FANS)
        ]
        await services.economy.add_all(streamer, [fan.id for fan in fans], START)


async def free_port() -> int:
    web = WebServer("127.0.0.1", 0)
    await web.stop()
    return web.port


REDEEMS = ("!tts hello", "!spin", "!sound ding", "!pixel why?")


async def all_die(house: Harness, points: Sequence[str], numbers: Iterable[int], words: Sequence[str]) -> int:
    """A bot for each point and number, each with a fan of its own who redeems. Returns how many fans that took."""
    fans = 0
    for number in numbers:
        for point in points:
            if await house.starts(point, number):
                for line in words:
                    await house.say(f"fan{fans}", line)
                await house.dies()
                fans += 1
    await house.starts()
    await house.settles()
    return fans


COMMITS = ("before-commit", "after-commit")


async def test_killed_before_and_after_every_commit_on_the_way(house: Harness) -> None:
    """Each bot dies one commit later than the one before it; the first commits are those of the recovery."""
    assert await all_die(house, COMMITS, range(1, 14), REDEEMS) >= 10
    await house.is_right()
    assert house.rows("SELECT COUNT(DISTINCT redeem) FROM queue_items") == [(4,)]


async def test_killed_before_and_after_every_commit_of_a_failure(house: Harness) -> None:
    """The points go back once, and the buyer hears of it, whichever commit was the last."""
    house.page.trouble = "load"
    await all_die(house, COMMITS, range(2, 9), ("!tts hello", "!sound ding"))
    assert set(house.rows("SELECT status FROM queue_items")) == {("failed",)}
    await house.is_right()


async def test_killed_between_what_the_page_and_chat_hear_and_its_commit(house: Harness) -> None:
    await all_die(house, ("after-play", "after-finish", "after-answer"), (1, 2, 3), REDEEMS)
    await house.is_right()


@pytest.mark.parametrize("ends", ["while it is dead", "after the restart"])
@pytest.mark.parametrize("words", ["!tts a long story", "!sound fanfare", "!spin"])
async def test_killed_while_the_page_plays(house: Harness, words: str, ends: str) -> None:
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", words)
    await house.kill()
    if ends == "while it is dead":
        house.page.end(token)
    await house.starts()
    if ends == "after the restart":
        await until(lambda: len(house.page.asked) == 2)
        house.page.end(token)
    await house.settles()
    assert house.rows("SELECT status, token FROM queue_items") == [("done", token)]
    await house.is_right()


async def test_killed_again_and_again_while_the_page_plays(house: Harness) -> None:
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", "!tts a very long story")
    for number in range(4):
        await house.kill()
        await house.starts()
        await until(lambda number=number: len(house.page.asked) == number + 2)
    house.page.end(token)
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    await house.is_right()


async def test_killed_in_mid_spin_and_the_page_is_gone(house: Harness) -> None:
    """Nobody saw it land, but it had begun: the prize counts, is told, and the price stays."""
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", "!spin")
    house.page.may_connect.clear()
    await house.kill()
    await house.starts()
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    assert house.rows("SELECT points FROM users WHERE name = 'fan1'") == [(START - 100 + PRIZE,)]
    assert house.told("fan1 won Win!") == 1
    house.page.may_connect.set()
    await house.page.connected.wait()
    house.page.end(token)
    await house.is_right()


async def test_killed_while_an_item_waits_for_a_page(house: Harness) -> None:
    """The page never comes: after the restart the wait ends with the points back, and with a word."""
    house.page.may_connect.clear()
    await house.starts()
    await until(lambda: not house.page.connected.is_set())
    await house.say("fan1", "!sound ding")
    await house.becomes("SELECT COUNT(*) FROM queue_items", 1)
    await house.kill()
    house.page.may_connect.set()
    await house.starts()
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    await house.is_right()


async def test_two_pages_after_a_kill_between_play_and_note(house: Harness) -> None:
    """The page that was told plays it; after the restart the other one, which is back first, must not."""
    other = FarPage(house.port, "other")
    other.may_connect.clear()
    looking = asyncio.create_task(other.run())
    try:
        await house.starts("after-play", 1)
        await house.page.connected.wait()
        other.may_connect.set()
        await other.connected.wait()
        house.page.may_connect.clear()
        await house.say("fan1", "!tts hello")
        await house.dies()
        await until(lambda: not house.page.connected.is_set() and not other.connected.is_set())
        told, untold = (house.page, other) if house.page.asked else (other, house.page)
        assert sum(told.ended.values()) == 1
        told.may_connect.clear()
        untold.may_connect.set()
        ((before,),) = house.rows("SELECT started_at FROM queue_items")
        await house.starts()
        await house.becomes(f"SELECT started_at > '{before}' FROM queue_items", 1)
        told.may_connect.set()
        await house.settles()
        assert sum((told.ended + untold.ended).values()) == 1
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


# Work on the server


async def test_killed_while_the_ai_thinks(house: Harness) -> None:
    """Nothing was said yet, so it is asked again, and answers once."""
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn(hangs=True), Turn("Because."))
        await house.starts()
        message = await house.say("fan1", "!pixel why?")
        await until(lambda: len(ai.heard) == 1)
        await house.kill()
        await house.starts()
        await house.settles()
        assert [x.reply_id for x in house.lines if x.text.startswith("Because")] == [message]
        assert house.rows("SELECT status FROM queue_items") == [("done",)]
        assert len(ai.heard) == 2
        await house.is_right()


async def test_killed_again_and_again_while_the_ai_thinks(house: Harness) -> None:
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn(hangs=True))
        await house.starts()
        await house.say("fan1", "!pixel why?")
        for number in range(3):
            await until(lambda number=number: len(ai.heard) == number + 1)
            await house.kill()
            await house.starts()
        await house.settles()
        assert house.rows("SELECT status FROM queue_items") == [("failed",)]
        assert house.told("@fan1", "pixel", "50 points are back") == 1
        await house.is_right()


async def test_killed_when_the_answer_is_in_chat(house: Harness) -> None:
    """Said, but not committed: no second answer; here alone effect and refund may meet."""
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn("Because."))
        await house.starts("after-answer", 2)
        await house.say("fan1", "!pixel why?")
        await house.dies()
        assert house.rows("SELECT status, begun_at IS NOT NULL FROM queue_items") == [("running", 1)]
        await house.starts()
        await house.settles()
        assert house.told("Because.") == 1
        assert house.told("@fan1", "pixel", "50 points are back") == 1
        await house.is_right()


async def test_killed_while_a_clip_is_saved(house: Harness, tmp_path: Path) -> None:
    """Whether OBS wrote it nobody knows: it is given back, and not saved twice."""
    clips = tmp_path / "clips"
    clips.mkdir()
    async with obs_double(clips) as obs:
        obs.reports = False
        house.settings = {"obs_port": obs.port, "obs_password": PASSWORD}
        await house.starts()
        await house.say("", "!redeem cost clip 10", "broadcaster")
        await house.becomes("SELECT cost FROM redeems WHERE key = 'clip'", 10)
        await house.say("fan1", "!clip")
        await obs.heard("SaveReplayBuffer")
        await house.kill()
        await house.starts()
        await house.settles()
        assert obs.asked.count("SaveReplayBuffer") == 1
        assert house.rows("SELECT status FROM queue_items") == [("failed",)]
        assert house.told("@fan1", "clip", "10 points are back") == 1
        await house.is_right()
