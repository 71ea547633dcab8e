"""Equal log lines are written once a minute, with the number of those that were left out."""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import extract_tb

from typing_extensions import override

from pixel_bot.logs.floods import Floods

WINDOW_SECONDS = 60.0
REMEMBERED = 256
"""Different lines, of which repeats are counted."""

SHOWN = 100
"""Characters of a line, in the sentence that counts its repeats."""

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
Key = tuple[str, int, str]


@dataclass(slots=True)
class Repeated:
    """A line that was written at ``since``, and how many like it were left out from then on.

    Not the record itself: with an error it would hold everything that the error's frames hold.
    """

    name: str
    level: int
    shown: str
    since: float
    left_out: int = 0


class RepeatsCollapsed(logging.Handler):
    """Passes records on to other handlers; of equal ones only the first of a minute, and then their number.

    Warnings and errors are equal when they differ in numbers alone: ports, descriptors and addresses in memory would
    else make each of a flood of them another one. It remembers so many lines, so its memory is bounded.

    Args:
        handlers: what writes.
        now: monotonic seconds.
    """

    def __init__(self, handlers: Sequence[logging.Handler], now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.handlers = list(handlers)
        self._now = now
        self._floods = Floods(now)
        self._lines: OrderedDict[Key, Repeated] = OrderedDict()
        self._timer: threading.Timer | None = None

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Pass the record on, or count it."""
        if self._floods.is_too_much(record):
            if (notice := self._floods.notice(record)) is not None:
                self._pass_on(notice)
            return
        now, key = self._now(), _key(record)
        self._tell_due(now)
        known = self._lines.get(key)
        if known is not None:
            known.left_out += 1
            self._wake_later(known.since + WINDOW_SECONDS - now)
            return
        while len(self._lines) >= REMEMBERED:
            _, oldest = self._lines.popitem(last=False)
            self._tell(oldest)
        self._lines[key] = Repeated(record.name, record.levelno, _shown(record), now)
        self._pass_on(record)

    @override
    def flush(self) -> None:
        """Write what the handlers still hold."""
        for handler in self.handlers:
            handler.flush()

    @override
    def close(self) -> None:
        """Say what was left out so far, and close the handlers."""
        with self._locked():
            for line in self._lines.values():
                self._tell(line)
            self.forget()
        for handler in self.handlers:
            handler.close()
        super().close()

    def forget(self) -> None:
        """Count nothing any more, say nothing of what was left out, and close what was written to."""
        with self._locked():
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._lines.clear()
        for handler in self.handlers:
            handler.close()

    def tell_due(self) -> None:
        """Write the counts whose minute is over."""
        with self._locked():
            self._timer = None
            self._tell_due(self._now())
            waiting = [line.since for line in self._lines.values() if line.left_out]
            if waiting:
                self._wake_later(min(waiting) + WINDOW_SECONDS - self._now())

    @contextmanager
    def _locked(self) -> Generator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def _tell_due(self, now: float) -> None:
        """The lines stand in the order of their minutes, so that only those at the front have to be looked at."""
        while self._lines:
            key, line = next(iter(self._lines.items()))
            if now - line.since < WINDOW_SECONDS:
                return
            del self._lines[key]
            if line.left_out:
                self._tell(line)
                # It goes on being counted: a flood that lasts is one line a minute.
                self._lines[key] = Repeated(line.name, line.level, line.shown, now)

    def _wake_later(self, seconds: float) -> None:
        """Without a next record there would be nobody to say how many were left out."""
        if self._timer is None:
            self._timer = threading.Timer(max(0.0, seconds), self.tell_due)
            self._timer.daemon = True
            self._timer.start()

    def _tell(self, line: Repeated) -> None:
        if line.left_out:
            words = "... and %s more like it in the last minute: %s"
            self._pass_on(
                logging.LogRecord(line.name, line.level, __file__, 0, words, (f"{line.left_out:,}", line.shown), None)
            )

    def _pass_on(self, record: logging.LogRecord) -> None:
        for handler in self.handlers:
            if record.levelno >= handler.level:
                handler.handle(record)


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - the text of an argument may raise anything, and must not end whoever logs
        return str(record.msg)


def _shown(record: logging.LogRecord) -> str:
    text = _text(record)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _key(record: logging.LogRecord) -> Key:
    """What equal records have in common; of an error also where it was raised."""
    text = _text(record)
    if record.exc_info and record.exc_info[0] is not None:
        places = extract_tb(record.exc_info[2], limit=-1)
        place = f"{places[0].filename}:{places[0].lineno}" if places else ""
        text = f"{text} {record.exc_info[0].__qualname__} {place}"
    if record.levelno >= logging.WARNING:
        text = _NUMBER.sub("0", text)
    return record.name, record.levelno, text if len(text) <= 2_000 else f"{text[:1_000]} {hash(text)}"
