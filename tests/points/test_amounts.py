"""Amounts as people type them."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_bot.errors import BadAmount
from pixel_bot.points.amounts import ALL, HALF, Share, amount_or_share, looks_like_amount, whole_number
from pixel_bot.points.ledger import MAX_AMOUNT

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("10", 10),
        ("+10", 10),
        ("10!", 10),
        ("10.", 10),
        ("10,", 10),
        ("1k", 1_000),
        ("1K", 1_000),
        ("1.5k", 1_500),
        ("1.25k", 1_250),
        ("0.5k", 500),
        ("2m", 2_000_000),
        ("1,000", 1_000),
        ("1.000", 1_000),
        ("1'000'000", 1_000_000),
        ("1_000", 1_000),
        ("007", 7),
        ("１２", 12),
        ("１．５ｋ", 1_500),
        ("＋５", 5),
        (str(MAX_AMOUNT), MAX_AMOUNT),
    ],
)
def test_numbers(typed: str, value: int) -> None:
    assert amount_or_share(typed) == value
    assert looks_like_amount(typed)


@pytest.mark.parametrize(
    ("typed", "balance", "points"),
    [
        ("all", 77, 77),
        ("ALL", 77, 77),
        ("all!", 77, 77),
        ("half", 77, 38),
        ("50%", 77, 38),
        ("５０％", 77, 38),
        ("12.5%", 80, 10),
        ("33%", 100, 33),
        ("100%", 77, 77),
        ("1%", 99, 0),
        ("all", 0, 0),
        ("half", -50, 0),
        ("0.01%", 10**18, 10**14),
    ],
)
def test_shares(typed: str, balance: int, points: int) -> None:
    share = amount_or_share(typed)
    assert isinstance(share, Share)
    assert share.of(balance) == points


NOT_CLEAR = "I cannot tell how much {} is. Type it like 1.5k, or 1500."
NO_NUMBER = "I need a number above zero there, like 50."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1,5k", NOT_CLEAR.format("1,5k")),
        ("1.500k", NOT_CLEAR.format("1.500k")),
        ("1,000k", NOT_CLEAR.format("1,000k")),
        ("1" + ",5" * 15 + "k", NOT_CLEAR.format("1" + ",5" * 9 + ",")),
        ("1.5", NO_NUMBER),
        ("10,50", NO_NUMBER),
        ("-5", NO_NUMBER),
        ("++5", NO_NUMBER),
        ("²", NO_NUMBER),
        ("٣", NO_NUMBER),
        ("1e5", NO_NUMBER),
        ("nan", NO_NUMBER),
        ("k", NO_NUMBER),
        ("%", NO_NUMBER),
        ("", NO_NUMBER),
        ("-50%", NO_NUMBER),
        ("0", "That has to be more than zero."),
        ("0k", "That has to be more than zero."),
        ("0%", "That has to be more than zero."),
        ("101%", "100% is all that there is."),
        ("9" * 400, "That is too much at once; 1,000,000,000,000 is the most."),
        ("1000001m", "That is too much at once; 1,000,000,000,000 is the most."),
    ],
)
def test_refused(typed: str, sentence: str) -> None:
    with pytest.raises(BadAmount) as caught:
        amount_or_share(typed)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("typed", ["+10", "all", "half", "50%", "-1"])
def test_a_total_is_a_number_without_a_sign(typed: str) -> None:
    with pytest.raises(BadAmount, match=r"^I need a number there, like 50\.$"):
        whole_number(typed, least=0)
    assert whole_number("0", least=0) == 0


def spellings(value: int) -> list[str]:
    """Ways to type one number."""
    found = [str(value), f"+{value}", f"{value:,}", f"{value:_}", f"{value:,}".replace(",", "'"), f"{value}!"]
    for unit, letter in ((1_000, "k"), (1_000_000, "m")):
        part = Fraction(value, unit) * 100
        if part.denominator == 1:
            whole, hundredths = divmod(int(part), 100)
            found += [f"{whole}.{hundredths:02}{letter}"] + ([f"{whole}{letter}"] if not hundredths else [])
    return found + [way.translate(WIDE) for way in found]


@given(st.integers(1, 10**6).flatmap(lambda n: st.sampled_from([n, n * 10, n * 1_000, n * 10_000])))
def test_all_spellings_of_a_number_are_that_number(value: int) -> None:
    assert {amount_or_share(way) for way in spellings(value)} == {value}


@given(st.integers(1, 10_000), st.integers(-5, MAX_AMOUNT))
def test_a_share_is_never_more_than_there_is(hundredths: int, balance: int) -> None:
    share = amount_or_share(f"{hundredths // 100}.{hundredths % 100:02}%") if hundredths else ALL
    assert isinstance(share, Share)
    points = share.of(balance)
    assert 0 <= points <= max(balance, 0)
    assert points == max(balance, 0) * hundredths // 10_000


@given(st.integers(0, MAX_AMOUNT))
def test_two_halves_are_never_more_than_all(balance: int) -> None:
    assert 0 <= ALL.of(balance) - 2 * HALF.of(balance) <= 1
    assert amount_or_share("half") == HALF


@given(st.text(max_size=12))
def test_whatever_is_typed_is_an_amount_or_a_sentence(typed: str) -> None:
    with suppress(BadAmount):
        value = amount_or_share(typed)
        assert looks_like_amount(typed)
        assert isinstance(value, Share) or 1 <= value <= MAX_AMOUNT
