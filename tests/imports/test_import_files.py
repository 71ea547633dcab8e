"""Files of other bots: which columns count, what a number means, and which lines pay nobody."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixel_bot.errors import ImportRefused
from pixel_bot.imports import files
from pixel_bot.imports.files import PointFile, read_point_file
from pixel_bot.imports.numbers import Mark, Unreadable, mark_of, read_points
from pixel_bot.points.ledger import MAX_AMOUNT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"


def read(file: Path, text: str, encoding: str = "utf-8") -> PointFile:
    file.write_bytes(text.encode(encoding))
    return read_point_file(file)


def paid(found: PointFile) -> dict[str, int]:
    return {person.login: person.points for person in found.people}


def why(found: PointFile) -> dict[int, str]:
    return dict(found.skipped)


# Numbers


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
        (["1,234", "12"], None),
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
    assert mark_of(column) == mark


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


# What other bots write

EXPORTS = {
    "Firebot": ["ID,Username,Coins", "40934651,Alice,1200", "59635827,Bob_2,0", "77777777,carol,5"],
    "StreamElements": [
        "username,twitchID,currentPoints,alltimePoints,watchtime",
        "Alice,40934651,1200,9000,60",
        "bob_2,,0,1,",
        "carol,,5,7,1",
    ],
    "Streamlabs": [
        "Username,Points,WatchTimeMinutes,UpdatedAt",
        "alice,1200,60,2024-01-01",
        "bob_2,0,1,",
        "carol,5,1,",
    ],
    "sogeBot": [
        "userId,userName,displayname,watchedTime,points,messages",
        "40934651,alice,Alice,5,1200,7",
        "1234567,bob_2,,1,0,1",
        "77777777,carol,,1,5,1",
    ],
    "a list": ["alice,1200", "bob_2,0", "carol,5"],
}
HAS_IDS = {"Firebot", "StreamElements", "sogeBot"}


@pytest.mark.parametrize("source", EXPORTS)
def test_exports_of_other_bots(file: Path, source: str) -> None:
    found = read(file, "\n".join(EXPORTS[source]))
    assert (found.source, paid(found), found.skipped, found.empty) == (source, {"alice": 1_200, "carol": 5}, [], 1)
    assert found.people[0].platform_id == ("40934651" if source in HAS_IDS else "")


def test_streamelements_without_a_header(file: Path) -> None:
    found = read(file, "alice,,1200,9000,60\nbob,,7,7,\n")
    assert (found.source, paid(found)) == ("StreamElements", {"alice": 1_200, "bob": 7})


def test_a_spreadsheet_of_streamlabs_chatbot(file: Path) -> None:
    found = read(file, "Name;Rank;Points;Hours\nalice;Regular;1200;12\nbob;;7;1\n")
    assert (found.source, paid(found)) == ("Streamlabs", {"alice": 1_200, "bob": 7})


@pytest.mark.parametrize(
    "text",
    [
        "id,username,points\n1234567,alice,5",
        "ID,Username,Points\n1,alice,5\n2,bob,6",
        "user_id,name,points\n123456789012345678,alice,5",
        "name,points,userId\nalice,5,1234567",
    ],
)
def test_ids_that_may_not_be_twitchs_bind_nobody(file: Path, text: str) -> None:
    assert {person.platform_id for person in read(file, text).people} == {""}


def test_a_twitch_id_that_is_none_is_left_out(file: Path) -> None:
    found = read(file, "twitch_id,login,balance\n40934651,alice,1\nx,bob,2\n0,carol,3\n٣٣٣٣٣٣٣,dave,4\n")
    assert [person.platform_id for person in found.people] == ["40934651", "", "", ""]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_endings(file: Path, delimiter: str, ending: str) -> None:
    rows = [["Name", "Points"], ['"@Alice "', '"1,234,567"'], ["bob", "7"], [""], ["", ""], ["carol", "8", "", ""]]
    found = read(file, ending.join(delimiter.join(row) for row in rows))
    assert paid(found) == {"alice": 1_234_567, "bob": 7, "carol": 8}
    assert found.skipped == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(file: Path, encoding: str) -> None:
    assert paid(read(file, "Zuschauer;Pünktchen\nalice;5\n", encoding)) == {"alice": 5}


def test_excels_own_first_line(file: Path) -> None:
    found = read(file, "sep=;\r\nname;points\r\nalice;1,5\r\nbob;x\r\n")
    assert (paid(found), list(why(found))) == ({"alice": 1}, [4])


def test_a_comma_between_thousands_is_no_column(file: Path) -> None:
    assert paid(read(file, "alice;1,234\nbob;1,234,567\n")) == {"alice": 1_234, "bob": 1_234_567}
    found = read(file, "name,points\nalice,1,234\nbob,12\n")
    assert (paid(found), why(found)) == ({"bob": 12}, {2: "it has 3 columns instead of 2"})


def test_columns_may_stand_in_any_order(file: Path) -> None:
    assert paid(read(file, "5,alice\n6,bob\n")) == {"alice": 5, "bob": 6}


# Lines that pay nobody


def test_lines_that_pay_nobody_are_named(file: Path) -> None:
    odd = ["bob,-5", "two words,5", ",5", "carol", "dave,nan", "eve,1e3", "frank,", "x" * 26 + ",1"]
    found = read(file, "\n".join(["name,points", "alice,5", *odd]))
    assert paid(found) == {"alice": 5}
    assert why(found) == {
        3: 'bob: "-5" is below zero',
        4: '"two words" is no Twitch login',
        5: "it has no name",
        6: "it has 1 column instead of 2",
        7: 'dave: "nan" is no number that I can read',
        8: 'eve: "1e3" is written with an exponent and may be rounded; write out all its digits',
        9: "frank: it has no points",
        10: f'"{"x" * 26}" is no Twitch login',
    }


@pytest.mark.parametrize(
    "name", ["\u212aelvin", "al\u0131ce", "名前", "bob@joystick", "a~1", "<b>", "'; DROP TABLE users"]
)
def test_what_is_no_login_is_never_taken_for_one(file: Path, name: str) -> None:
    found = read(file, f"name,points\n{name},5\nalice,6\n")
    assert (paid(found), list(why(found))) == ({"alice": 6}, [2])


def test_nothing_from_a_file_reaches_the_terminal_unescaped(file: Path) -> None:
    found = read(file, "\x1b[2Jwho,points\n\x1b[31mred,5\nalice,\x1b]0;x\x07\nbob,7\n")
    assert why(found)[2] == r'"\x1b[31mred" is no Twitch login'
    assert "\x1b" not in "".join([found.columns, *why(found).values()])


def test_a_number_in_two_ways_is_refused_or_told_by_the_others(file: Path) -> None:
    found = read(file, "name;points\nalice;1,234\nbob;12\n")
    assert (paid(found), list(why(found))) == ({"bob": 12}, [2])
    assert paid(read(file, "name;points\nalice;1,234\nbob;12.5\n")) == {"alice": 1_234, "bob": 12}
    assert paid(read(file, "name;points\nalice;1,234\nbob;12,5\n")) == {"alice": 1, "bob": 12}


def test_the_same_line_twice_counts_once(file: Path) -> None:
    found = read(file, "name,points\nalice,5\nbob,6\n@Alice,5.0\n")
    assert paid(found) == {"alice": 5, "bob": 6}
    assert why(found) == {4: "alice stands on line 2 already, with the same points: counted once"}


def test_who_stands_there_with_different_points_gets_neither(file: Path) -> None:
    found = read(file, "name,points\nalice,5\nbob,6\nALICE,0\nalice,5\n")
    assert paid(found) == {"bob": 6}
    told = "alice stands on lines 2, 4 and 5, and they differ; leave only the right one"
    assert why(found) == {2: told, 4: told, 5: told}


def test_one_twitch_id_is_one_person(file: Path) -> None:
    head = "twitchid,name,points\n"
    assert list(why(read(file, head + "40934651,alice,5\n40934651,alicia,6\n"))) == [2, 3]
    assert paid(read(file, head + "40934651,alice,5\n40934651,alicia,5\n")) == {"alice": 5}
    assert list(why(read(file, head + "40934651,alice,5\n40934652,alice,5\n,bob,1\n"))) == [2, 3]
    assert list(why(read(file, head + "40934651,alice,5\n40934652,bob,5\n40934652,alice,5\n"))) == [2, 3, 4]


def test_a_display_name_with_its_id_pays_the_id(file: Path) -> None:
    found = read(file, "ID,Username,Coins\n40934651,名前,5\n59635827,alice,6\n")
    assert [(p.login, p.shown, p.platform_id, p.points) for p in found.people] == [
        ("", "名前", "40934651", 5),
        ("alice", "alice", "59635827", 6),
    ]


# Files that cannot be used


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "It is empty."),
        (b" \n\r\n", "It is empty."),
        (b",,\n,,\n", "I see no list in it"),
        (b"sep=;\n", "I see no list in it"),
        (b"name,points\n", "I see no list in it"),
        (b"alice\nbob\n", "I see no list in it"),
        (b"PK\x03\x04rest", "It is an Excel workbook. Open it and save the list as CSV."),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"SQLite format 3\0", "It is a database."),
        ("Pünktchen,5".encode("latin-1"), "It is not UTF-8 text."),
        (b"\xff\xfea", "It is not UTF-8 text."),
        (b"\x00\x01\x02" * 100, "I see no list in it"),
        (b'alice,"5\nbob,6\n', "Its quotes do not close"),
        (b'alice,5\n"bob"x,6\n', "Its quotes do not close"),
        (b"alice,5\nbob,6\n" + b"x" * 200_000 + b",1\n", "a line is far too long"),
        (b"1234,5\n2345,6\n", "I cannot tell which column holds the names."),
        (b"alice,bob\ncarol,dave\n", "I cannot tell which column holds the names."),
        (b"name,city\nalice,berlin\nbob,paris\n", "No column in it holds points."),
        (b"alice,5,6\nbob,7,8\n", "More than one column may be the points: column 2, column 3."),
        (b"ID,Username,Coins,Gems\n40934651,alice,5,6\n", "may be the points: Coins, Gems."),
        (b"ID,Username,Last Seen,Join Date,Minutes in Channel,Chat Messages\n1,alice,,,5,6\n", "No column in it holds"),
        (b"name,points,points\nalice,5,6\n", "Two of its columns are called points."),
        (b"name;hours\nalice;5\n", "No column in it holds points."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(file: Path, content: bytes, sentence: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ImportRefused) as refused:
        read_point_file(file)
    assert sentence in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"It is no file\."):
        read_point_file(tmp_path)
    for name in ("missing.csv", "nul\0.csv", "x" * 300):
        with pytest.raises(ImportRefused, match="It cannot be opened"):
            read_point_file(tmp_path / name)


def test_a_file_that_is_far_too_large_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    assert paid(read(file, "alice,5678")) == {"alice": 5_678}
    with pytest.raises(ImportRefused, match="larger than"):
        read(file, "alice,56789")


# Batches


def test_a_batch_is_the_list_and_nothing_else(file: Path, tmp_path: Path) -> None:
    first = read(file, "name,points\nalice,5\nbob,6\n")
    assert first.batch == read(tmp_path / "other.txt", "6\t@Bob\n5.0\tALICE\n0\tcarol").batch
    assert first.batch == read(file, "ID,Username,Coins\n40934651,Bob,6\n59635827,alice,5\nx,two words,1").batch
    assert len(first.batch) == 12
    others = ["alice,6\nbob,5", "alice,5", "alice,5\nbob,6\ncarol,1", "alice,5\nbobb,6"]
    assert len({first.batch, *(read(file, text).batch for text in others)}) == 5


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_a_list_or_refused(file: Path, text: str) -> None:
    try:
        found = read(file, "name,points\nalice,5\n" + text.encode("utf-8", "ignore").decode())
    except ImportRefused:
        return
    assert all(0 < person.points <= MAX_AMOUNT and (person.login or person.platform_id) for person in found.people)
    assert all("\n" not in line and line.isprintable() for line in why(found).values())
