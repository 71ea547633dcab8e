"""Runs the bot until a signal, prints its addresses, and plays a chat log when asked."""

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot import __version__
from pixel_bot.diagnostics.settings_check import warnings_of
from pixel_bot.platforms.twitch.accounts import ROLES
from pixel_bot.run.sandbox_app import App, running
from pixel_bot.sandbox.crowd import Crowd
from pixel_bot.sandbox.replay import ChatLog, fresh_start, play, read_log, start_of
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.texts import count, number
from pixel_bot.upkeep.backups import SAME_DISK
from pixel_bot.web.access.sessions import Purpose
from pixel_bot.wording.texts import currency_title

if TYPE_CHECKING:
    from pixel_bot.run.live_app import LiveApp

DRAIN_SECONDS = 60.0
PANEL_EDGES = 8
"""Columns that the panel takes beside its longest row, and the room before the shortest name."""


@dataclass(frozen=True)
class Replay:
    """A chat log to play: 1 is real time, 0 as fast as it goes."""

    file: Path
    speed: float = 1.0
    exit_when_done: bool = False


async def run(settings: Settings, replay: Replay | None = None, crowd: int = 0) -> None:
    """Run the bot until a signal, or until a replay is done that should end it; with a crowd of so many viewers.

    Raises:
        StartError: it cannot start.
    """
    chat_log = read_log(replay.file) if replay is not None else None
    stop = asyncio.Event()
    with _signals(stop.set):
        async with running(settings) as app:
            _tune_garbage_collector()
            _show_facts(await app.access.link(Purpose.START), _sandbox_facts(app))
            work: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
            if replay is not None and chat_log is not None:
                work.append(asyncio.create_task(_replay(app, chat_log, replay)))
            if crowd:
                work.append(asyncio.create_task(Crowd(app.services, app.twitch, app.bot.what_is_open, crowd).run()))
            done, _ = await asyncio.wait([*work, app.failed], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if replay is not None and not replay.exit_when_done:
                await asyncio.wait([work[0], app.failed], return_when=asyncio.FIRST_COMPLETED)
                if app.failed.done():
                    app.failed.result()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            _say("Writing what is left, then good night.")


async def run_live(settings: Settings) -> None:
    """Run the bot on its platforms until a signal.

    Raises:
        StartError: it cannot start.
    """
    from pixel_bot.run.live_app import live  # the sandbox starts without the libraries that only this needs

    stop = asyncio.Event()
    with _signals(stop.set):
        async with live(settings) as app:
            _tune_garbage_collector()
            _show_facts(await app.access.link(Purpose.START), _live_facts(app))
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({stopped, app.failed}, return_when=asyncio.FIRST_COMPLETED)
                if app.failed.done():
                    app.failed.result()
            finally:
                stopped.cancel()
            _say("Writing what is left, then good night.")


def _live_facts(app: "LiveApp") -> list[tuple[str, str]]:
    to_do: list[str] = []
    if app.twitch is not None:
        missing = [role for role in ROLES if app.twitch.accounts.tokens_of(role) is None]
        to_do += [f"sign in the {' and the '.join(missing)} account"] if missing else []
    if app.joystick is not None and app.joystick.installations.current is None:
        to_do.append("install the bot on Joystick.tv")
    platforms = [name for name, there in (("Twitch", app.twitch), ("Joystick.tv", app.joystick)) if there is not None]
    return [
        ("Next", f"click the link: {', '.join(to_do) or 'see what is connected, and the address for OBS'}"),
        ("Mode", " and ".join(platforms) + (", silent (SILENT is set)" if app.services.settings.silent else "")),
        (currency_title(), app.services.database.name),
        *_settings_facts(app.services.settings),
        *_file_facts(app.services),
        *([("Backups", SAME_DISK)] if app.services.backups.on_same_disk() else []),
    ]


def _settings_facts(settings: Settings) -> list[tuple[str, str]]:
    """Only where something about them is strange: somebody may wonder why this is the sandbox."""
    found = len(warnings_of(settings))
    return [("Settings", f"{count(found, 'warning')}, see python -m pixel_bot check-config")] if found else []


def _file_facts(services: Services) -> list[tuple[str, str]]:
    """A file of the streamer's that cannot be read is named at once, and not when it is needed first."""
    return [("File", problem) for file in services.files if (problem := file.problem)]


def _tune_garbage_collector() -> None:
    """Exclude what lives as long as the bot from garbage collection, and collect the rest less often.

    Chat makes many short-lived objects and no cycles worth the pauses of the default thresholds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 20, 50)
    gc.enable()


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Generator[None]:
    """SIGINT, SIGTERM and Ctrl-C (also on Windows) ask for an orderly end; a second one ends at once."""
    loop = asyncio.get_running_loop()
    signals = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None)]
    before = {s: signal.getsignal(s) for s in signals if s is not None}

    def on_signal(signum: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        signal.signal(signum, before[signal.Signals(signum)])

    for number_ in before:
        signal.signal(number_, on_signal)
    try:
        yield
    finally:
        for number_, handler in before.items():
            signal.signal(number_, handler)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _sandbox_facts(app: App) -> list[tuple[str, str]]:
    states = app.bot.cogs.states()
    broken = [s.name for s in states if s.problem]
    return [
        ("Mode", "sandbox: play money, no account needed"),
        (currency_title(), app.services.database.name),
        *_settings_facts(app.services.settings),
        ("Cogs", ", ".join(s.name for s in states if s.loaded)),
        *_file_facts(app.services),
        *([("Broken", f"{', '.join(broken)}; the log says why")] if broken else []),
    ]


def _show_facts(link: str, facts: list[tuple[str, str]]) -> None:
    """Show the link that signs a browser in, and what else is to be known. The link is on one line, in every case."""
    shown = [("Open", link), *facts]
    if sys.stdout.isatty():
        _show_panel([*shown, ("Stop", "Ctrl-C")])
    else:
        _say("\n".join([f"Pixel Bot {__version__} is ready.", *(f"{key}: {value}" for key, value in shown)]))


def _show_panel(facts: list[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console(highlight=False)
    link = f"Open: {facts[0][1]}"
    fits = len(link) + PANEL_EDGES <= console.width
    if not fits:  # a link that is broken over two lines cannot be clicked
        _say(link)
    rows = facts if fits else facts[1:]
    width = max(len(key) for key, _ in rows)
    body = Text("\n").join(Text.assemble((f"{key:>{width}}: ", "bold"), value) for key, value in rows)
    console.print(Panel(body, title=f"Pixel Bot {__version__}", border_style="#8b5cf6", expand=False))


async def _replay(app: App, chat_log: ChatLog, replay: Replay) -> None:
    for problem in chat_log.skipped[:10]:
        _say(f"{replay.file.name}, {problem}: skipped.")
    fresh = fresh_start(chat_log, replay.speed, datetime.now(UTC))
    start = await start_of(app.services.database, chat_log, fresh)
    before = await _sums(app)
    began = time.perf_counter()
    with _bar(len(chat_log.rows)) as advance:
        await play(app.twitch, chat_log, start, replay.speed, advance)
        async with asyncio.timeout(DRAIN_SECONDS):
            await app.bot.notifications.received(app.twitch.notified)
            await app.bot.settled()
    seconds = time.perf_counter() - began
    after = await _sums(app)
    _show_summary(app, chat_log, seconds, before, after)


async def _sums(app: App) -> tuple[int, int]:
    async with app.services.database.readers() as session:
        return await _sum(session, "SELECT SUM(points) FROM users"), await _sum(
            session, "SELECT SUM(xp) FROM xp_records"
        )


async def _sum(session: AsyncSession, query: str) -> int:
    return (await session.execute(text(query))).scalar() or 0


@contextlib.contextmanager
def _bar(total: int) -> Generator[Callable[[int], None]]:
    if not sys.stdout.isatty():
        yield lambda sent: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("replay", total=total)
        yield lambda sent: progress.update(task, completed=sent)


def _show_summary(app: App, chat_log: ChatLog, seconds: float, before: tuple[int, int], after: tuple[int, int]) -> None:
    sent = len(chat_log.rows)
    answers = sorted(app.twitch.answers.seconds)
    rate = f"{number(round(sent / seconds))} a second" if seconds else ""
    lines = [
        f"Replay done: {count(sent, 'message')} of {count(len({r.user for r in chat_log.rows}), 'viewer')}, {rate}.",
        f"Awarded: {count(after[0] - before[0], 'point')} and {number(after[1] - before[1])} XP.",
        f"In the database now: {count(after[0], 'point')} and {number(after[1])} XP.",
        f"Commands answered: {number(len(answers))}" + (_percentiles(answers) if answers else "."),
    ]
    if chat_log.skipped:
        lines.append(f"Skipped: {count(len(chat_log.skipped), 'row')} that could not be read.")
    for line in lines:
        _say(line)


def _percentiles(seconds: list[float]) -> str:
    def at(share: float) -> str:
        return f"{1_000 * seconds[min(len(seconds) - 1, int(share * len(seconds)))]:.1f} ms"

    return f", in {at(0.5)} (half of them) and {at(0.99)} (99 of 100)."
