"""Logging: one readable line for each event, without secrets, and with text from chat escaped."""

import logging
import sys
from pathlib import Path
from typing import TextIO

from pixel_bot.configuration.cog_files import PACKAGE
from pixel_bot.logs.file import LINE, LogFile, log_path
from pixel_bot.logs.records import SafeFormatter, hide, redact
from pixel_bot.logs.repeats import RepeatsCollapsed

__all__ = ["SafeFormatter", "end_log_file", "hide", "log_path", "log_to_file", "redact", "set_up_logging"]


def set_up_logging(level: str, stream: TextIO | None = None) -> None:
    """Send log lines to ``stream`` (standard error), once, at ``level``.

    Libraries speak from WARNING on, or at the chosen level when that is DEBUG.
    """
    stream = stream if stream is not None else sys.stderr
    on_terminal = stream is not None and stream.isatty()
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, RepeatsCollapsed)]:
        root.removeHandler(old)
        old.forget()
    handler = _terminal_handler() if on_terminal else logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter("%(message)s" if on_terminal else LINE))
    root.addHandler(RepeatsCollapsed([handler]))
    root.setLevel(level if level in {"DEBUG", "ERROR"} else "WARNING")
    logging.getLogger("pixel_bot").setLevel(level)
    # One line for each step of each statement, what viewers wrote included, is more than anybody asks for.
    logging.getLogger("aiosqlite").setLevel("WARNING")
    logging.getLogger(PACKAGE).setLevel(level)


def log_to_file(data_dir: Path) -> None:
    """From now on write the log into ``DATA_DIR/logs/pixel.log``, too. ``set_up_logging`` comes first."""
    path = log_path(data_dir)
    for collapsed in [h for h in logging.getLogger().handlers if isinstance(h, RepeatsCollapsed)]:
        console = tuple(collapsed.handlers)

        def tell(why: OSError, console: tuple[logging.Handler, ...] = console) -> None:
            words = f"The log file {path} cannot be written ({why.strerror or why}). The log goes on here."
            for handler in console:
                handler.handle(logging.LogRecord(__name__, logging.WARNING, __file__, 0, words, (), None))

        collapsed.handlers.append(LogFile(path, tell))


def end_log_file() -> None:
    """Write into no file any more, and close it."""
    for collapsed in [h for h in logging.getLogger().handlers if isinstance(h, RepeatsCollapsed)]:
        for file in [h for h in collapsed.handlers if isinstance(h, LogFile)]:
            collapsed.handlers.remove(file)
            file.close()


def _terminal_handler() -> logging.Handler:
    from rich.console import Console
    from rich.logging import RichHandler

    return RichHandler(console=Console(stderr=True), show_path=False, markup=False, rich_tracebacks=False)
