"""Watches a cog while it runs: the tasks that it starts, how long it blocks the event loop, and the network."""

import asyncio
import ctypes
import inspect
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

BLOCKED_SECONDS = 0.5
"""A cog that keeps the event loop for so long is named."""

STUCK_SECONDS = 5.0
"""After so long its code is ended, if it can be."""

Place = tuple[Path, int]


class Stuck(Exception):
    """The cog's code kept the event loop for too long, and was ended."""


class NoNetwork(OSError):
    """There is no network while a cog is checked."""


@contextmanager
def no_network() -> Generator[None]:
    """Nothing can be reached meanwhile."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise NoNetwork("There is no network while a cog is checked.")

    looked_up = socket.getaddrinfo
    connections: Any = socket.socket
    own: dict[str, Any] = {
        name: vars(connections)[name] for name in ("connect", "connect_ex") if name in vars(connections)
    }
    socket.getaddrinfo = refuse
    connections.connect = connections.connect_ex = refuse
    try:
        yield
    finally:
        socket.getaddrinfo = looked_up
        del connections.connect, connections.connect_ex
        for name, method in own.items():
            setattr(connections, name, method)


class Tasks:
    """The tasks that the code in a folder has started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun: WeakKeyDictionary[asyncio.Task[Any], Place] = WeakKeyDictionary()

    @contextmanager
    def watched(self) -> Generator[None]:
        """Note who starts tasks meanwhile."""
        loop = asyncio.get_running_loop()
        before = loop.get_task_factory()
        loop.set_task_factory(self._make)
        try:
            yield
        finally:
            loop.set_task_factory(before)

    async def left(self) -> list[Place]:
        """Where those were started that still run. They are ended."""
        for _ in range(10):  # what was cancelled takes some turns to end
            await asyncio.sleep(0)
        running = {task: place for task, place in self._begun.items() if not task.done()}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=1)
        return sorted(set(running.values()))

    def _make(self, loop: asyncio.AbstractEventLoop, work: Any, /, **options: Any) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        # Whoever begins a task stands above us on the stack; the event loop tells a task factory nothing else of it.
        here = inspect.currentframe()
        place = place_in(here.f_back if here is not None else None, self._folder, nearest=True)
        if place is not None:
            self._begun[task] = place
        return task


class Watchdog:
    """Notices code in a folder that keeps the event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = 0
        self._ended = threading.Event()
        self._thread_id = threading.get_ident()
        self.found: list[Place] = []
        """Where it was kept."""

    @contextmanager
    def watched(self) -> Generator[None]:
        """Watch the loop of this thread meanwhile."""
        thread = threading.Thread(target=self._watch, name="cog check", daemon=True)
        loop = asyncio.get_running_loop()
        beat: asyncio.TimerHandle | None = None

        def turn() -> None:
            nonlocal beat
            self._turn += 1
            beat = loop.call_later(0.02, turn)

        turn()
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            if beat is not None:
                beat.cancel()

    def _watch(self) -> None:
        step = BLOCKED_SECONDS / 5
        turn, seen, steps = -1, None, 0
        while not self._ended.wait(step):
            # Documented for this: a thread that hangs cannot be asked where it is.
            frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 - public, but for its name
            place = place_in(frame, self._folder)
            # Seen at the same turn again and again: a machine that is busy elsewhere does not count as the cog.
            steps = steps + 1 if place is not None and (turn, seen is None) == (self._turn, False) else 0
            turn, seen = self._turn, place
            if place is not None and steps * step >= BLOCKED_SECONDS and place not in self.found:
                self.found.append(place)
            if steps * step >= STUCK_SECONDS:
                steps = 0
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread_id), ctypes.py_object(Stuck))


def place_in(frame: FrameType | None, folder: Path, *, nearest: bool = False) -> Place | None:
    """The innermost line of a stack that is in a function of a folder's code.

    Args:
        frame: the top of the stack.
        folder: whose code.
        nearest: whether only asyncio's own code may lie between.
    """
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(folder):
            # While a module is imported it may take as long as it takes: the bot does not run yet.
            return (file, frame.f_lineno) if nearest or frame.f_code.co_name != "<module>" else None
        if nearest and file.parent.name != "asyncio":
            return None
        frame = frame.f_back
    return None
