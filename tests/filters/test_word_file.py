"""The file of blocked words, as editors save it, and when it breaks."""

import os
from pathlib import Path

import pytest

from pixel_bot.filters import TextFilter
from pixel_bot.filters.word_file import MAX_BYTES, WordFile, WordsUnreadable, words_in

TEXT = "# mine\r\nfluffy\r\nblöd # and this\r\n"
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")


@pytest.mark.parametrize("codec", CODECS)
def test_any_encoding_is_read(codec: str) -> None:
    assert words_in(TEXT.encode(codec)) == ["fluffy", "blöd"]


@pytest.mark.parametrize("mark", ["\ufeff"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_marks_of_both_orders_are_read(codec: str, mark: str) -> None:
    assert words_in((mark + "слово\n馬鹿\n").encode(codec)) == ["слово", "馬鹿"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_other_scripts_are_read_without_a_mark(codec: str) -> None:
    assert words_in("слово\nfluffy\n".encode(codec)) == ["слово", "fluffy"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\xff\xfef\x00l\x00u", "it is no whole UTF-16 text"),
        (b"\xff\xfe\x00\xd8a\x00", "it is no whole UTF-16 text"),
        (b"\xef\xbb\xbffl\xff", "it is no whole UTF-8 text"),
        (b"PK\x03\x04word", "it is no text file"),
        (b"fl\x81uffy", "it is neither UTF-8 nor Windows-1252 text"),
        (b"a" * (MAX_BYTES + 1), "it is larger than 1 MB"),
    ],
)
def test_what_is_no_text_is_named(raw: bytes, why: str) -> None:
    with pytest.raises(WordsUnreadable, match=why):
        words_in(raw)


def test_the_last_good_list_stays_and_it_is_told_once(tmp_path: Path) -> None:
    words = tmp_path / "blocked_words.txt"
    words.write_text("fluffy\n", encoding="utf-8")
    text_filter = TextFilter(words, 200)
    told: list[str] = []
    text_filter.file.on_problem = told.append
    assert text_filter.clean("a fluffy cat") == "a bleep cat"
    assert text_filter.file.problem == ""
    for stamp in (1, 2):
        words.write_bytes(b"\xff\xfefl")
        words.write_bytes(b"\xff\xfef")
        os.utime(words, ns=(stamp, stamp))
        assert text_filter.clean("a fluffy cat") == "a bleep cat"
    problem = (
        "blocked_words.txt cannot be read: it is no whole UTF-16 text. The words that it had before are still blocked."
    )
    assert told == [problem]
    assert text_filter.file.problem == problem
    words.write_text("cat\n", encoding="utf-16")
    assert text_filter.clean("a fluffy cat") == "a fluffy bleep"
    assert text_filter.file.problem == ""


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    file = WordFile(tmp_path)
    assert file.problem.startswith(f"{tmp_path.name} cannot be read: ")


def test_filters_of_other_lengths_have_the_same_words(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    text_filter = TextFilter(words, 10)
    longer = text_filter.with_limit(20)
    words.write_text("fluffy\n", encoding="utf-8")
    assert longer.clean("a fluffy cat sleeps") == "a bleep cat sleeps"
    assert text_filter.clean("a fluffy cat sleeps") == "a bleep"
