"""A bot in a process that is killed, its page, and what must hold afterwards."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, sandbox_user
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from tests.harness.process import line_from
from tests.harness.seed import query
from tests.harness.waiting import until
from tests.redeems.mortal_program import FANS, KEY, PRIZE, START
from tests.redeems.page_model import Message, Page


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

    async def dies_or_is_done(self, fan: str, items: int) -> None:
        """The same; a bot is killed that has announced all items of a fan, and so never gets to its point.

        How many commits that takes depends on how many results are announced in one message.
        """
        announced = f"SELECT COUNT(*) FROM queue_items i JOIN users u ON u.id = i.user_id WHERE u.name = '{fan}'"
        death = asyncio.create_task(self.dies())
        while not (await asyncio.wait([death], timeout=0.1))[0]:
            if self.rows(f"{announced} AND told AND status IN ('done', 'failed')") >= [(items,)]:
                # It may have died by its own number of commits at this very moment.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                break
        await death

    async def kill(self) -> None:
        """Kill the bot now; one that has died already is only buried."""
        with contextlib.suppress(ProcessLookupError):
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
    SELECT i.id, i.status FROM queue_items i LEFT JOIN draws d ON d.id = json_extract(i.payload_json, '$.kept.draw')
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


async def fund(folder: Path) -> None:
    async with opened(settings_in(folder), "sandbox", Clock()) as services:
        streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
        fans = [
            await services.viewers.meet(Person(sandbox_user(f"fan{n}").id, f"fan{n}", f"fan{n}")) for n in range(FANS)
        ]
        await services.economy.add_all(streamer, [fan.id for fan in fans], START)
