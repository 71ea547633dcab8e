"""Field parsers for Joystick.tv's messages: single values, validated and sanitised."""

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.joystick.structs import Amount
from pixel_bot.texts import fit, visible

MOST = 1_000_000_000
"""Tokens, subs, months, viewers: more than there can be."""

AHEAD = timedelta(minutes=5)
"""A clock may be so much fast. What claims to come from later would hold a cooldown for ever."""

LONGEST_WORDS = 60
USERNAME = re.compile(r"[\w.\-]{1,64}")
ID = re.compile(r"[!-~]{1,200}")
_TAG = re.compile(r"<[/!?A-Za-z][^>]*>")


def is_username(name: str) -> bool:
    """True for a name that can be stored as ``name@joystick``, and that people can see all of."""
    if USERNAME.fullmatch(name) is None or visible(name) != name:
        return False
    # Letters that only look like others, or become them in lower case, would be somebody else's name.
    return unicodedata.normalize("NFKC", name) == name and USERNAME.fullmatch(name.lower()) is not None


def person_named(username: str) -> Person:
    """Somebody by their username.

    Raises:
        Unreadable: no username that could be stored as ``name@joystick``.
    """
    if not is_username(username):
        raise Unreadable("an odd username")
    login = username.lower()
    return Person(login, login, username, "joystick")


def checked_id(event_id: str) -> str:
    """The idempotency key of an event: its id.

    Raises:
        Unreadable: there is none; then it could be paid twice.
    """
    if not ID.fullmatch(event_id):
        raise Unreadable("an event without an id")
    return event_id


def moment_of(written: str, now: datetime) -> datetime:
    """When it happened, in UTC; ``now`` where that is missing, or cannot be."""
    try:
        at = datetime.fromisoformat(written)
        return now if at.tzinfo is None or at > now + AHEAD else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return now


def amount_of(value: Amount, *, least: int = 0, default: int | None = None) -> int:
    """A whole number from ``least`` on; ``default`` where there is none.

    Raises:
        Unreadable: it is none, or one that cannot be.
    """
    if value is None and default is not None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if not isinstance(value, int) or not least <= value <= MOST:
        raise Unreadable("an amount that cannot be")
    return value


def plain_words(value: str) -> str:
    """A title that a person wrote, as plain text."""
    text, before = value[:500], ""
    # Again and again: what is left of nested or escaped tags may be one itself. Each round makes the text shorter.
    while text != before:
        before, text = text, _TAG.sub("", printable(html.unescape(text)))
    return fit(text, LONGEST_WORDS)


def printable(text: str) -> str:
    """The text without characters that nobody sees, or that control a terminal."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in visible(text))


def emote_names(emotes: object) -> tuple[str, ...]:
    """Names of emotes, in any of the documented forms."""
    if not isinstance(emotes, list):
        return ()
    names: list[str] = []
    for emote in cast(list[Any], emotes)[:100]:
        if isinstance(emote, dict):
            fields = cast(dict[str, Any], emote)
            emote = fields.get("code") or fields.get("name")
        if isinstance(emote, str) and emote:
            names.append(emote)
    return tuple(names)
