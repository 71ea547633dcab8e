"""Scripts as child processes, which are told what to do line by line."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import settings_in

SECONDS = 30.0


async def start(script: Path, *args: str) -> Process:
    """A child in a session of its own, so that those that it forks can be ended with it."""
    command = (sys.executable, str(script), *args)
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)


async def end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def line_from(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        return (await process.stdout.readline()).decode().strip()


def tell(process: Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")


async def fund(folder: Path, points: int) -> None:
    """Alice has so many points, and bob is known."""
    async with opened(settings_in(folder), "sandbox", Clock()) as services:
        streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
        for login in ("bob", "alice"):
            viewer = await services.viewers.meet(Person(sandbox_user(login).id, login, login))
        await services.economy.add(streamer, viewer, points)
