"""The bot of a soak: as a streamer starts it, in a process of its own, with a page of its overlay."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUsers

KEY = "soak-overlay-key"
READY_SECONDS = 120.0
END_SECONDS = 60.0
FAILS = 0.02
"""The share of effects that the page cannot play."""

GAUGE = '''
"""Says how many tasks there are."""

import asyncio

from pixel_bot.plugin import Cog, Context, PixelBot, command, mods_only


class Gauge(Cog):
    @command()
    @mods_only()
    async def gauge(self, ctx: Context) -> None:
        """How many tasks are under way."""
        await ctx.reply(f"tasks {len(asyncio.all_tasks())}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Gauge(bot))
'''


class SoakBot:
    """One bot after another over the same folder.

    Args:
        folder: where its data, its cog and its log are.
        world: who may sign in, and the application.
        double: where the double of Twitch is, like ``127.0.0.1:1234/twitch``.
    """

    def __init__(self, folder: Path, world: SandboxUsers, double: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.starts = 0
        self._process: Process | None = None
        cogs = folder / "cogs"
        cogs.mkdir()
        (cogs / "gauge.py").write_text(GAUGE, encoding="utf-8")
        mine: dict[str, object] = {
            "TWITCH_CLIENT_ID": world.client_id,
            "TWITCH_CLIENT_SECRET": world.client_secret,
            "TWITCH_BOT_ID": BOT.id,
            "TWITCH_OWNER_ID": STREAMER.id,
            "TWITCH_HELIX_URL": f"http://{double}/helix/",
            "TWITCH_ID_URL": f"http://{double}/",
            "TWITCH_EVENTSUB_URL": f"ws://{double}/ws",
            "WEB_PORT": self.port,
            "DATA_DIR": folder,
            "COGS_DIR": cogs,
            "OVERLAY_KEY": KEY,
            "POINTS_START_AMOUNT": 200,
            "POINTS_WATCH_MINUTES": 5,
            "PYTHONUTF8": 1,
        }
        self.environment = os.environ | {name: str(value) for name, value in mine.items()}

    @property
    def log(self) -> Path:
        """What all of them wrote."""
        return self.folder / "bot.log"

    @property
    def is_running(self) -> bool:
        """True until it ended, by itself or not."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start one, and return when it listens."""
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pixel_bot", cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        async with aiohttp.ClientSession() as http:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers(http):
                    await asyncio.sleep(0.1)
                if self.starts == 1:
                    await self._enter(http)
                    for account, who in (("bot", BOT.login), ("broadcaster", STREAMER.login)):
                        await self._sign_in(http, account, who)
                while not await self.is_well(http):
                    await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def end(self) -> int:
        """Let it end in order. Returns its exit code; -9 where it had to be killed."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            await self.kill()
            return -signal.SIGKILL

    async def is_well(self, http: aiohttp.ClientSession) -> bool:
        """True when it says of itself that all is well."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with http.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return answer.status == 200
        return False

    def memory(self) -> float:
        """MB (millions of bytes) that it has in RAM."""
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024 / 1e6

    def open_files(self) -> int:
        """How many files and sockets it has open."""
        assert self._process is not None
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def processor_seconds(self) -> float:
        """Processor time that it has used so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def check(self) -> tuple[int, str]:
        """``db check``: the exit code, and what it says."""
        command = (sys.executable, "-m", "pixel_bot", "db", "check")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode(errors="replace").strip()

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        if not self.is_running:
            raise RuntimeError(f"The bot ended while it started; see {self.log}.")
        with suppress(aiohttp.ClientError):
            async with http.get(f"http://127.0.0.1:{self.port}/healthz"):
                return True
        return False

    async def _enter(self, http: aiohttp.ClientSession) -> None:
        """Follow the link that it printed, as the streamer's browser does."""
        while not (links := re.findall(r"^Open: (\S+)", self.log.read_text(encoding="utf-8"), re.MULTILINE)):
            await asyncio.sleep(0.1)
        async with http.get(links[-1]) as answer:
            if answer.status != 200:
                raise RuntimeError(f"The link does not sign in: {answer.status}.")

    async def _sign_in(self, http: aiohttp.ClientSession, account: str, login: str) -> None:
        url = f"http://localhost:{self.port}/oauth?account={account}"
        async with http.get(url, allow_redirects=False) as answer:
            there = answer.headers["Location"]
        async with http.get(f"{there}&login={login}", allow_redirects=False) as answer:
            back = answer.headers["Location"]
        async with http.get(back) as answer:
            if answer.status != 200:
                raise RuntimeError(f"The {account} account could not sign in: {answer.status}.")


class SoakPage:
    """An overlay page that is always open, as far as the bot is there."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self.played: dict[str, str] = {}
        """How each effect ended, by what the overlay knows it by."""
        self.alerts = 0
        self.repeats = 0
        """How many effects were asked for again after they had ended; a page acknowledges those again."""
        self._url = f"ws://127.0.0.1:{port}/overlay/ws?key={KEY}"
        self._chance = chance

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                async with connect(self._url) as socket:
                    hello = {"do": "hello", "page": "soak", "obs": True, "visible": True, "sound": "on"}
                    await socket.send(json.dumps(hello))
                    async for raw in socket:
                        await self._take(socket, json.loads(raw))
            await asyncio.sleep(0.5)

    async def _take(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        if message["type"] == "alert":
            self.alerts += 1
        elif message["type"] == "play":
            await self._play(socket, message["id"])

    async def _play(self, socket: ClientConnection, effect: str) -> None:
        if effect in self.played:
            self.repeats += 1
        else:
            await _ack(socket, effect, "started", seconds=0.1)
            await asyncio.sleep(self._chance.uniform(0.02, 0.3))
            self.played[effect] = "failed" if self._chance.random() < FAILS else "finished"
        await _ack(socket, effect, self.played[effect])


async def _ack(socket: ClientConnection, effect: str, state: str, **more: object) -> None:
    await socket.send(json.dumps({"do": "ack", "id": effect, "state": state, **more}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def now() -> float:
    """Seconds, from whenever."""
    return time.monotonic()
