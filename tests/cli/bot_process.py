"""The bot in a process of its own, and databases for it."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from typing_extensions import override

from pixel_bot.clock import Clock
from pixel_bot.db.meta import Mode
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import settings_in
from tests.harness.process import SECONDS, command, environment, lay_database
from tests.harness.ready_python import ready


class Running:
    """A bot as a child process, which is ready; forked with the bot imported, over a database that is there."""

    def __init__(self, folder: Path, *args: str, **settings: object) -> None:
        self.process = self._started(folder, args, settings)
        assert self.process.stdout is not None
        self.said: list[str] = []
        self.home = self.link = ""
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Open: "):
                self.link = line.removeprefix("Open: ").strip()
                self.home = self.link.partition("?")[0]
            if line.startswith("Cogs: "):
                break
        assert self.home, "".join(self.said)

    def _started(self, folder: Path, args: tuple[str, ...], settings: Mapping[str, object]) -> "subprocess.Popen[str]":
        lay_database(folder, args, settings)
        with ready():
            return started(folder, args, settings)

    def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        """Send a signal. Returns the exit code and all that was said."""
        self.process.send_signal(with_signal)
        rest, _ = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, "".join(self.said) + rest

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class RunningAsTyped(Running):
    """The same by an interpreter of its own, where no bot has been."""

    @override
    def _started(self, folder: Path, args: tuple[str, ...], settings: Mapping[str, object]) -> "subprocess.Popen[str]":
        return started(folder, args, settings)


def started(folder: Path, args: tuple[str, ...], settings: Mapping[str, object]) -> "subprocess.Popen[str]":
    """The command line as a child process."""
    return subprocess.Popen(
        command(*args),
        cwd=folder,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


async def make(folder: Path, mode: Mode = "sandbox", viewers: int = 1) -> Path:
    """A database of that mode with people who have 100 points each."""
    async with opened(settings_in(folder), mode, Clock()) as services:
        streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
        for i in range(viewers):
            viewer = await services.viewers.meet(Person(f"1{i}", f"alice_{i}", f"Alice_{i}"))
            await services.economy.add(streamer, viewer, 100)
    return folder / ("pixel.db" if mode == "live" else "sandbox.db")


def url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file.as_posix()}"


ENDING = ["sandbox", "--replay", os.devnull, "--exit-when-done"]
"""Starts the bot, so that it would end by itself if it should not have started."""
