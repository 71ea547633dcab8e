"""Finds links, also those that are written so that a link filter would not see them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pixel_bot.filters.letters import options

_DOT = "[.。．｡·•‧∙⋅․ꓸ۔]"
_ALSO_DOMAINS = ("onion",)
"""Not in the root zone, and links all the same."""

# Each part begins at a fixed sign or at the start of a word and is bounded, so a text is read once.
_IN_WORD = re.compile(
    rf"""
    :// | www\d?{_DOT} | xn--\w |                                  # a scheme, the usual first name, punycode
    (?<=[\w-]){_DOT}[^\W\d_]{{2,24}}(?::\d{{1,5}})?/\S |              # example.anything/path
    (?<!\d)\d{{1,3}}(?:{_DOT}\d{{1,3}}){{3}}(?!\d) |                  # the number of a machine
    \[[\da-f]{{0,4}}:[\da-f:.]{{1,40}}\] |                           # the same, version 6
    (?<![\w:])(?:[\da-f]{{1,4}}:){{2,7}}(?::|[\da-f]{{1,4}}:[\da-f]) |
    ^www$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SPOKEN_DOT = "dot|d0t|punkt|punto|point|ponto|nokta|kropka|точка|ドット"
_SPREAD_OUT = re.compile(
    rf"""
    (?<![\w-])[\w-]{{1,63}}
    (?:
        (?:\s{{1,3}}{_DOT}\s{{0,3}} | {_DOT}\s{{1,3}})(?:com|org)                    # example . com, example. com
        | \s{{1,3}}{_DOT}\s{{0,3}}(?:net|tv|io|ly|xyz|ru|gg|de)                       # example .net
        | \s{{0,3}}[(\[{{<]\s?(?:{_DOT}|{_SPOKEN_DOT})\s?[)\]}}>]\s{{0,3}}[^\W\d_]{{2,10}}   # example (dot) gg
        | \s{{1,3}}(?:dot|d0t)\s{{1,3}}(?:com|org|net|tv|gg|io|ly|xyz|ru|me|co)       # example dot com
        | \s{{1,3}}(?:{_SPOKEN_DOT})\s{{1,3}}(?:com|org|net|tv|gg|io|xyz)             # example punkt com
    )
    (?![\w-])(?:\s?/\s?\S{{1,200}})?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DOTS = re.compile(_DOT)


def without_links(text: str) -> str:
    """The text without links: with and without a scheme, and ``example dot com`` too."""
    text = _SPREAD_OUT.sub(" ", text)
    return " ".join(word for word in text.split() if not _is_link(word))


def _is_link(word: str) -> bool:
    if _IN_WORD.search(word) or _has_domain(word):
        return True
    return not word.isascii() and _DOTS.search(word) is not None and _has_domain(_as_it_looks(word))


def _has_domain(word: str) -> bool:
    """Whether a dot stands in it between a name and a top-level domain."""
    before, *labels = _DOTS.split(word)
    for label in labels:
        if before and (before[-1].isalnum() or before[-1] in "_-") and "".join(_first_label(label)) in _domains():
            return True
        before = label
    return False


def _first_label(text: str) -> Iterator[str]:
    for char in text.casefold():
        if not (char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"):
            return
        yield char


def _as_it_looks(word: str) -> str:
    """The word with plain letters in place of those that look like them."""
    return "".join(char if char.isascii() else (options(char) or (char,))[0] for char in word)


@cache
def _domains() -> frozenset[str]:
    lines = files("pixel_bot.filters").joinpath("domains.txt").read_text(encoding="utf-8").splitlines()
    return frozenset((*_ALSO_DOMAINS, *(line for line in lines if not line.startswith("#"))))
