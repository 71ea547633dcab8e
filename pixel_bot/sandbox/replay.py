"""Plays a chat log into the sandbox.

Messages carry the log's own seconds. Their ids come from the file and the row, and the start time is kept for each
file, so that a replay which was killed half-way and started again pays nothing twice and nothing less.
"""

import asyncio
import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, isfinite
from pathlib import Path

from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.errors import StartError
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.texts import plain

HEADER = ["second", "user", "text"]
YIELD_EVERY = 8
"""Rows after which the event loop gets a turn, when played as fast as possible."""


@dataclass(frozen=True, slots=True)
class Row:
    """One message of a log. ``line`` is its line in the file, from 1."""

    line: int
    second: float
    user: str
    text: str


@dataclass(slots=True)
class ChatLog:
    """A chat log in memory. ``skipped`` holds a sentence for each row that cannot be used."""

    id: str
    rows: list[Row] = field(default_factory=list[Row])
    skipped: list[str] = field(default_factory=list[str])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return max((row.second for row in self.rows), default=0.0)


def read_log(path: Path) -> ChatLog:
    """Read a CSV file ``second,user,text``.

    Raises:
        StartError: there is no such file, or it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise StartError(f"The chat log {path} cannot be read: {exc.strerror}.") from exc
    return parse_log(content)


def parse_log(content: bytes) -> ChatLog:
    """The log behind a CSV text. Rows that cannot be used are skipped and listed, with their line."""
    chat_log = ChatLog(hashlib.sha256(content).hexdigest()[:16])
    # Not splitlines(): it also splits at characters that chat may hold.
    lines = io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=None)
    for line, text in enumerate((whole.rstrip("\n") for whole in lines), 1):
        # Each line by itself: chat has no line breaks, and one stray quote must not swallow the rest of the file.
        try:
            fields = next(csv.reader([text], strict=True), list[str]())
        except csv.Error as exc:
            chat_log.skipped.append(f"line {line}: {exc}")
            continue
        if not fields or (line == 1 and [f.strip().lower() for f in fields] == HEADER):
            continue
        row = _row(line, fields)
        if isinstance(row, Row):
            chat_log.rows.append(row)
        else:
            chat_log.skipped.append(f"line {line}: {row}")
    return chat_log


def _row(line: int, fields: list[str]) -> Row | str:
    if len(fields) != len(HEADER):
        return f"has {len(fields)} fields instead of second,user,text"
    second, user, text = fields
    user = user.strip().lower()
    try:
        at = float(second)
    except ValueError:
        return f"{plain(second[:20])!r} is no number of seconds"
    if not isfinite(at) or not 0 <= at <= 10**8:
        return f"{plain(second[:20])!r} is no number of seconds"
    if not user or len(user) > 50 or any(c.isspace() or not c.isprintable() for c in user):
        return f"{plain(user[:50])!r} is no user name"
    if not text.strip():
        return "has no text"
    return Row(line, at, user, text)


def fresh_start(chat_log: ChatLog, speed: float, now: datetime) -> datetime:
    """When second 0 is, so that a log which is played faster than it was does not reach into the future."""
    share = 1.0 if speed == 0 else max(0.0, 1 - 1 / speed)
    return (now - timedelta(seconds=ceil(chat_log.seconds * share))).replace(microsecond=0)


async def start_of(database: Database, chat_log: ChatLog, fresh: datetime) -> datetime:
    """When this log began: as kept by an earlier replay of the same file, else ``fresh``, which is kept from now on."""
    async with database.write() as session:
        kept = await recall(session, f"replay:{chat_log.id}")
        if kept is None:
            await remember(session, f"replay:{chat_log.id}", fresh.isoformat())
            return fresh
    return datetime.fromisoformat(kept)


async def play(
    twitch: TwitchDouble,
    chat_log: ChatLog,
    start: datetime,
    speed: float,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Send the log's messages.

    Args:
        twitch: the double that they go through.
        chat_log: what to play.
        start: the time of second 0.
        speed: 1 is real time, 2 twice as fast, 0 as fast as it goes.
        progress: called now and then with how many rows were sent.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    people = {user: sandbox_user(user) for user in {row.user for row in chat_log.rows}}
    for sent, row in enumerate(chat_log.rows, 1):
        if speed > 0:
            await _until(loop, began + row.second / speed)
        at = start + timedelta(seconds=row.second)
        await twitch.say(people[row.user], row.text, message_id=f"{chat_log.id}-{row.line}", at=at)
        if sent % YIELD_EVERY == 0 or speed > 0 or sent == len(chat_log.rows):
            await asyncio.sleep(0)
            if progress is not None:
                progress(sent)


async def _until(loop: asyncio.AbstractEventLoop, moment: float) -> None:
    pause = moment - loop.time()
    if pause > 0:
        await asyncio.sleep(pause)
