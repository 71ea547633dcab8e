"""Logging: one readable line for each event, without secrets, and with text from chat escaped."""

import copy
import logging
import re
import sys
from typing import Any, TextIO

from typing_extensions import override

from pixel_bot.texts import plain

_SECRETS: set[str] = set()
_CREDENTIAL = re.compile(
    r"(?i)((?:client_secret|access_token|refresh_token|device_code|code|token|key|password)"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"'&,;)}>]{6,})"
    r"|((?:bearer|oauth|basic)[ :]\s*)((?=\S*\d)[^\s\"'&,;)}>]{6,}|[^\s\"'&,;)}>]{20,})"
    r"|(pixel_session_\d+=|\bpb_)([A-Za-z0-9_-]{20,})"
)
_HIDDEN = "[hidden]"


def hide(secret: str) -> None:
    """From now on the secret is replaced wherever it would be logged."""
    if len(secret) >= 6:
        _SECRETS.add(secret)


def redact(text: str) -> str:
    """The text without secrets: those registered with ``hide``, and whatever looks like a credential."""
    for secret in _SECRETS:
        text = text.replace(secret, _HIDDEN)
    return _CREDENTIAL.sub(lambda found: f"{found[1] or found[3] or found[5]}{_HIDDEN}", text)


class SafeFormatter(logging.Formatter):
    """Escapes control characters in the message and hides secrets everywhere, tracebacks included."""

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = plain(record.message)
        return super().formatMessage(record)

    @override
    def formatException(self, ei: Any) -> str:
        """Indented and escaped: what an error quotes from chat cannot pass for a line of its own."""
        return "\n".join(f"  {plain(line)}" for line in super().formatException(ei).split("\n"))

    @override
    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left its own, unescaped text of the traceback in the record.
        record = copy.copy(record)
        record.exc_text = None
        return redact(super().format(record))


def set_up_logging(level: str, stream: TextIO | None = None) -> None:
    """Send log lines to ``stream`` (standard error), once, at ``level``.

    Libraries speak from WARNING on, or at the chosen level when that is DEBUG.
    """
    stream = stream if stream is not None else sys.stderr
    on_terminal = stream is not None and stream.isatty()
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, SafeFormatter)]:
        root.removeHandler(old)
    handler = _terminal_handler() if on_terminal else logging.StreamHandler(stream)
    line = "%(message)s" if on_terminal else "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    handler.setFormatter(SafeFormatter(line))
    root.addHandler(handler)
    root.setLevel(level if level in {"DEBUG", "ERROR"} else "WARNING")
    logging.getLogger("pixel_bot").setLevel(level)
    # One line for each step of each statement, what viewers wrote included, is more than anybody asks for.
    logging.getLogger("aiosqlite").setLevel("WARNING")
    logging.getLogger("cogs").setLevel(level)


def _terminal_handler() -> logging.Handler:
    from rich.console import Console
    from rich.logging import RichHandler

    return RichHandler(console=Console(stderr=True), show_path=False, markup=False, rich_tracebacks=False)
