"""What the bot says for others must be no command: neither of Twitch, nor of this bot, nor of any other one."""

import unicodedata
from collections.abc import Iterable

# Whatever sign stands before a letter may be the prefix of some bot's commands; what opens a sentence is none.
_OPENING = frozenset("\"'“‘„«»「『(¿¡@")
_SYMBOLS = frozenset("°¦©®")
_ALWAYS_TAKEN_AWAY = ("/", ".", "!", "\\")


def no_command(line: str, prefixes: Iterable[str]) -> str:
    """The line without any sign in front that would make it a chat command.

    Args:
        line: what is to be said.
        prefixes: what commands of this bot begin with.
    """
    signs = (*prefixes, *_ALWAYS_TAKEN_AWAY)
    before = None
    while line != before:
        before = line
        for sign in signs:
            line = line.removeprefix(sign).lstrip()
        line = _without_signs(line)
    return line


def _without_signs(line: str) -> str:
    """The line without the signs in front of its first letter, each of which is the prefix of some bot's commands."""
    at = 0
    while at < len(line) and (line[at] == " " or _is_sign(line[at])):
        at += 1
    is_command = line[at : at + 1].isalpha() and not _OPENING.issuperset(line[:at])
    return line[at:] if is_command else line


def _is_sign(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind[0] == "P" or kind in {"Sm", "Sc", "Sk"} or char in _SYMBOLS
