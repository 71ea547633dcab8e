"""Numbers in files of other bots."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.imports.numbers import Mark, Unreadable, evidence_of, read_points
from pixel_bot.points.ledger import MAX_AMOUNT


@pytest.mark.parametrize(
    ("written", "points"),
    [
        ("0", 0),
        ("007", 7),
        (" 1234 ", 1_234),
        ("+12", 12),
        ("1234.0", 1_234),
        ("1234,99", 1_234),
        ("1234.567", 1_234),
        ("0.500", 0),
        ("12.", 12),
        ("1,234,567", 1_234_567),
        ("1.234.567", 1_234_567),
        ("1,234.5", 1_234),
        ("1.234,5", 1_234),
        ("1,234,567.890", 1_234_567),
        ("1 234", 1_234),
        ("1\u00a0234\u00a0567", 1_234_567),
        ("1\u202f234,5", 1_234),
        ("1'234", 1_234),
        ("1\u2019234\u2019567", 1_234_567),
        (str(MAX_AMOUNT), MAX_AMOUNT),
    ],
)
def test_a_number_that_can_be_read_in_one_way_only(written: str, points: int) -> None:
    assert read_points(written) == points


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "has no points"),
        ("  ", "has no points"),
        ("-5", "is below zero"),
        ("\u22125", "is below zero"),
        ("-1,234.5", "is below zero"),
        ("1,234", "can be read as 1,234 or as a fraction"),
        ("12.345", "can be read as 12,345 or as a fraction"),
        ("1e3", "with an exponent"),
        ("1.23457E+11", "with an exponent"),
        (str(MAX_AMOUNT + 1), "is more than 1,000,000,000,000"),
        ("9" * 40, "is more than"),
        ("9" * 41, "is no number"),
        ("9" * 100_000, "is no number"),
        ("nan", "is no number"),
        ("inf", "is no number"),
        ("-", "is no number"),
        ("12 points", "is no number"),
        ("$12", "is no number"),
        ("1,23,456", "is no number"),
        ("1,2345,678", "is no number"),
        ("1,234,56.7", "is no number"),
        ("1.234.56", "is no number"),
        ("0,234,567", "is no number"),
        ("0x10", "is no number"),
        ("1_000", "is no number"),
        ("\u0661\u0662", "is no number"),
        ("\u00b2", "is no number"),
    ],
)
def test_a_number_that_is_refused(written: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_points(written)


@pytest.mark.parametrize(
    ("written", "mark", "points"),
    [("1,234", ".", 1_234), ("1.234", ",", 1_234), ("1,234", ",", 1), ("12.345", ".", 12)],
)
def test_the_other_numbers_of_a_file_tell_what_a_mark_means(written: str, mark: Mark, points: int) -> None:
    assert read_points(written, mark) == points


@pytest.mark.parametrize(
    ("column", "mark"),
    [
        ([], None),
        (["1,234"], None),
        (["1,234", "12"], "."),
        (["1.176", "368", "0"], ","),
        (["1,176", "368", "1.050"], None),
        (["1,234", "12", "5000"], None),
        (["1,234", "0007"], "."),
        (["1,234", "1 234"], None),
        (["1,234", "1,234,567"], "."),
        (["1.234", "1.234.567"], ","),
        (["1,234", "0.5"], "."),
        (["1.234", "0,5"], ","),
        (["1,234.5"], "."),
        (["1,234", "12.5", "12,5"], None),
        (["1,234", "1,234,5", "9" * 100_000 + ".5", "nonsense", ""], None),
    ],
)
def test_what_a_column_shows(column: list[str], mark: Mark | None) -> None:
    assert evidence_of(column).mark == mark


@settings(deadline=None)
@given(st.integers(0, MAX_AMOUNT), st.sampled_from(",. '\u00a0"), st.sampled_from(["", "0", "5", "25", "999"]))
def test_a_number_is_read_exactly_or_not_at_all(value: int, group: str, fraction: str) -> None:
    mark: Mark = "," if group == "." else "."
    written = f"{value:,}".replace(",", group) + (mark + fraction if fraction else "")
    assert read_points(written, mark) == value
    assert read_or_refused(written) in (value, REFUSED)


REFUSED = "refused"


def read_or_refused(written: str) -> int | str:
    """The number, or that it may be two."""
    try:
        return read_points(written)
    except Unreadable as exc:
        return REFUSED if "fraction" in str(exc) else str(exc)


STYLES = [
    (",", "."),
    (".", ","),
    (" ", ","),
    (" ", "."),
    ("'", "."),
    ("\u2019", "."),
    ("\u00a0", ","),
    ("", "."),
    ("", ","),
]
"""Thousands separator and decimal mark, as programs of the world write them."""

AMOUNTS = st.tuples(
    st.integers(0, 99_999) | st.integers(0, MAX_AMOUNT), st.sampled_from(["", "", "0", "5", "25", "9999"])
)


@settings(deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.sampled_from(STYLES))
def test_a_column_is_read_exactly_or_asked_about(amounts: list[tuple[int, str]], style: tuple[str, str]) -> None:
    """In each style of writing. Where the column leaves it open, the mark that is said reads all of it."""
    group, decimal = style
    column = [f"{value:,}".replace(",", group) + (decimal + rest if rest else "") for value, rest in amounts]
    evidence = evidence_of(column)
    mark: Mark = "." if decimal == "." else ","
    assert evidence.mark in (mark, None)
    if evidence.question:
        assert evidence.question in column
    else:
        assert [read_points(written, evidence.mark) for written in column] == [value for value, _ in amounts]
    assert [read_points(written, mark) for written in column] == [value for value, _ in amounts]


@settings(deadline=None)
@given(st.lists(st.integers(1_000, 999_999), min_size=1, max_size=8), st.integers(0, 999), st.sampled_from(",."))
def test_thousands_among_smaller_numbers_are_thousands(large: list[int], small: int, group: str) -> None:
    column = [*(f"{value:,}".replace(",", group) for value in large), str(small)]
    mark = evidence_of(column).mark
    assert [read_points(written, mark) for written in column] == [*large, small]
