"""OBS: its replay buffer, saved on request."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixel_bot.backends import obs_link
from pixel_bot.backends.obs_link import ObsLink
from pixel_bot.backends.obs_problems import BufferOff, FileMissing, ObsLost, ObsProblem, ObsSilent, SaveTooSlow
from pixel_bot.logs import hide
from pixel_bot.model.hosts import is_loopback

log = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
REQUEST_SECONDS = 5.0
APART_SECONDS = 1.1
"""OBS names a file by the second of its saving, and overwrites: two saves stay further apart than that."""

STOPPED_SECONDS = 1.0
"""A save that was under way when the buffer stopped is still reported, if at all, within this time."""

FILE_SECONDS = 2.0
POLL_SECONDS = 0.1

Event = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SavedReplay:
    """The last seconds, saved. ``path`` is as OBS reports it: on OBS's machine, which may be another one."""

    path: str


class Obs:
    """Saves the last seconds through obs-websocket 5 (OBS 28 or newer).

    Args:
        host, port: where OBS listens.
        password: of its websocket server; never logged.
        timeout: seconds that a save may take, all in all.
    """

    def __init__(self, host: str, port: int, password: str, *, timeout: float = 10.0) -> None:
        hide(password)
        self._timeout = timeout
        self._same_machine = is_loopback(host)
        self._link = ObsLink(f"ws://{f'[{host}]' if ':' in host else host}:{port}", password, self._on_event)
        self.listeners: set[Callable[[str, Mapping[str, Any]], None]] = set()
        """Called with the name and the data of each event of OBS, and when it is connected."""
        self._saving: asyncio.Task[SavedReplay] | None = None
        self._inbox: asyncio.Queue[Event] | None = None
        self._next_save = 0.0

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost. Needs a running loop; never raises."""
        self._link.start()

    async def close(self) -> None:
        """Disconnect for good. Who still waits for a save gets an ``ObsProblem``, within two seconds."""
        await self._link.close()
        if self._saving is not None:
            await asyncio.wait({self._saving})

    @property
    def problem(self) -> str:
        """What the streamer should do before saving works, in one sentence; empty when it does."""
        return str(self._link.problem or "")

    async def request(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a request of obs-websocket 5; returns the data of the answer. Connects if necessary.

        Raises:
            ObsProblem: OBS refused, or did not answer within five seconds.
        """
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                session = await self._link.session()
                return await session.request(kind, fields)
        except TimeoutError:
            raise ObsSilent from None

    async def check(self) -> None:
        """Check whether the last seconds can be saved now. Connects if necessary; takes two seconds at most.

        Raises:
            ObsProblem: they cannot, and why.
        """
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                session = await self._link.session()
                await session.refresh_status()
            problem = session.problem
        except ObsProblem as exc:
            problem = exc
        except TimeoutError:
            problem = ObsSilent()
        if problem is not None:
            raise problem.with_traceback(None)  # it is kept, and would keep the frames of each check

    async def save_replay(self) -> SavedReplay:
        """Save the last seconds, and return when OBS has reported the file.

        Saves are single-flight: concurrent callers share one. A caller right after one gets a save of its own (the
        moment is not in the other), a second later, so that no file is overwritten.

        Raises:
            ObsProblem: nothing was saved, and why.
        """
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save(), name="obs-save")
            self._saving.add_done_callback(_retrieve)
        return await asyncio.shield(self._saving)

    async def _save(self) -> SavedReplay:
        try:
            async with asyncio.timeout(self._timeout):
                return SavedReplay(await self._saved_path())
        except ObsProblem as exc:
            problem = exc
        except TimeoutError:
            problem = SaveTooSlow()
        log.warning("OBS has not saved the last seconds. %s", problem)
        raise problem

    async def _saved_path(self) -> str:
        loop = asyncio.get_running_loop()
        session = await self._link.session()
        while (wait := self._next_save - loop.time()) > 0:
            await asyncio.sleep(wait)
            session = await self._link.session()
        inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._inbox = inbox
        try:
            await session.request("SaveReplayBuffer")
            path = await _reported_path(inbox)
        finally:
            self._inbox = None
        if self._same_machine:
            await _on_disk(Path(path))
        return path

    def _on_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Handle an event. They carry no request id: without a waiting request they are the streamer's own saves.

        A save just before the connection is unknown, so the pause between saves also follows each connect.
        """
        if kind in {"ReplayBufferSaved", obs_link.OPENED}:
            self._next_save = asyncio.get_running_loop().time() + APART_SECONDS
        if self._inbox is not None:
            self._inbox.put_nowait((kind, data))
        for listener in tuple(self.listeners):
            listener(kind, data)


async def _reported_path(inbox: "asyncio.Queue[Event]") -> str:
    """The file that OBS reports.

    Raises:
        ObsProblem: OBS is closing, its buffer was stopped, or the report names no file.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            while True:
                match await inbox.get():
                    case "ReplayBufferSaved", {"savedReplayPath": str(path)} if path:
                        return path
                    case "ReplayBufferSaved", _:
                        raise FileMissing
                    case obs_link.GONE, _:
                        raise ObsLost
                    case ("ReplayBufferStateChanged", {"outputActive": False}) | ("ExitStarted", _):
                        limit.reschedule(loop.time() + STOPPED_SECONDS)
                    case _:
                        pass
    except TimeoutError:
        raise BufferOff from None


async def _on_disk(path: Path) -> None:
    """Wait until the file exists. OBS reports one even when it could not write it.

    Raises:
        FileMissing: it does not appear, or stays empty.
    """
    if not path.is_absolute():
        return  # a path of another system: this address leads to another machine after all
    loop = asyncio.get_running_loop()
    until = loop.time() + FILE_SECONDS
    while not await asyncio.to_thread(_has_content, path):
        if loop.time() > until:
            raise FileMissing
        await asyncio.sleep(POLL_SECONDS)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _retrieve(saving: "asyncio.Task[SavedReplay]") -> None:
    """Retrieve the error even when all waiters were cancelled."""
    if not saving.cancelled():
        saving.exception()
