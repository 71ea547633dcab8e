"""Child processes and how they talk: lines of JSON on the child's standard output, the end of its input to stop it."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
READY_SECONDS = 120.0
DONE_SECONDS = 300.0
LINE_LIMIT = 2**24
"""Bytes of one line; thousands of measured times fit in."""


def say(event: str, **values: Any) -> None:
    """In a child: tell the parent."""
    print(json.dumps({"event": event, **values}), flush=True)


async def told_to_end() -> None:
    """In a child: wait for the end of standard input, which also comes when the parent dies."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Child:
    """A child process, seen from the parent."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self, event: str, seconds: float = DONE_SECONDS) -> dict[str, Any]:
        """Wait until the child says that.

        Raises:
            RuntimeError: it ended first.
            TimeoutError: it said nothing for so many seconds.
        """
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while line := await self.process.stdout.readline():
                said = json.loads(line)
                if said["event"] == event:
                    return said
        raise RuntimeError(f"Child {self.process.pid} ended without saying {event!r}.")

    async def end(self) -> dict[str, Any]:
        """Let the child end in order. Returns what it says at the end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        said = await self.told("end")
        await self.process.wait()
        return said

    async def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def bot(kind: str, port: int, *options: str) -> AsyncGenerator[Child]:
    """A bot in a process of its own, from its start; ended by its pid whatever happens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "_bots.py"),
        kind,
        f"--port={port}",
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    child = Child(process)
    try:
        yield child
    finally:
        await child.kill()
