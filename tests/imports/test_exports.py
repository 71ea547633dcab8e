"""Files as other bots write them."""

from pathlib import Path

import pytest

from tests.imports.files import paid, read, why

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


def test_thousands_in_quotes_among_smaller_numbers(file: Path) -> None:
    lines = [f'viewer{i:03},Regular,"{i * 7:,}",{i / 10}' for i in range(1, 400)]
    found = read(file, "\n".join(["Name,Rank,Points,Hours", *lines]))
    assert (found.total, found.skipped) == (7 * 399 * 400 // 2, [])


def test_a_list_in_ansi_with_german_columns(file: Path) -> None:
    found = read(file, "Name;Rang;Punkte;Stunden\nAnna_Lo;König;1.234;10,5\nBertram;Größter Fan;800;3\n", "cp1252")
    assert (found.source, found.columns) == ("Streamlabs", "Name, Punkte")
    assert (paid(found), found.skipped) == ({"anna_lo": 1_234, "bertram": 800}, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_of_windows(file: Path, encoding: str) -> None:
    text = "Nom\tPoints\tHeures\r\nÉlodie_x\t5\t1\r\nzoé\t6\t2\r\nbob\t7\t3\r\n"
    found = read(file, text, encoding)
    assert (paid(found), list(why(found))) == ({"bob": 7}, [2, 3])


def test_phantombots_own_list(file: Path) -> None:
    found = read(file, "Username,Seconds,Points\nanna_lo,3600,12\nbertram,60,7\n")
    assert (found.source, paid(found)) == ("PhantomBot", {"anna_lo": 12, "bertram": 7})
