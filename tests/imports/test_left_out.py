"""Lines that pay nobody, and files that cannot be used."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixel_bot.imports import files
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.files import Said, read_point_file
from pixel_bot.imports.table import Skipped
from pixel_bot.points.ledger import MAX_AMOUNT
from tests.imports.files import paid, read, why


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


def test_quotes_that_do_not_close_cost_one_line(file: Path) -> None:
    found = read(file, 'username,points\nanna_lo,1200\n"bertram,800\ncilla99,5\n"dora"x,6\n"erik",7\n')
    assert paid(found) == {"anna_lo": 1_200, "cilla99": 5, "erik": 7}
    assert why(found) == dict.fromkeys((3, 5), "its quotes do not close")


def test_a_quoted_cell_may_have_line_feeds(file: Path) -> None:
    found = read(file, 'name,note,points\nalice,"says\n""hi""\n",5\n\nbob,,x\n')
    assert (paid(found), list(why(found))) == ({"alice": 5}, [6])


def test_a_line_that_is_far_too_long_costs_itself(file: Path) -> None:
    found = read(file, "alice,5\nbob,6\n" + "x" * 200_000 + ",1\n" + '"' + "y" * 200_000 + "\ncarol,7\n")
    assert paid(found) == {"alice": 5, "bob": 6, "carol": 7}
    assert why(found) == dict.fromkeys((3, 4), "it is far too long")


@pytest.mark.parametrize(
    "total", ["Total,,1211", "Summe:,,1211", "TOTAL,,1250", ",,1211", "All viewers,,1211", "Σ,,1211", "总计,,1211"]
)
def test_a_total_is_nobodys_points(file: Path, total: str) -> None:
    found = read(file, f"name,rank,points\nalice,,1200\nbob,,11\n{total}\n")
    assert paid(found) == {"alice": 1_200, "bob": 11}
    assert found.skipped == [Skipped(4, "it is the total, and nobody's points", harmless=True)]
    assert found.share_left_out == 0


def test_a_total_in_the_midst_and_one_under_another_name(file: Path) -> None:
    names = ["alice,5", "bob,6", "Sum,11", "carol,1", "dave,2", "erin,3", "frank_and_all,17"]
    found = read(file, "\n".join(["name,points", *names]))
    assert (found.total, list(why(found))) == (17, [4, 8])


def test_viewers_with_such_names_keep_their_points(file: Path) -> None:
    assert read(file, "name,points\nalice,5\ntotal,2\nbob,1\n").total == 8
    assert read(file, "name,points\nalice,5\nbob,3\nsumme,2\n").total == 10
    assert read(file, "name,points\nalice,5\nbob,3\ncarol,8\n").total == 16
    assert read(file, "twitchid,name,points\n1234567,alice,5\n2345678,total,5\n").total == 10


def test_nothing_from_a_file_reaches_the_terminal_unescaped(file: Path) -> None:
    found = read(file, "\x1b[2Jwho,points\n\x1b[31mred,5\nalice,\x1b]0;x\x07\nbob,7\n")
    assert why(found)[2] == r'"\x1b[31mred" is no Twitch login'
    assert "\x1b" not in "".join([found.columns, *why(found).values()])


def test_the_whole_column_says_what_a_mark_means(file: Path) -> None:
    assert paid(read(file, "name;points\nalice;1,176\nbob;12\n")) == {"alice": 1_176, "bob": 12}
    assert paid(read(file, "name;points\nalice;1.176\nbob;12\n")) == {"alice": 1_176, "bob": 12}
    assert paid(read(file, "name;points\nalice;1,234\nbob;12.5\n")) == {"alice": 1_234, "bob": 12}
    assert paid(read(file, "name;points\nalice;1,234\nbob;12,5\n")) == {"alice": 1, "bob": 12}


@pytest.mark.parametrize(
    "lines", ["alice;1,234", "alice;1,234\nbob;12\ncarol;5000", "bob;12\nalice;1,234\ncarol;1.234"]
)
def test_a_column_that_does_not_decide_is_asked_about(file: Path, lines: str) -> None:
    line = 1 + lines.splitlines().index("alice;1,234") + 1
    with pytest.raises(
        ImportRefused, match=rf"^1,234 \(from line {line} on\) can be a thousand or a fraction.*--decimal"
    ):
        read(file, f"name;points\n{lines}\n")
    assert paid(read_point_file(file, Said(".")))["alice"] == 1_234
    assert paid(read_point_file(file, Said(",")))["alice"] == 1


def test_what_does_not_fit_the_decimal_mark_is_left_out(file: Path) -> None:
    file.write_text("name;points\nalice;1,5\nbob;1.234.567\ncarol;1,234,567.5\n")
    found = read_point_file(file, Said("."))
    assert paid(found) == {"carol": 1_234_567}
    assert why(found)[2] == "alice: \"1,5\" does not fit the file's decimal mark, which is '.'"
    assert list(why(found)) == [2, 3]


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
        (b"SQLite format 3\0", "It is a database that cannot be read"),
        (b"H:2,block:5", "an H2 database. Type exportpoints"),
        (b"P\x81nktchen,5", "It is not UTF-8 or ANSI text."),
        (b"\xff\xfea", "It is not UTF-16 text."),
        (b"\x00\x01\x02" * 100, "I see no list in it"),
        (b'"alice,5\n"bob,6\n', "I see no list in it"),
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


@pytest.mark.parametrize("of", ["csv", "viewers.db"])
def test_a_long_file_is_not_held_in_memory(file: Path, of: str) -> None:
    """What is kept are the people. Each line has much beside them."""
    rest = "x" * 5_000
    viewers = [
        f"fan{i:05},{i + 1},{rest}"
        if of == "csv"
        else f'{{"_id":"{i}","username":"fan{i:05}","currency":{{"c":{i + 1}}},"x":"{rest}"}}'
        for i in range(2_000)
    ]
    file.write_text("\n".join(["name,points,note", *viewers] if of == "csv" else viewers))
    tracemalloc.start()
    found = read_point_file(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(found.people), found.skipped) == (2_000, [])
    assert peak < file.stat().st_size / 3
