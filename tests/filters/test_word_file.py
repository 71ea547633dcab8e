"""The file of blocked words, as editors save it, and when it breaks."""

from pathlib import Path

import pytest

from pixel_bot.filters import TextFilter
from pixel_bot.filters.word_file import MAX_BYTES, word_file, words_in
from pixel_bot.model.last_good import Unreadable

TEXT = "# mine\r\nfluffy\r\nblöd # and this\r\n"
NAME = "blocked_words.txt"
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")


@pytest.mark.parametrize("codec", CODECS)
def test_any_encoding_is_read(codec: str) -> None:
    assert words_in(TEXT.encode(codec), NAME) == ["fluffy", "blöd"]


@pytest.mark.parametrize("mark", ["\ufeff"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_marks_of_both_orders_are_read(codec: str, mark: str) -> None:
    assert words_in((mark + "слово\n馬鹿\n").encode(codec), NAME) == ["слово", "馬鹿"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_other_scripts_are_read_without_a_mark(codec: str) -> None:
    assert words_in("слово\nfluffy\n".encode(codec), NAME) == ["слово", "fluffy"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\xff\xfef\x00l\x00u", " cannot be read: it is no whole UTF-16 text"),
        (b"f\x00l\x00u\x00\n", " cannot be read: it is no whole UTF-16 text"),
        (b"\xff\xfe\x00\xd8a\x00", " cannot be read: it is no whole UTF-16 text"),
        (b"\xff\xfe\x00\x00f", " cannot be read: it is no whole UTF-32 text"),
        (b"\xef\xbb\xbffl\nuff\xff", ", line 2: it cannot be read as UTF-8 text"),
        (b"fl\x81uffy", ", line 1: it cannot be read as UTF-8 text"),
        ("blöd\nfl\nblöd".encode()[:-2], ", line 3: it cannot be read as UTF-8 text"),
        (b"PK\x03\x04word", " cannot be read: it is no text file"),
        (b"\x00" * 10, " cannot be read: it is no text file"),
        (b"a" * (MAX_BYTES + 1), " cannot be read: it is larger than 1 MB"),
    ],
)
def test_what_is_no_text_is_named(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        words_in(raw, NAME)
    assert str(caught.value).startswith(NAME + why)


def test_the_last_good_list_stays(tmp_path: Path) -> None:
    words = tmp_path / NAME
    words.write_text("fluffy\n", encoding="utf-8")
    text_filter = TextFilter(words, 200)
    assert text_filter.clean("a fluffy cat") == "a bleep cat"
    assert text_filter.file.problem == ""
    words.write_bytes(b"\xff\xfef")
    assert text_filter.clean("a fluffy cat") == "a bleep cat"
    assert text_filter.file.problem == (
        "blocked_words.txt cannot be read: it is no whole UTF-16 text. The words that it had before are still blocked."
    )
    words.write_text("cat\n", encoding="utf-16")
    assert text_filter.clean("a fluffy cat") == "a fluffy bleep"
    assert text_filter.file.problem == ""


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    file = word_file(tmp_path)
    assert file.problem.startswith(f"{tmp_path.name} cannot be read: ")
    assert file.problem.endswith("Only the built-in words are blocked.")


def test_filters_of_other_lengths_have_the_same_words(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    text_filter = TextFilter(words, 10)
    longer = text_filter.with_limit(20)
    words.write_text("fluffy\n", encoding="utf-8")
    assert longer.clean("a fluffy cat sleeps") == "a bleep cat sleeps"
    assert text_filter.clean("a fluffy cat sleeps") == "a bleep"
