"""Which voice can read a text: most voices know one script besides the Latin one, and spell all others sign by sign."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pixel_bot.backends.tts.speech import UnreadableText
from pixel_bot.filters.letters import options

ENOUGH = 2 / 3
"""A text of which no voice can read so much of the letters is refused; in others the rest is left out."""

_LANGUAGES = {
    "CYRILLIC": "ru ba be bg cv kk ky mk nog sr tt uk",
    "GREEK": "el grc",
    "HEBREW": "he",
    "ARABIC": "ar fa ug ur sd",
    "DEVANAGARI": "hi kok mr ne",
    "BENGALI": "bn as bpy",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "THAI": "th",
    "MYANMAR": "my shn",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy hyw",
    "ETHIOPIC": "am ti",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "cmn yue zh",
    "CHEROKEE": "chr",
}
"""The languages that are written in each script, the one that is tried first at the front."""

_READS: dict[str, set[str]] = {}
for _script, _codes in _LANGUAGES.items():
    for _code in _codes.split():
        _READS.setdefault(_code, set()).add(_script)

_SPELL_LATIN = frozenset(("ba", "cv", "hyw", "ja", "kok", "ky", "my", "nog", "shn", "ti"))
"""Languages whose voices spell Latin words letter by letter."""

_OWN_LETTERS = frozenset(("az", "gn", "ha", "haw", "ro", "smj", "vi"))
"""Languages with Latin letters beyond U+017F, which voices of others spell by their numbers."""

_LAST_COMMON_LETTER = "\u017f"
_NAMES = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean", "MYANMAR": "Burmese"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read out, and by which voice."""

    text: str
    voice: str


def language_of(voice: str) -> str:
    """The language in a voice's name, like ``pt`` in ``pt-br`` and ``de`` in ``de_DE-thorsten-medium``."""
    return voice.casefold().replace("_", "-").partition("-")[0]


def spells_latin(voice: str) -> bool:
    """Whether a voice cannot read Latin letters, and spells them."""
    return language_of(voice) in _SPELL_LATIN


def reading(text: str, voice: str, voices: Sequence[str]) -> Reading:
    """The voice that reads a text: the wanted one, or else one that knows its script.

    Args:
        text: what is to be said.
        voice: the wanted one.
        voices: those that there are, the likeliest first.

    Returns:
        The text with what that voice can read of it.

    Raises:
        UnreadableText: no voice can read most of it.
    """
    scripts = Counter(script for char in text if (script := script_of(char)))
    if _count(scripts, voice) < scripts.total():
        voice = max((voice, *_candidates(scripts, voices)), key=lambda other: _count(scripts, other))
    if _count(scripts, voice) < ENOUGH * scripts.total():
        raise UnreadableText(_named(scripts, language_of(voice)))
    return Reading(_readable(text, language_of(voice)), voice)


@lru_cache(4_096)
def script_of(char: str) -> str:
    """The script of a letter, as the names of its characters begin; empty for what is no letter."""
    if not char.isalpha():
        return ""
    first = unicodedata.name(char, "UNKNOWN").partition(" ")[0]
    return "LATIN" if char.isascii() or first in {"FEMININE", "MASCULINE", "MODIFIER"} else first


def _reads(language: str, script: str) -> bool:
    if script == "LATIN":
        return language not in _SPELL_LATIN
    return script in _READS.get(language, ())


def _count(scripts: Counter[str], voice: str) -> int:
    return sum(number for script, number in scripts.items() if _reads(language_of(voice), script))


def _candidates(scripts: Counter[str], voices: Sequence[str]) -> list[str]:
    """For each script the first voice that reads it, in the order of its languages."""
    found: list[str] = []
    for script, _ in scripts.most_common():
        known = [voice for voice in voices if _reads(language_of(voice), script)]
        order = _LANGUAGES.get(script, "").split()
        found += sorted(known, key=lambda voice: _place(order, language_of(voice)))[:1]
    return found


def _place(order: Sequence[str], language: str) -> int:
    return order.index(language) if language in order else len(order)


def _readable(text: str, language: str) -> str:
    """The words that a voice can read, in letters that it does not spell."""
    words = (word for word in text.split() if all(_reads(language, s) for char in word if (s := script_of(char))))
    line = " ".join(words)
    if line.isascii() or language in _OWN_LETTERS:
        return line
    return "".join(_common(char) for char in line)


def _common(char: str) -> str:
    is_rare = char > _LAST_COMMON_LETTER and script_of(char) == "LATIN"
    return (options(char) or (char,))[0] if is_rare else char


def _named(scripts: Counter[str], language: str) -> str:
    script = next(script for script, _ in scripts.most_common() if not _reads(language, script))
    return _NAMES.get(script, script.capitalize())
