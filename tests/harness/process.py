"""The bot in a process of its own: started with ``python -m pixel_bot``, read, signalled and killed."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixel_bot.settings import Settings
from tests.harness import ready_python
from tests.harness.pattern import fresh_file
from tests.harness.ready_python import ready

SECONDS = 60.0


def command(*arguments: str) -> tuple[str, ...]:
    """A command line of the bot, by the Python that runs the tests."""
    return (sys.executable, "-m", "pixel_bot", *arguments)


def environment(**settings: object) -> dict[str, str]:
    """The environment of a bot: of its settings these alone, by their lower-case names, and any free port."""
    ours = {name.upper() for name in Settings.model_fields}
    clean = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    chosen = {name.upper(): str(value) for name, value in settings.items()}
    return clean | {"WEB_PORT": "0", "PYTHONUNBUFFERED": "1"} | chosen


def run(folder: Path, *arguments: str, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run a command line to its end, in a fork with the bot imported; output and errors are apart."""
    with ready():
        return run_as_typed(folder, *arguments, **settings)


def run_as_typed(folder: Path, *arguments: str, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run a command line to its end, by an interpreter of its own; output and errors are apart."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def free_port() -> int:
    """A port that nobody listens on, for a bot that keeps its address when it starts again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lay_database(folder: Path, arguments: Sequence[str], settings: Mapping[str, object]) -> None:
    """Where no bot has been, and none is sent elsewhere: a new database, which costs a bot most of its first start."""
    data = Path(folder, str(settings.get("data_dir", "data")))
    if arguments[1:] or "database_url" in settings or data.exists():
        return
    is_live = not arguments and ("twitch_client_id" in settings or "joystick_client_id" in settings)
    data.mkdir()
    fresh_file(data, "live" if is_live else "sandbox")


class BotProcess:
    """A bot as a child process, which may be killed and started again. Use it as ``async with``, or call ``kill``.

    Args:
        folder: its working directory, where its ``data`` goes.
        arguments: the command line after ``python -m pixel_bot``, like ``"sandbox"``.
        settings: by their lower-case names, as in ``settings_in``.
    """

    def __init__(self, folder: Path, *arguments: str, **settings: object) -> None:
        self.folder = folder
        self.arguments = arguments
        lay_database(folder, arguments, settings)
        self.environment = environment(**settings)
        self.address = ""
        """Its page, without the key of the link; known when it is ready."""
        self.link = ""
        """The link that it printed, which signs one browser in."""
        self.said: list[str] = []
        """The lines that it printed since its last start, as far as they were read."""
        self.process: Process | None = None

    @property
    def running(self) -> Process:
        """The process, which was started."""
        assert self.process is not None, "the bot was not started"
        return self.process

    async def start(self, ready: str = "Cogs: ") -> None:
        """Start it, and read what it prints up to the line that begins so; with an empty word, do not wait."""
        self.said.clear()
        self.process = await ready_python.start(
            *command(*self.arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        if ready:
            await self.line(ready)

    async def line(self, begins: str) -> str:
        """Read up to the line that begins so, and return it."""
        async with asyncio.timeout(SECONDS):
            while line := await self._read():
                if line.startswith(begins):
                    return line
        raise AssertionError("the bot ended:\n" + "".join(self.said))

    async def wait(self) -> tuple[int, str]:
        """Wait until it has ended by itself. Returns its exit code and all that it printed."""
        async with asyncio.timeout(SECONDS):
            rest, _ = await self.running.communicate()
        self.said.extend(rest.decode(errors="replace").splitlines(keepends=True))
        return await self.running.wait(), "".join(self.said)

    async def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        """Send a signal, and wait. Returns its exit code and all that it printed."""
        self.running.send_signal(with_signal)
        return await self.wait()

    async def kill(self) -> None:
        """Kill it at once, if it runs."""
        process, self.process = self.process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.communicate()  # reads what is left, so that nothing of the process stays open

    async def __aenter__(self) -> "BotProcess":
        if self.process is None:
            await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def _read(self) -> str:
        assert self.running.stdout is not None
        line = (await self.running.stdout.readline()).decode(errors="replace")
        self.said.append(line)
        if line.startswith("Open: "):
            self.link = line.removeprefix("Open: ").strip()
            self.address = self.link.partition("?")[0]
        return line


# A program of a test's own, which forks and is told by lines what to do


async def start(script: Path, *arguments: str) -> Process:
    """A child in a session of its own, so that those that it forks can be ended with it."""
    command = (sys.executable, str(script), *arguments)
    return await ready_python.start(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)


async def end(process: Process) -> None:
    """Kill it, and all that it forked."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def line_from(process: Process) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        return (await process.stdout.readline()).decode().strip()


def tell(process: Process, line: str) -> None:
    """Write a line for it to read."""
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")
