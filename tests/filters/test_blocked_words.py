"""Blocked words are found in every disguise, and never in an innocent word."""

import logging
import os
import re
from pathlib import Path

import pytest

from pixel_bot.filters import TextFilter
from tests.filters.blocked import F_WORD, N_WORD, SHORT_F, clean, disguises


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return tmp_path / "blocked_words.txt"


@pytest.mark.parametrize("text", [d for word in (N_WORD, F_WORD, SHORT_F) for d in disguises(word)])
def test_bad_words_are_found_in_disguise(text: str) -> None:
    cleaned = clean(f"you {text} there")
    assert re.fullmatch(r"you \W?bleep\W{0,2} there", cleaned)


@pytest.mark.parametrize("text", [f"xX{N_WORD}Xx", N_WORD[:3] + " " + N_WORD[3:], N_WORD[:4].replace("i", "1")])
def test_the_worst_words_are_found_in_pieces_and_inside_others(text: str) -> None:
    assert clean(text) == "bleep"


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe, class, assassin, grape and grapes",
        "Nigeria and Niger, they snigger, sniggering, a niggardly niggle",
        "raccoon, spice, therapist, retardant, drapery, pakistan, cocktail",
        "if a goat gave it, go ok, of a gun, a fa, g minor",
        "good boots, a hoop, countess",
        "455 and 9199 points",
    ],
)
def test_innocent_words_stay(text: str) -> None:
    assert clean(text) == text


def test_what_is_taken_out_brings_nothing_bad_together() -> None:
    assert clean("f www.example.com a Kappa g", "Kappa") == "bleep"
    assert clean("exam👋ple . 👋com") in {"", "exam"}


def test_words_of_the_file_are_blocked_too(words: Path) -> None:
    words.write_text("# mine\nass  # and this\nfluffy bunny\ngod\nwhore\n1488\n馬鹿\n\n", encoding="utf-8-sig")
    filtered = TextFilter(words, 200)
    assert filtered.clean("an @SS, what a$$, this 4ss!") == "an bleep, what bleep, this bleep!"
    assert filtered.clean("A Fluffy-Bunny came, fluffybunny did not") == "A bleep came, fluffybunny did not"
    assert filtered.clean("good god, who're you? class") == "good bleep, who're you? class"
    assert filtered.clean("1488 is not 14880 here") == "bleep is not 14880 here"
    assert filtered.clean("お前は馬鹿だ") == "bleep"
    assert filtered.clean(f"still {SHORT_F}") == "still bleep"


def test_the_file_is_read_anew_after_a_change(words: Path) -> None:
    filtered = TextFilter(words, 200)
    assert filtered.clean("one two") == "one two"
    words.write_text("one\n", encoding="utf-8")
    assert filtered.clean("one two") == "bleep two"
    words.write_text("two\n", encoding="utf-8")
    os.utime(words, ns=(1, 1))  # a copied file may be older than the one before
    assert filtered.clean("one two") == "one bleep"
    words.unlink()
    assert filtered.clean("one two") == "one two"


def test_an_unreadable_file_leaves_the_built_in_words(words: Path, caplog: pytest.LogCaptureFixture) -> None:
    words.write_bytes(b"\xff\xfe\x00\xd8bad")
    filtered = TextFilter(words, 200)
    with caplog.at_level(logging.WARNING):
        assert filtered.clean(f"a {SHORT_F}") == "a bleep"
        assert filtered.clean("hello") == "hello"
    assert [record.getMessage() for record in caplog.records] == [
        f"{words.name} cannot be read: it is no whole UTF-16 text. Only the built-in words are blocked."
    ]
