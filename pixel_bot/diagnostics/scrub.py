"""Takes secrets out of a text that leaves the machine: those that are known, and whatever looks like one.

It errs on the safe side: an id of a message goes too, because a key looks the same.
"""

import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from dotenv.parser import parse_stream
from pydantic import SecretStr

from pixel_bot.configuration.loading import ENV_FILE
from pixel_bot.configuration.names import letters
from pixel_bot.logs import redact
from pixel_bot.settings import Settings

HIDDEN = "[hidden]"
SHORTEST = 3
"""Characters of the shortest secret that is looked for in texts."""

_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASS|PWD|KEY|AUTH|CREDENTIAL|COOKIE|PRIVATE|WEBHOOK")
_HARMLESS_NAME = re.compile(r"KEYBOARD|XAUTHORITY|SSH_AUTH_SOCK|KEYRING|_PATH$|^PWD$|^OLDPWD$")
_USER_INFO = re.compile(r"(://)[^/\s@\"']+@")
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)[?#][^\s\"'<>)]*", re.IGNORECASE)
_MARKED = re.compile(r"\b(?:pb_|oauth:|sk-|ghp_|xox[a-z]-)[A-Za-z0-9_-]{4,}")
_RANDOM = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}=*")
_LINK = re.compile(r"(/(?:login|enter|link|once|ticket|invite|token|auth)/)[A-Za-z0-9_-]{6,}")
_ORDINARY = re.compile(r"[a-zA-Z]*|[0-9]*|[a-z]+[0-9]{1,2}|.{1,4}")
"""A word of a name, a version or a time."""


class Scrubber:
    """Takes secrets out of texts.

    Args:
        secrets: known ones.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {secret for secret in secrets if len(secret) >= SHORTEST}
        wanted = sorted({form for secret in plain for form in _forms(secret)}, key=len, reverse=True)
        # A short one stands for itself only as a word: else it would eat numbers and names all over the text.
        parts = [re.escape(s) if len(s) > 5 else rf"(?<!\w){re.escape(s)}(?!\w)" for s in wanted]
        self._known = re.compile("|".join(parts)) if parts else None

    def clean(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _USER_INFO.sub(rf"\1{HIDDEN}@", text)
        text = _QUERY.sub(rf"\1?{HIDDEN}", text)
        text = _LINK.sub(rf"\1{HIDDEN}", text)
        text = _MARKED.sub(HIDDEN, redact(text))
        return _RANDOM.sub(_unless_harmless, text)


def _forms(secret: str) -> tuple[str, ...]:
    """How a secret is written: as it is, in JSON, as Python shows it, and in a URL."""
    return (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe=""), quote_plus(secret))


def _unless_harmless(found: re.Match[str]) -> str:
    """Names of settings and files, versions and times stay: their words are no random characters."""
    words = re.split(r"[_-]", found[0])
    ordinary = found[0].lower() in Settings.model_fields or all(_ORDINARY.fullmatch(word) for word in words)
    return found[0] if ordinary else HIDDEN


def known_secrets(folders: Iterable[Path] = ()) -> Iterator[str]:
    """Every secret that can be found without reading the settings as a whole: they may be wrong.

    Args:
        folders: DATA_DIRs with files of keys.
    """
    for source in (os.environ, dict(written())):
        yield from _secret_values(source)
    for folder in folders:
        for file in folder.glob("*.key"):
            try:
                yield file.read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                continue


def _secret_values(source: Mapping[str, str]) -> Iterator[str]:
    """Values whose names say that they are secret, in whatever spelling."""
    ours = {letters(name) for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    for name, value in source.items():
        plain = name.upper()
        if letters(name) in ours or (_SECRET_NAME.search(plain) and not _HARMLESS_NAME.search(plain)):
            yield value
            yield value.strip("\"'“”„ ")
        # In a URL only the password is secret; the rest of it may say what is wrong.
        yield from re.findall(r"://[^/\s:@]*:([^/\s@]+)@", value)


def written() -> Iterator[tuple[str, str]]:
    """All names and values of ``.env``, in whatever encoding; a line that cannot be read has its text as a value."""
    try:
        raw = ENV_FILE.read_bytes()
    except OSError:
        return
    text = raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig", errors="replace")
    for number, binding in enumerate(parse_stream(io.StringIO(text))):
        typed = binding.original.string.strip()
        if binding.key and binding.value is not None:
            yield binding.key, binding.value
        elif typed and not typed.startswith("#") and typed.lower() not in Settings.model_fields:
            # "set X=y", "X: y" and the like: the name in front says whether it is a secret.
            name, _, value = (
                re.sub(r"(?i)^(setx?|\$env:|export|let|-)\s*", "", typed).replace(":", "=", 1).partition("=")
            )
            yield f"{name.strip()}_{number}" if value else f"SECRET_{number}", (value or typed).strip()
