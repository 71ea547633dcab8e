"""Lists in JSON: what interfaces answer, and Firebot's own file. The people are invented."""

import json
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.files import PointFile, Said, read_point_file
from tests.imports.files import paid, read, why

ANNA = {"username": "anna_lo", "points": 1200}
BERTRAM = {"username": "bertram", "points": 800.9}
CILLA = {"username": "cilla99", "points": 0}
EXPECTED = {"anna_lo": 1_200, "bertram": 800}


def in_json(file: Path, document: Any, **how: Any) -> PointFile:
    return read(file, json.dumps(document, **how))


@pytest.mark.parametrize(
    ("source", "document"),
    [
        ("StreamElements", {"_total": 3, "users": [ANNA, BERTRAM, CILLA]}),
        ("StreamElements", [{"_total": 3, "users": [ANNA, BERTRAM]}, {"_total": 3, "users": [CILLA]}]),
        ("a list", [ANNA, BERTRAM, CILLA]),
        ("a list", {"channel": {"name": "mia"}, "name": "mia", "points": [ANNA, BERTRAM, CILLA]}),
        ("Streamlabs", {"data": [ANNA, BERTRAM, CILLA], "current_page": 1, "last_page": 1, "total": 3}),
        ("Streamlabs", {"points": [{**one, "time_watched": 60} for one in (ANNA, BERTRAM, CILLA)]}),
        (
            "a list",
            {"viewers": [{"user": {"name": o["username"], "id": 3}, "points": o["points"]} for o in (ANNA, BERTRAM)]},
        ),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_shape_of_a_list(file: Path, source: str, document: Any, indent: int | None) -> None:
    found = in_json(file, document, indent=indent)
    assert (found.source, paid(found), found.skipped, found.missing) == (source, EXPECTED, [], 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_of_json(file: Path, encoding: str) -> None:
    assert paid(read(file, json.dumps([ANNA, BERTRAM]), encoding)) == EXPECTED


def test_pages_on_lines_of_their_own(file: Path) -> None:
    pages = [{"_total": 3, "users": [ANNA, BERTRAM]}, {"_total": 3, "users": [BERTRAM, CILLA]}]
    found = read(file, "\n".join(map(json.dumps, pages)))
    assert (found.source, found.unit, paid(found), found.missing) == ("StreamElements", "Line", EXPECTED, 0)
    assert why(found) == {2: "bertram stands on line 1 already, with the same points: counted once"}


def test_a_page_of_a_longer_list_says_what_is_missing(file: Path) -> None:
    assert in_json(file, {"_total": 3_000, "users": [ANNA, BERTRAM]}).missing == 2_998
    assert in_json(file, {"data": [ANNA], "current_page": 1, "total": 9}).missing == 8
    assert in_json(file, {"data": [ANNA], "total": 1_200}).missing == 0


def test_entries_that_cannot_be_paid_are_named(file: Path) -> None:
    odd = [{"username": "odd name", "points": 5}, {"username": "dora", "points": -5}, {"username": "erik"}]
    found = in_json(file, {"users": [ANNA, *odd, {"username": "fay", "points": None}]})
    assert found.unit == "Entry"
    assert why(found) == {
        2: '"odd name" is no Twitch login',
        3: 'dora: "-5" is below zero',
        4: "erik: it has no points",
        5: "fay: it has no points",
    }


def test_a_number_in_json_is_never_a_thousand(file: Path) -> None:
    assert paid(in_json(file, [{"username": "anna_lo", "points": 1.176}, {"username": "bo", "points": 12}])) == {
        "anna_lo": 1,
        "bo": 12,
    }
    assert paid(in_json(file, [{"username": "anna_lo", "points": "1,176"}, {"username": "bo", "points": "12"}])) == {
        "anna_lo": 1_176,
        "bo": 12,
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"users": [{"username": "anna_lo", "poi', "It is JSON that breaks off or is damaged"),
        ("[]", "no entry in it has a name and points"),
        ('{"error": "Unauthorized"}', "no entry in it has a name and points"),
        ('[{"username": "anna_lo"}]', "I see no list in it"),
        ('[{"username": "anna_lo", "city": "Bonn"}]', "No column in it holds points"),
    ],
)
def test_json_that_cannot_be_used(file: Path, text: str, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        read(file, text)


# Firebot


def viewer(number: int, name: str, **more: Any) -> dict[str, Any]:
    known = {"_id": f"4093465{number}", "username": name, "displayName": name.title(), "twitch": True, "online": False}
    times = {"onlineAt": 1700000000000 + number, "lastSeen": 1700000000000, "minutesInChannel": 61, "chatMessages": 4}
    return {**known, **times, "metadata": {}, "ranks": {}, "currency": {"b1c2": 1200}, **more}


def nedb(file: Path, *documents: dict[str, Any]) -> PointFile:
    return read(file, "".join(json.dumps(document) + "\n" for document in documents))


def test_the_last_line_of_a_viewer_is_valid(file: Path) -> None:
    found = nedb(
        file,
        viewer(1, "anna_lo"),
        viewer(2, "bertram"),
        {"$$indexCreated": {"fieldName": "username", "unique": False}},
        viewer(3, "cilla99"),
        viewer(1, "anna_lo", currency={"b1c2": 7}),
        {"$$deleted": True, "_id": "40934652"},
    )
    assert (found.source, found.columns) == ("Firebot", "username, currency b1c2, _id")
    assert [(p.login, p.platform_id, p.points) for p in found.people] == [
        ("cilla99", "40934653", 1_200),
        ("anna_lo", "40934651", 7),
    ]


def test_a_line_that_was_cut_off_costs_itself(file: Path) -> None:
    whole = [json.dumps(viewer(number, name)) for number, name in enumerate(["anna_lo", "bertram", "cilla99"])]
    found = read(file, f"{whole[0]}\n{whole[1][:80]}\n{whole[2]}\n")
    assert (len(found.people), why(found)) == (2, {2: "it is no JSON: it breaks off, or is damaged"})


def test_of_several_currencies_the_one_that_is_said_counts(file: Path) -> None:
    both = [viewer(1, "anna_lo", currency={"b1c2": 5, "d3e4": 6, "gone": 0}), viewer(2, "bo", currency={"b1c2": 7})]
    with pytest.raises(
        ImportRefused, match=r'currency b1c2, currency d3e4\. Say which, like: --points "currency b1c2"'
    ):
        nedb(file, *both)
    assert paid(read_point_file(file, Said(points="currency d3e4"))) == {"anna_lo": 6}
    with pytest.raises(ImportRefused, match=r"It has no column coins\. Its columns: _id, username, "):
        read_point_file(file, Said(points="coins"))


def test_ids_of_another_platform_bind_nobody(file: Path) -> None:
    assert nedb(file, viewer(1, "anna_lo", twitch=False)).people[0].platform_id == ""
