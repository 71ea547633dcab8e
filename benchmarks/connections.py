"""Thousands of connections that do nothing, against a bot with few descriptors: does it answer, and stay on Twitch?

The double of Twitch lives here; the bot is ``python -m pixel_bot``, a process of its own, and so are the idle clients.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from _report import percentile, table
from _soak.bot import SoakBot
from _soak.faults import CountingTwitch, Target

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import SandboxUser, SandboxUsers, sandbox_user

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.web.connections.flood import descriptors

ANSWER_SECONDS = 2.0
MOST_LOG = 100_000
FLOOD = Path(__file__).parent.parent / "tests" / "web" / "connections" / "flood.py"


@dataclass
class Run:
    """One run, and its figures."""

    folder: Path
    clients: int
    limit: int
    seconds: float
    http: list[float] = field(default_factory=list[float])
    chat: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])
    connects: int = 0
    files: int = 0
    log: int = 0
    worked: float = 0.0

    def __post_init__(self) -> None:
        self.twitch = CountingTwitch(SandboxUsers())
        self.place = Target(self.twitch)
        self.bot = SoakBot(self.folder, self.twitch.users, self.place.address)
        self._answered: dict[str, asyncio.Event] = {}
        self.twitch.listeners.add(self._on_message)

    async def go(self) -> None:
        """From the start of the bot to the figures."""
        await self.place.open()
        try:
            with descriptors(self.limit):
                await self.bot.start()
            before, written, worked = self.twitch.connects, self._written(), self.bot.processor_seconds()
            clients = await asyncio.create_subprocess_exec(
                sys.executable, str(FLOOD), str(self.bot.port), str(self.clients), stdin=PIPE, stdout=PIPE
            )
            try:
                await self._measure()
                told, _ = await clients.communicate(b"")  # which closes its input: None would leave it open
            finally:
                if clients.returncode is None:
                    clients.kill()
            self.connects, self.log = self.twitch.connects - before, self._written() - written
            self.worked = self.bot.processor_seconds() - worked
            self._judge(json.loads(told))
        finally:
            if code := await self.bot.end():
                self.wrong.append(f"the bot ended with {code}")
            await self.place.close()

    async def _measure(self) -> None:
        until = time.monotonic() + self.seconds
        number = 0
        while time.monotonic() < until:
            number += 1
            await asyncio.gather(self._ask_page(), self._ask_in_chat(sandbox_user(f"viewer{number}")))
            self.files = max(self.files, self.bot.open_files())
            await asyncio.sleep(1)

    async def _ask_page(self) -> None:
        began = time.monotonic()
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http,
                http.get(f"http://127.0.0.1:{self.bot.port}/healthz") as answer,
            ):
                if answer.status != 200:
                    self.wrong.append(f"/healthz answered {answer.status}: {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError) as exc:
            self.wrong.append(f"/healthz: {exc!r}")
        self.http.append(time.monotonic() - began)

    async def _ask_in_chat(self, who: SandboxUser) -> None:
        began = time.monotonic()
        message = await self.twitch.say(who, "!points")
        answered = self._answered[message.id] = asyncio.Event()
        try:
            await asyncio.wait_for(answered.wait(), 20)
        except TimeoutError:
            self.wrong.append("a command was not answered within 20 s")
        self.chat.append(time.monotonic() - began)

    def _on_message(self, message: SandboxMessage) -> None:
        if message.reply_id in self._answered:
            self._answered[message.reply_id].set()

    def _written(self) -> int:
        logs = [self.bot.log, *(self.folder / "logs").glob("pixel.log*")]
        return sum(log.stat().st_size for log in logs if log.exists())

    def _judge(self, told: dict[str, int]) -> None:
        if max(self.http) > ANSWER_SECONDS:
            self.wrong.append("a page took too long")
        if self.connects:
            self.wrong.append(f"Twitch was connected to {self.connects} times again")
        if self.log > MOST_LOG:
            self.wrong.append("the log grew too much")
        rows = [
            ("clients", f"{self.clients:,}, {told['opened']:,} connections, {told['refused']} refused"),
            ("open at once", f"{told['most_held']:,}, those that the system holds for the bot included"),
            ("descriptors", f"at most {self.files} of {self.limit:,}"),
            ("/healthz", f"{percentile(self.http, 0.5):.3f} s half of them, {max(self.http):.3f} s the slowest"),
            ("!points", f"{percentile(self.chat, 0.5):.3f} s half of them, {max(self.chat):.3f} s the slowest"),
            ("Twitch", f"connected again {self.connects} times"),
            ("processor", f"{self.worked:.1f} s in {self.seconds:g} s, on {os.cpu_count()} cores"),
            ("log", f"{self.log:,} bytes, on the console and in the file together"),
            ("wrong", "; ".join(dict.fromkeys(self.wrong)) or "nothing"),
        ]
        table(f"{self.clients:,} idle clients for {self.seconds:g} s", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=2_000)
    parser.add_argument("--limit", type=int, default=1_024, help="descriptors of the bot")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run = Run(Path(name).resolve(), options.clients, options.limit, options.seconds)
        asyncio.run(run.go())
    raise SystemExit(1 if run.wrong else 0)


if __name__ == "__main__":
    main()
