"""Values in a file of settings that are not what was meant: quotes, escapes, comments, placeholders."""

import re
from collections.abc import Iterator

from pixel_bot.configuration.finding import Finding, hint, warning

SMART_QUOTES = "“”„‟‘’‚‛«»`´"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAMES_OF_CONTROLS = {"\n": "a line feed", "\t": "a tab", "\a": "a bell", "\b": "a backspace", "\r": "a return"}
_PLACEHOLDER = re.compile(r"(?i)<[^<>]*>|your[_ -][\w -]*|x{4,}|change[_ -]?me|\.\.\.|todo")


def control_characters(value: str) -> str:
    """The control characters of a value in words, like ``a line feed and a bell``; empty when it has none."""
    found = dict.fromkeys(_NAMES_OF_CONTROLS.get(char, "a control character") for char in _CONTROL.findall(value))
    return " and ".join(found)


def value_findings(name: str, value: str, typed: str, at: str, *, is_sentence: bool) -> Iterator[Finding]:
    """What is strange about one value.

    Args:
        name: the setting, in upper case.
        value: as it was read.
        typed: the text that it was read from, name included.
        at: where it stands, for the sentence.
        is_sentence: whether it is words for people, in which quotes and commas are usual.
    """
    if not value:
        yield hint(f"{at}: {name} is empty, so its default counts.")
        return
    written = typed.partition("=")[2].strip()
    ends = {value[0] in SMART_QUOTES, value[-1] in SMART_QUOTES}
    if ends == {True} or (True in ends and not is_sentence):
        yield warning(f'{at}: {name} has typographic quotes, which belong to the value now. Use " or none.')
    elif value[0] != value[-1] and value[-1] in "\"'" and written[:1] not in {'"', "'"}:
        yield warning(f"{at}: {name} ends with a quote that did not begin. Take it out.")
    elif value[0] == value[-1] and value[0] in "\"'" and len(value) > 1:
        yield warning(f"{at}: {name} has quotes inside its quotes, which belong to the value now. Use one pair.")
    if value.startswith("="):
        yield warning(f"{at}: {name} has two =, and the second one belongs to the value now.")
    if _PLACEHOLDER.fullmatch(value) and not is_sentence:
        yield warning(
            f"{at}: {name} has a placeholder as its value. Put the real one there, or # in front of the line."
        )
    yield from _changed_on_the_way(name, value, typed, written, at)
    if re.search(r"\s//|[;,]$", value) and not is_sentence and not name.startswith("WEB_ALLOWED"):
        yield warning(f"{at}: {name} ends with a sign that is no comment here, and belongs to the value now.")


def _changed_on_the_way(name: str, value: str, typed: str, written: str, at: str) -> Iterator[Finding]:
    """Values that reading changes: escapes, comments and ``${NAME}``."""
    if controls := control_characters(value):
        if "\n" in value and "\n" in typed.strip():
            lines = len(typed.strip().splitlines()) - 1
            yield warning(f"{at}: the quote of {name} does not close in its line, so {lines} more belong to it.")
        else:
            yield warning(f'{at}: {name} has {controls} in it, because "\\n" and the like are escapes. Use \' for ".')
    if written[:1] not in {'"', "'"} and re.search(r"\s#", written):
        yield hint(f'{at}: {name} ends before the #, which begins a comment. If it belongs to the value, put " around.')
    if "${" in value:
        yield warning(f"{at}: {name} has ${{...}} in it, which is replaced by another setting of that name.")
