"""Child processes of this Python that need not import the bot anew: forked from one that has imported it already.

They are children of the tests' own process, with a pid, signals, pipes and an exit code as of any other. Importing the
bot costs more than most of what such a child does; a start of ``python -m pixel_bot`` as people type it is proven in
``tests/cli``.
"""

import asyncio
import atexit
import ctypes
import gc
import importlib
import io
import json
import logging
import os
import runpy
import socket
import subprocess
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

PRELOADED = (
    "alembic.command",
    "alembic.runtime.migration",
    "pixel_bot.cli.backup",
    "pixel_bot.cli.command_line",
    "pixel_bot.cli.copy",
    "pixel_bot.cli.database",
    "pixel_bot.cli.imports.import_points",
    "pixel_bot.cli.login",
    "pixel_bot.db.adopt",
    "pixel_bot.plugin",
    "pixel_bot.run.runner",
    "pixel_bot.run.live_app",
    "pixel_bot.testing",
)
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of ``<linux/prctl.h>``: whose parent ends becomes a child of this process."""
ROOT = str(Path(__file__).resolve().parents[2])
CLONE_NEWNS = 0x20000
"""Of ``setns`` (https://man7.org/linux/man-pages/man2/setns.2.html): a mount namespace."""
LONGEST_ORDER = 1 << 20
PYTHON = sys.executable
"""A test that puts another one in its place means to start that one."""


PLACES: dict[str, int] = {}
"""Other names of this Python, by which it runs where the process of that id has its disks mounted."""

_POPEN = subprocess.Popen


class ReadyPopen(subprocess.Popen[bytes]):
    """A process of this Python that is forked with the bot imported; any other command is started as usual."""

    def _execute_child(self, *given: Any) -> None:
        names = cast(Sequence[str], super()._execute_child.__code__.co_varnames)  # pyright: ignore
        told: dict[str, Any] = dict(zip(names, (self, *given), strict=False))
        words = words_of(told["args"])
        if not is_ready(words) or told["pass_fds"] or told["preexec_fn"]:
            super()._execute_child(*given)  # pyright: ignore
            return
        order = {
            "arguments": words[1:],
            "folder": str(told["cwd"] or Path.cwd()),
            "environment": dict(os.environ if told["env"] is None else told["env"]),
            "session": told["start_new_session"],
            "place": PLACES.get(words[0], 0),
            "streams": [told[name] != -1 for name in ("p2cread", "c2pwrite", "errwrite")],
        }
        streams = [told[name] for name in ("p2cread", "c2pwrite", "errwrite") if told[name] != -1]
        self.pid = server().fork(order, streams)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(told[name] for name in pipes))  # pyright: ignore


def words_of(command: Any) -> list[str]:
    """The words of a command; none where it is one for a shell."""
    return [] if isinstance(command, str | bytes | os.PathLike) else [os.fspath(word) for word in command]


def is_ready(words: list[str]) -> bool:
    """Whether a command line can be run by a fork."""
    if not sys.platform.startswith("linux") or len(words) < 2 or words[0] not in {PYTHON, *PLACES}:
        return False
    return words[1] in {"-m", "-c"} or words[1].endswith(".py")


_BLOCKS: list[None] = []


HASHES_AS_HERE = {"PYTHONHASHSEED": "0"}
"""Of the environment: said to a simulation, it knows that its hashes are as it needs them."""


@contextmanager
def ready() -> Generator[None]:
    """Within the block, processes are started that way; blocks of several tasks may end in any order."""
    _BLOCKS.append(None)
    subprocess.Popen = ReadyPopen  # pyright: ignore
    try:
        yield
    finally:
        _BLOCKS.pop()
        if not _BLOCKS:
            subprocess.Popen = _POPEN  # pyright: ignore


async def start(*command: str, **options: Any) -> Process:
    """As ``asyncio.create_subprocess_exec``."""
    with ready():
        return await asyncio.create_subprocess_exec(*command, **options)


class _Server:
    """The process that has imported the bot, one for each process of the tests."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [PYTHON, str(Path(__file__).resolve()), str(theirs.fileno())]
            # A simulation takes no other seed for its hashes, and starts Python anew where it has one.
            environment = {**os.environ, **HASHES_AS_HERE}
            self._process = _POPEN(command, pass_fds=[theirs.fileno()], env=environment)
        atexit.register(self._end)

    def fork(self, order: dict[str, Any], streams: list[int]) -> int:
        """Have it fork one process. Returns its id."""
        prctl = ctypes.CDLL(None).prctl
        prctl(SUBREAPER, 1, 0, 0, 0)
        try:
            socket.send_fds(self._socket, [json.dumps(order).encode()], streams)
            return int(self._socket.recv(64))
        finally:
            prctl(SUBREAPER, 0, 0, 0, 0)

    def _end(self) -> None:
        self._socket.close()  # the end of its orders ends it
        self._process.wait()


@cache
def server() -> _Server:
    """Started when first needed; it ends with this process."""
    return _Server()


def serve(orders: socket.socket) -> dict[str, Any] | None:
    """Fork for each order. Returns the order in the process that is to follow it, and nothing at the end."""
    sys.path.pop(0)  # this folder is none to import from
    for name in PRELOADED:
        importlib.import_module(name)
    _warm_up()
    gc.collect()
    gc.freeze()
    while True:
        told, streams, _, _ = socket.recv_fds(orders, LONGEST_ORDER, 3)
        if not told:
            return None
        order = json.loads(told)
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                _become(order, streams)
                return order
            os.write(writing, str(child).encode())
            os._exit(0)  # whoever asked is the parent from here on
        os.waitpid(between, 0)
        orders.send(os.read(reading, 64))
        for handle in (reading, writing, *streams):
            os.close(handle)


def _warm_up() -> None:
    """Start a bot once, and end it: what each would import, map and compile at its start is then there for all."""
    sys.path.insert(0, ROOT)
    importlib.import_module("tests.kept_cogs").keep_cogs()
    importlib.import_module("tests.shared_dialect").share_dialect()
    sys.path.remove(ROOT)
    importlib.import_module("pixel_bot.configuration.cog_settings").names_in_cogs(None, installed=False)
    sandbox = importlib.import_module("pixel_bot.run.sandbox_app")
    testing = importlib.import_module("pixel_bot.testing")

    async def start(folder: Path) -> None:
        async with sandbox.running(testing.settings_in(folder)):
            pass

    logging.disable()
    with TemporaryDirectory() as folder:
        asyncio.run(start(Path(folder)))
    logging.disable(logging.NOTSET)


def _become(order: dict[str, Any], streams: list[int]) -> None:
    """What the system does for a new process, and Python before it runs a program."""
    if order["session"]:
        os.setsid()
    if order["place"]:
        with Path(f"/proc/{order['place']}/ns/mnt").open("rb") as mounts:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(mounts.fileno(), CLONE_NEWNS):
                raise OSError(ctypes.get_errno(), "setns")
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    given = iter(streams)
    for number, is_given in enumerate(order["streams"]):
        if is_given:
            os.dup2(next(given), number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    encoding = os.environ.get("PYTHONIOENCODING") or "utf-8"
    buffering = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding)
    for name, number, errors, at_once in (("stdout", 1, "strict", buffering), ("stderr", 2, "backslashreplace", True)):
        raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
        setattr(sys, name, io.TextIOWrapper(raw, encoding, errors, line_buffering=at_once, write_through=at_once))


def _run(arguments: list[str]) -> None:
    """A command line, after the name of the interpreter."""
    how, *rest = arguments
    if how == "-m":
        sys.argv = rest
        sys.path.insert(0, "")
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif how == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = [how, *rest]
        sys.path.insert(0, str(Path(how).parent))
        runpy.run_path(how, run_name="__main__")


if __name__ == "__main__":
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        _run(asked["arguments"])
