"""Numbers, durations and names as they read in chat."""

import pytest

from pixel_bot.texts import count, duration, fit, number, plain, signed, visible


def test_numbers_are_grouped() -> None:
    assert number(12_345) == "12,345"
    assert signed(12_345) == "+12,345"
    assert signed(-5) == "-5"
    assert count(1, "point") == "1 point"
    assert count(0, "point") == "0 points"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.2, "1s"),
        (45, "45s"),
        (59.5, "1m"),
        (80, "1m 20s"),
        (3_600, "1h"),
        (7_500, "2h 5m"),
        (90_061, "1d 1h"),
        (-3, "0s"),
    ],
)
def test_durations_read_like_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_nobody_sees_is_stripped() -> None:
    assert visible("!points \U000e0000") == "!points"
    assert visible("\u200b!po\u034fints\u2060 ") == "!points"
    assert visible("\u202e!points") == "!points"
    assert visible("héllo 👋") == "héllo 👋"


def test_fit_cuts_at_a_word() -> None:
    assert fit("one two three", 9) == "one two…"
    assert fit("x" * 20, 10) == "x" * 9 + "…"
    assert fit("a\nb\t c") == "a b c"


def test_plain_escapes_what_could_harm_a_terminal() -> None:
    assert plain("a\x1b[31mred\nnext") == "a\\x1b[31mred\\nnext"
    assert plain("\u202eabc") == "\\u202eabc"
    assert plain("héllo wörld") == "héllo wörld"
