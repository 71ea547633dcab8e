"""A server of short lives: for each line of JSON it forks a process that runs one command line of the bot.

Everything is imported before. The process may be killed (SIGKILL) before a step or after a time; steps are statements
of SQL, and whatever changes files. The answer is its exit code and its seconds.
"""

import importlib
import json
import os
import signal
import sqlite3
import sys
import time
import traceback
from pathlib import Path
from sqlite3 import dbapi2
from typing import Any

STEPS, SAID = Path("steps.txt"), Path("said.txt")
"""In the folder where the command runs: its steps, and what it printed."""

NAME_LENGTH = 60
PRELOADED = (
    "pixel_bot.cli.command_line",
    "pixel_bot.cli.backup",
    "pixel_bot.cli.imports.import_points",
    "pixel_bot.cli.database",
    "alembic.command",
)
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "sqlite3.connect"})
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def serve() -> None:
    """Until the end of the input. Nothing that a command needs is imported after a fork."""
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        child = os.fork()
        if child == 0:
            _live(order)
        if order["after"]:
            time.sleep(order["after"])
            os.kill(child, signal.SIGKILL)  # not reaped yet, so that this is nobody else
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - began]) + "\n")
        sys.stdout.flush()


def _live(order: dict[str, Any]) -> None:
    os.chdir(order["folder"])
    said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(said, stream)
    steps = os.open(STEPS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    code = 70
    try:
        from pixel_bot.cli.command_line import main

        _arm(steps, order["at"], order["nth"])
        code = main(order["arguments"])
    except Exception:  # noqa: BLE001 - whoever ordered it reads what it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _arm(steps: int, at: str, nth: int) -> None:
    """Note every step, and die before the nth whose name has ``at`` in it."""
    left = nth

    def step(name: str) -> None:
        nonlocal left
        os.write(steps, (" ".join(name.split())[:NAME_LENGTH] + "\n").encode())
        if nth and at in name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES:
            step(f"{event} {Path(os.fsdecode(arguments[0])).name}")
        elif event == "open" and isinstance(arguments[0], str) and arguments[2] & WRITES:
            step(f"open {Path(arguments[0]).name}")

    fsync, connect = os.fsync, sqlite3.connect

    def noted_fsync(handle: Any) -> None:
        step("os.fsync")
        fsync(handle)

    def noted_connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connection.set_trace_callback(step)
        return connection

    os.fsync = noted_fsync
    sqlite3.connect = dbapi2.connect = noted_connect
    sys.addaudithook(hear)


if __name__ == "__main__":
    serve()
