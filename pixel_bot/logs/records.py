"""What a log line may hold: no secrets, and text from chat only escaped."""

import copy
import logging
import re
from typing import Any

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
