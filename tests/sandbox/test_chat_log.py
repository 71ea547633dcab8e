"""Chat logs: what is read from them, and what cannot be used."""

import pytest

from pixel_bot.sandbox.replay import Row, parse_log


def said(content: str | bytes) -> list[tuple[float, str, str]]:
    """The usable rows of a log."""
    log = parse_log(content if isinstance(content, bytes) else content.encode())
    return [(row.second, row.user, row.text) for row in log.rows]


# Reading


@pytest.mark.parametrize("header", ["second,user,text\n", "Second, User ,TEXT\n", '"second","user","text"\n', ""])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_and_a_byte_order_mark_are_optional(header: str, mark: str) -> None:
    assert said(f"{mark}{header}0,alice,hello\n") == [(0, "alice", "hello")]


def test_a_header_further_down_is_no_header() -> None:
    assert parse_log(b"0,alice,hi\nsecond,user,text\n").skipped == ["line 2: 'second' is no number of seconds"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(end: str) -> None:
    lines = ["second,user,text", "0,alice,hi", '1.5,bob,"one, two"']
    assert said(end.join(lines)) == said(end.join(lines) + end) == [(0, "alice", "hi"), (1.5, "bob", "one, two")]


def test_quotes_commas_and_faces() -> None:
    assert said('3,Alice,"she said ""hi"", twice"\n4,bob,Grüße 日本 😀\n') == [
        (3, "alice", 'she said "hi", twice'),
        (4, "bob", "Grüße 日本 😀"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5,alice", "has 2 fields"),
        ("5,alice,a,b", "has 4 fields"),
        ("alone", "has 1 fields"),
        ("soon,alice,hi", "'soon' is no number of seconds"),
        (",alice,hi", "'' is no number of seconds"),
        ("-1,alice,hi", "'-1' is no number of seconds"),
        ("nan,alice,hi", "'nan' is no number of seconds"),
        ("inf,alice,hi", "'inf' is no number of seconds"),
        ("1e99,alice,hi", "'1e99' is no number of seconds"),
        ("\x1b[2J,alice,hi", "'\\\\x1b[2J' is no number of seconds"),
        ("5,,hi", "'' is no user name"),
        ("5,two words,hi", "'two words' is no user name"),
        (f"5,{'x' * 51},hi", "is no user name"),
        ("5,alice,", "has no text"),
        ("5,alice,   ", "has no text"),
        ('5,alice,"stray', "unexpected end of data"),
        ('5,alice,"stray"quote', "expected after"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line_and_costs_only_itself(row: str, reason: str) -> None:
    log = parse_log(f"second,user,text\n0,alice,before\n{row}\n6,bob,after\n".encode())
    assert [(r.line, r.text) for r in log.rows] == [(2, "before"), (4, "after")]
    (problem,) = log.skipped
    assert problem.startswith("line 3: ")
    assert reason in problem


def test_bytes_that_are_not_utf_8_cost_nothing_but_themselves() -> None:
    assert said(b"0,alice,caf\xe9\n1,bob,hi\n") == [(0, "alice", "caf\ufffd"), (1, "bob", "hi")]


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_ends_end_a_line(odd: str) -> None:
    log = parse_log(f"0,alice,one{odd}two\n1,bob,hi\n".encode())
    assert [(row.line, row.text) for row in log.rows] == [(1, f"one{odd}two"), (2, "hi")]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "second,user,text\n"])
def test_an_empty_log_is_an_empty_log(content: str) -> None:
    log = parse_log(content.encode())
    assert (log.rows, log.skipped, log.seconds) == ([], [], 0)


def test_the_same_file_has_the_same_id_and_another_another() -> None:
    first, again, other = (parse_log(c) for c in (b"0,alice,hi\n", b"0,alice,hi\n", b"0,alice,ho\n"))
    assert first == again
    assert first.id != other.id
    assert first.rows == [Row(1, 0.0, "alice", "hi")]
