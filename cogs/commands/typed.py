"""How commands are typed: names, and the spelling of Nightbot."""

import re
from dataclasses import dataclass, field

from pixel_bot.plugin import BadInput, texts

from . import sentences
from .options import level_of, seconds_of

_ = texts(__name__)

LONGEST_NAME = 30
LONGEST_TEXT = 1_500

_NAME = re.compile(r"[^\s@/\\.,:;|`'\"$(){}<>\[\]=]+")
_FLAG = re.compile(r"-(ul|cd|a)=(\S*)", re.IGNORECASE)


@dataclass(slots=True)
class Typed:
    """What was typed after ``!cmd add``: a name, a text, and Nightbot's flags as options."""

    name: str = ""
    text: str = ""
    options: dict[str, str | int] = field(default_factory=dict[str, str | int])


def read(typed: str, prefix: str) -> Typed:
    """Read ``[-ul=LEVEL] [-cd=SECONDS] [-a=COMMAND] NAME [TEXT]``.

    Raises:
        BadInput: a flag's value cannot be used.
    """
    read_so_far, rest = Typed(), typed.strip()
    while rest:
        word, _blank, after = rest.partition(" ")
        if (flag := _FLAG.fullmatch(word)) is not None:
            _add_flag(read_so_far, flag[1].lower(), flag[2], prefix)
        elif not read_so_far.name:
            read_so_far.name = bare_name(word, prefix)
        else:
            read_so_far.text = rest
            break
        rest = after.strip()
    return read_so_far


def _add_flag(typed: Typed, flag: str, value: str, prefix: str) -> None:
    match flag:
        case "ul":
            typed.options["who"] = level_of(value)
        case "cd":
            typed.options["everyone"] = seconds_of("-cd", value)
        case _:
            typed.options["alias"] = bare_name(value, prefix)


def bare_name(word: str, prefix: str) -> str:
    """A command's name without what commands begin with, lower case."""
    return word.strip().lower().removeprefix(prefix.lower()).removeprefix("!")


def checked_name(name: str, prefix: str) -> str:
    """A name that a new command may have.

    Raises:
        BadInput: it is none.
    """
    if not (0 < len(name) <= LONGEST_NAME and _NAME.fullmatch(name) and name.isprintable() and name[0].isalnum()):
        raise BadInput(_(sentences.BAD_NAME, most=LONGEST_NAME, prefix=prefix))
    return name


def checked_text(text: str, command: str) -> str:
    """A text that a command may say.

    Raises:
        BadInput: it is empty, or too long.
    """
    if not text.strip():
        raise BadInput(_(sentences.NO_TEXT, command=command))
    if len(text) > LONGEST_TEXT:
        raise BadInput(_(sentences.TOO_LONG, most=str(LONGEST_TEXT)))
    return text.strip()
