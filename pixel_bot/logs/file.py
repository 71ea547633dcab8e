"""The log file, ``DATA_DIR/logs/pixel.log``: it rotates, only its owner may read it, and a full disk stops nothing."""

import contextlib
import io
import logging
import os
import sys
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from typing_extensions import override

from pixel_bot.logs.records import SafeFormatter

MAX_BYTES = 2_000_000
OLDER_FILES = 4
"""``pixel.log.1`` to ``pixel.log.4``, the newest first."""

RETRY_SECONDS = 60.0
"""After the file could not be written."""

LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def log_path(data_dir: Path) -> Path:
    """Where the log file of a bot is."""
    return data_dir / "logs" / "pixel.log"


class LogFile(RotatingFileHandler):
    """Appends lines to a file of at most ``MAX_BYTES``, and keeps ``OLDER_FILES`` before it.

    While it cannot be written (the disk is full, the folder is gone), lines are left out of it; it is tried again after
    a while. It never raises, and says nothing of it through the log, which would come back here.

    Args:
        path: of the file; its folder is made.
        on_failure: told why, once until it works again.
        now: monotonic seconds.
    """

    def __init__(
        self,
        path: Path,
        on_failure: Callable[[OSError], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_failure = on_failure
        self._now = now
        self._again_at: float | None = None
        self._failure: OSError | None = None
        super().__init__(
            path, maxBytes=MAX_BYTES, backupCount=OLDER_FILES, encoding="utf-8", delay=True, errors="backslashreplace"
        )
        self.setFormatter(SafeFormatter(LINE))

    @override
    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        return io.TextIOWrapper(
            # Without a buffer, so that what could not be written is not kept and tried again for ever.
            io.FileIO(descriptor, "ab"),  # pyright: ignore[reportArgumentType]
            encoding="utf-8",
            errors="backslashreplace",
            write_through=True,
        )

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, unless that failed a short while ago."""
        if self._again_at is not None and self._now() < self._again_at:
            return
        failed_before, self._failure = self._again_at is not None, None
        super().emit(record)
        if self._failure is None:
            self._again_at = None
            return
        self._drop_stream()
        self._again_at = self._now() + RETRY_SECONDS
        if not failed_before:
            self._on_failure(self._failure)

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Note what went wrong; what is no matter of the disk is logging's."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._failure = error
        else:
            super().handleError(record)

    @override
    def doRollover(self) -> None:
        """Begin a new file. One that cannot be renamed, as on Windows while somebody reads it, is emptied instead."""
        try:
            super().doRollover()
        except OSError:
            self._drop_stream()
            os.truncate(self.baseFilename, 0)

    def _drop_stream(self) -> None:
        stream, self.stream = self.stream, None  # pyright: ignore[reportAttributeAccessIssue]
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
            with contextlib.suppress(OSError):
                stream.close()
