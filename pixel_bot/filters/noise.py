"""Removes emoji and ornaments from a text, and shortens repetitions."""

import re
import unicodedata
from functools import lru_cache

from pixel_bot.texts import visible

MAX_SAME_WORDS = 2
MAX_PHRASE_WORDS = 40
MAX_SAME_KEYS = 12
"""How many earlier places of a word are looked at."""

MAX_DIGITS = 15
"""A longer repetition of digits is no number that anybody wants to hear."""
MAX_MARKS = 3

_KEPT_SIGNS = frozenset("+<=>|~^`×÷±")
_SLASH = {0x2044: "/", 0x2215: "/"}
# Accents that NFKC could not join with their letter are there to pile up; other scripts need their marks.
_ACCENTS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

_SMILEY = re.compile(
    r"(?:[:;]['^o-]?[()\[\]dpo3/\\|*]|=[()dp]|xd+|<[/\\]?3|d:)+|\W*([^\W_])_+\1\W*",
    re.IGNORECASE,
)
_FACE_SIGNS = frozenset("_^~\\|<>*`=#°・･ωﾟ")
_LONE_SIGNS = frozenset(".,!?;:-–—&+%$€£¥=/")

_LETTERS = re.compile(r"([^\W\d_])\1{3,}", re.IGNORECASE)
_SIGNS = re.compile(r"([^\w\s]|_)\1{2,}")
# Both ends of a block are bounded, so the work grows with the length of the text.
_BLOCKS = re.compile(r"(\S{1,60}?)\1{3,}", re.IGNORECASE)
_UNIT = re.compile(r"(.{2,20}?)\1+")
_SIGN_PAIRS = re.compile(r"([^\w\s]{2,3})\1+")


def plain_characters(text: str) -> str:
    """Letters, digits and punctuation in their usual form; no emoji, nothing unseen, no piled-up accents."""
    if text.isascii():
        return "".join(char if char.isprintable() else " " for char in text)
    text = unicodedata.normalize("NFKC", visible(text)).translate(_SLASH)
    text = unicodedata.normalize("NFKC", visible(_ACCENTS.sub("", text)))
    kept: list[str] = []
    marks = 0
    for char in text:
        said, is_mark = _said(char)
        marks = marks + 1 if is_mark else 0
        if marks <= MAX_MARKS:
            kept.append(said)
    return "".join(kept)


@lru_cache(16_384)
def _said(char: str) -> tuple[str, bool]:
    """The character, a plain digit for one of another script, or a space; and whether it is a mark."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char)), False
    is_said = kind[0] in "LNMP" or kind == "Sc" or char in _KEPT_SIGNS
    return (char if is_said else " "), kind[0] == "M"


def without_faces(text: str) -> str:
    """The text without smileys, kaomoji and ornaments made of signs."""
    return " ".join(word for word in text.split() if not _is_face(word))


def _is_face(word: str) -> bool:
    spoken = sum(char.isalnum() for char in word)
    if not spoken and not _LONE_SIGNS.issuperset(word):
        return True
    signs = sum(char in _FACE_SIGNS or unicodedata.category(char) in {"So", "Sk"} for char in word)
    return _SMILEY.fullmatch(word) is not None or (signs >= 2 and 2 * spoken < len(word))


@lru_cache(64)
def calmed(text: str) -> str:
    """Fewer equal letters, signs, blocks, words and phrases in a row; numbers stay as they are."""
    text = _LETTERS.sub(r"\1\1\1", text)
    text = _SIGN_PAIRS.sub(r"\1", _SIGNS.sub(r"\1\1", text))
    return _fewer_words(_BLOCKS.sub(_three_times, text))


def _three_times(block: re.Match[str]) -> str:
    is_number = block[0].isdecimal() and len(block[0]) <= MAX_DIGITS
    return block[0] if is_number else 3 * block[1]


def _fewer_words(text: str) -> str:
    """Each word or phrase at most twice in a row, whatever its case and punctuation."""
    words: list[str] = []
    keys: list[str] = []
    places: dict[str, list[int]] = {}
    for word in text.split():
        words.append(word)
        key = _key(word)
        same = [at for at in places.get(key, ()) if at < len(keys) and keys[at] == key][-MAX_SAME_KEYS:]
        places[key] = [*same, len(keys)]
        keys.append(key)
        for at in reversed(same):
            size = len(keys) - 1 - at
            if _says_again(keys, size):
                del words[-size:], keys[-size:]
                break
    return " ".join(words)


@lru_cache(4_096)
def _key(word: str) -> str:
    """What a word is compared by: letters and digits, in which ``haha`` is ``ha``."""
    letters = "".join(char for char in word.casefold() if char.isalnum())
    return (letters if letters.isdecimal() else _UNIT.sub(r"\1", letters)) or word


def _says_again(keys: list[str], size: int) -> bool:
    times = MAX_SAME_WORDS + 1
    if size > MAX_PHRASE_WORDS or len(keys) < times * size:
        return False
    last = keys[-size:]
    return all(keys[-size * back : -size * (back - 1)] == last for back in range(2, times + 1))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text, ending with a whole word where there is one."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit + 1].rpartition(" ")
    return head if space and len(head) > limit // 2 else text[:limit].rstrip()
