"""Blocked words in letters that only look, or sound, like the usual ones; and innocent words in many languages."""

import asyncio
import codecs
import string
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_bot.filters import TextFilter
from pixel_bot.filters.bad_words import built_in_words
from pixel_bot.filters.letters import as_it_looks, options
from pixel_bot.filters.noise import plain_characters
from tests.filters.heard import VOICES, heard
from tests.harness.rounds import rounds
from tools.letters import ALPHABETS
from tools.letters_by_ear import letters_by_ear

WORDS = [word for word in built_in_words() if " " not in word]
WORST = [codecs.decode(word, "rot13") for word in ("avttre", "snttbg")]
SHORT = codecs.decode("snt", "rot13")
INNOCENT = (Path(__file__).parent / "innocent.txt").read_text(encoding="utf-8").splitlines()
MADE = (
    *(("".join(chr(ord(first) + at) for at in range(26))) for first in "𝐚𝒂𝓪𝔞𝕒𝖆𝖺𝗮𝘢𝙖𝚊ⓐ🅐🅰🇦⒜ａ"),
    "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖᵠʳˢᵗᵘᵛʷˣʸᶻ",
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ",
)
"""Alphabets that are runs of characters, or small capitals and superscripts."""


@pytest.fixture(scope="module")
def text_filter() -> TextFilter:
    return TextFilter(Path("there_is_no_such_file.txt"), 500)


def passes(text_filter: TextFilter, disguised: str) -> bool:
    """Whether anything of it would be said as it was typed."""
    said = text_filter.clean(f"you {disguised} there")
    return said != "you there" and "bleep" not in said


@pytest.mark.parametrize("alphabet", [*ALPHABETS, *MADE])
def test_words_in_other_alphabets_are_found(text_filter: TextFilter, alphabet: str) -> None:
    letters = dict(zip(string.ascii_lowercase, alphabet, strict=True))
    assert [word for word in WORDS if passes(text_filter, "".join(letters[char] for char in word))] == []


def test_characters_that_were_seen_in_the_wild() -> None:
    seen = "ǥɍɛıɑɡʀɢɪᵍɐəⱥꞡġğĝǵǧɠᶃⓖ🄶🅖🅶🇬ցԍ"
    assert [char for char in seen if options(char)[0] not in string.ascii_lowercase] == []


DISGUISES: tuple[Callable[[str], str], ...] = (
    " ".join, ".".join, "👋".join, " 👋 ".join, "\u200d".join, "  .  ".join, " . . ".join, "-".join, "__".join,
    "~".join, "|".join, "/".join, "'".join, "\u00ad".join, "\u3164".join, "〰".join, "🏳️‍🌈".join,
    "\u0489\u0336".join,
    "\U000e0067".join, " \u2062".join,
    lambda word: "\u202e" + word[::-1],
    lambda word: f"x \u202e{word[::-1]}\u202c y",
    lambda word: f"{word[:2]}👋{word[2:]}",
    lambda word: word.replace("g", "9").replace("i", "!"),
    lambda word: word.replace("g", "ɡ").upper(),
    lambda word: word + word,
    lambda word: "".join("z̷̡̛͙"[1:] + char for char in word),
    lambda word: "".join(dict(zip("nigerfaot", "uᴉƃǝɹɟɐoʇ", strict=True))[char] for char in reversed(word)),
    lambda word: "".join(dict(zip("nigerfaot", "нигеrфаот", strict=True))[char] for char in word),
)  # fmt: skip


@pytest.mark.parametrize("word", WORST)
def test_words_in_pieces_are_found(text_filter: TextFilter, word: str) -> None:
    assert [disguised for disguise in DISGUISES if passes(text_filter, disguised := disguise(word))] == []


@pytest.mark.parametrize("word", WORST)
@pytest.mark.parametrize("before", ["x", "x ", "xy", "you", "you ", "a", "4", "×", "xX"])
def test_letters_in_front_of_a_word_in_pieces_hide_nothing(text_filter: TextFilter, word: str, before: str) -> None:
    halves, at = before + word, word.index("gg")
    hidden: list[str] = []
    for between in (" ", ".", "-", "  ", " 👋 ", ", "):
        hidden += [
            before + between.join(word),
            f"and {before}{between.join(word)} there",
            between.join(halves[start : start + 2] for start in range(0, len(halves), 2)),
            before + word[:at] + between + word[at:],
            before + word[: at + 2] + between + word[at + 2 :],
        ]
    assert [text for text in hidden if passes(text_filter, text)] == []


@pytest.mark.parametrize(
    "template", ["{}👋{}👋{}", "{}.{}.{}", "{} {} {}", "{}{}👋{}", "{}_{}_{}", "{}|{}|{}", "{}×{}×{}"]
)
def test_short_words_in_pieces_are_found(text_filter: TextFilter, template: str) -> None:
    assert not passes(text_filter, template.format(*SHORT))


@pytest.mark.parametrize("after", ["×", "∂", "!", "+", "¢", "ʻ", "\u0301"])
def test_a_sign_beside_a_word_hides_nothing(text_filter: TextFilter, after: str) -> None:
    assert not passes(text_filter, SHORT + after)


def test_innocent_sentences_stay(text_filter: TextFilter) -> None:
    assert [text_filter.clean(sentence) for sentence in INNOCENT] == INNOCENT


def test_a_text_from_right_to_left_is_taken_as_it_looks() -> None:
    assert as_it_looks("a \u202edcb\u202c e \u202eihg") == "a bcd e ghi"
    assert as_it_looks("plain") == "plain"


def is_folded(text_filter: TextFilter, spoken: dict[str, str]) -> None:
    """Each character is read as the letters that it sounds like, also in each word with one of its letters swapped."""
    heard = {char: letters for char, letters in spoken.items() if plain_characters(f"a{char}a") == f"a{char}a"}
    assert len(heard) > 50
    assert {char: letters for char, letters in heard.items() if not set(letters) <= set(options(char))} == {}
    swapped = {
        word.replace(letter, char, 1)
        for char, letters in heard.items()
        for letter in letters
        for word in WORDS
        if letter in word
    }
    innocent = {unicodedata.normalize("NFC", word) for word in ("kıs",)}
    assert [word for word in sorted(swapped - innocent) if text_filter.bleeped(word) == word] == []


@pytest.mark.parametrize("voice", VOICES)
def test_what_sounds_like_a_letter_is_folded_to_it(text_filter: TextFilter, voice: str) -> None:
    is_folded(text_filter, heard(voice))


@pytest.mark.parametrize("voice", VOICES[: rounds(1)])
async def test_what_the_engine_speaks_now_is_folded_too(text_filter: TextFilter, voice: str) -> None:
    """Asked of the engine itself, for every letter of Unicode."""
    is_folded(text_filter, await asyncio.to_thread(letters_by_ear, voice))
