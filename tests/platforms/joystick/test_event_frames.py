"""Joystick's frames of everything but chat, in both versions, as channel events."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.clock import from_micros, micros
from pixel_bot.model.channel_events import Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.joystick.frames import KINDS, StreamChange
from tests.harness.rounds import rounds
from tests.platforms.joystick.frames import BOB, NAMED, NOW, THEN, Json, chat_v1, chat_v2, heard, v2

REFUSED = Unreadable


def v1(kind: str, metadata: object = NAMED, **fields: Any) -> Json:
    """An event of the first version: what it says of itself is JSON in a text, or (None) not there."""
    message = {
        "id": "e1",
        "event": "StreamEvent",
        "type": kind,
        "text": "<b>Bob_9</b> did it",
        "createdAt": "2026-07-24T06:59:45Z",
        "channelId": "H",
    }
    if metadata is not None:
        message["metadata"] = orjson.dumps(metadata).decode()
    return message | fields


# Happenings


def both(name_v1: str, name_v2: str, data: Json) -> list[Json]:
    """The same event in both versions, and each version's name in the other one's form."""
    return [v1(name_v1, data), v2(name_v2, data), v1(name_v2, data), v2(name_v1, data)]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            both("Tipped", "tipped", {"who": "Bob_9", "what": "Tipped", "how_much": 2, "tip_menu_item": "Hydrate"}),
            Tip("joystick:tip:e1", BOB, THEN, 2, "Hydrate"),
        ),
        (both("Tipped", "tipped", {"who": "Bob_9", "how_much": "50"}), Tip("joystick:tip:e1", BOB, THEN, 50)),
        (
            both("Tipped", "tipped", {"who": None, "how_much": 5, "tip_menu_item": None}),
            Tip("joystick:tip:e1", None, THEN, 5),
        ),
        (both("Followed", "followed", {"who": "Bob_9", "what": "Followed"}), Follow("joystick:follow:e1", BOB, THEN)),
        (both("Followed", "followed", {"username": "Bob_9"}), Follow("joystick:follow:e1", BOB, THEN)),
        (both("Followed", "followed", {"author": {"username": "Bob_9"}}), Follow("joystick:follow:e1", BOB, THEN)),
        (both("Subscribed", "subscribed", {"who": "Bob_9", "how_much": 3}), Sub("joystick:sub:e1", BOB, THEN)),
        (
            both("Resubscribed", "resubscribed", {"who": "Bob_9", "how_long": 7, "how_much": 3}),
            Sub("joystick:resub:e1", BOB, THEN, months=7),
        ),
        (
            both("GiftedSubscriptions", "gifted_subscriptions", {"who": "Bob_9", "how_much": 4}),
            Gift("joystick:gift:e1", BOB, THEN, 4),
        ),
        (both("GiftedSubscriptions", "gifted_subscriptions", {"who": "Bob_9"}), Gift("joystick:gift:e1", BOB, THEN, 1)),
        (
            both("WheelSpinClaimed", "wheel_spin_claimed", {"who": "Bob_9", "how_much": 9, "prize": "A song"}),
            WheelClaim("joystick:wheel:e1", BOB, THEN, "A song"),
        ),
        (
            both("StreamDroppedIn", "stream_dropped_in", {"who": "Bob_9", "number_of_viewers": 12}),
            Raid("joystick:raid:e1", BOB, THEN, 12),
        ),
        (
            [
                v2("enter_stream", {"username": "Bob_9"}),
                v1("enter_stream", None, event="UserPresence", text="Bob_9"),
            ],
            Entrance("joystick:enter:e1", BOB, THEN),
        ),
        (
            [v1("Started", {}), v1("Started", None), v2("stream_started", {}), v2("started", {"who": "s"})],
            StreamChange(True, THEN),
        ),
        (
            [v1("Ended", {}), v1("Ended", None), v2("stream_ended", {}), v2("ended", {"who": "s"})],
            StreamChange(False, THEN),
        ),
    ],
)
def test_what_happens_in_both_versions(messages: list[Json], expected: object) -> None:
    assert [heard(message) for message in messages] == [expected] * len(messages)


@pytest.mark.parametrize(
    "kind",
    [
        *("TipGoalIncreased", "tip_goal_increased", "TipGoalMet", "tip_goal_met", "MilestoneCompleted"),
        *("milestone_completed", "ViewerCountUpdated", "FollowerCountUpdated", "SubscriberCountUpdated"),
        *("viewer_count_updated", "follower_count_updated", "subscriber_count_updated", "leave_stream"),
        *("StreamEnding", "StreamResuming", "stream_ending", "stream_resuming", "DropinStream", "dropin_stream"),
        *("TIPPED", "tipped ", "Tip", "", "SomethingNew"),
    ],
)
def test_goals_counts_and_the_unknown_pay_nothing(kind: str) -> None:
    data = {"who": "Bob_9", "by_user": "Bob_9", "how_much": 50, "amount": 50, "username": "Bob_9"}
    assert heard(v1(kind, data)) is None
    assert heard(v2(kind, data)) is None


@pytest.mark.parametrize(
    "amount", [True, False, -1, 1_000_000_001, 2.0, 1e300, "2.0", "-3", "٣", "", [], {}, "9" * 5_000]
)
def test_amounts_that_cannot_be_are_refused(amount: object) -> None:
    for message in both("Tipped", "tipped", {"who": "Bob_9", "how_much": amount}):
        with pytest.raises(REFUSED):
            heard(message)


def test_a_tip_without_an_amount_is_refused() -> None:
    with pytest.raises(REFUSED):
        heard(v2("tipped", {"who": "Bob_9"}))


@pytest.mark.parametrize("total", [0, -1])
def test_nobody_gives_less_than_one(total: int) -> None:
    with pytest.raises(REFUSED):
        heard(v2("gifted_subscriptions", {"who": "Bob_9", "how_much": total}))


# Names and ids


@pytest.mark.parametrize(
    "name", ["a@b", "a~b", "a b", "a\n", "\na", "<b>", "a" * 65, "ㅤ", "a\u3164", "a\x00", "é~", 7, True, ["a"]]
)
def test_odd_usernames_are_refused(name: object) -> None:
    author = {"username": name, "badges": None}
    for message in (chat_v2(author=author), chat_v1(author=author), *both("Followed", "followed", {"who": name})):
        with pytest.raises(REFUSED):
            heard(message)


@pytest.mark.parametrize("name", ["a", "A.b-c_9", "Zoë", "x" * 64])
def test_other_usernames_are_kept_as_written(name: str) -> None:
    person = heard(v2("followed", {"who": name})).person
    assert (person.login, person.display_name) == (name.lower(), name)


@pytest.mark.parametrize("event_id", [None, "", 0, 7, True, [], {}, "x" * 300, "a b", "a\x00"])
def test_an_event_needs_an_id_because_it_is_paid_once(event_id: object) -> None:
    for message in (chat_v2(), chat_v1(messageId=event_id), v2("followed"), v1("Followed")):
        with pytest.raises(REFUSED):
            heard(message | {"id": event_id})


def test_who_came_in_may_be_nobody() -> None:
    for message in (v1("enter_stream", None, text=""), v2("enter_stream", {})):
        assert heard(message) is None


def test_the_words_of_an_event_name_nobody() -> None:
    """Only who came in is named there, and only in the first version."""
    assert heard(v1("Followed", {}, text="Bob_9")).person is None
    assert heard(v2("enter_stream", {}, text="Bob_9")) is None


@pytest.mark.parametrize("event_id", [None, 7, [], ""])
def test_the_stream_goes_on_and_off_without_an_id(event_id: object) -> None:
    assert heard(v2("stream_started", {}, id=event_id)) == StreamChange(True, THEN)
    assert heard(v1("Ended", None, id=event_id) | {"metadata": 7}) == StreamChange(False, THEN)


# Times


@pytest.mark.parametrize(
    "written",
    [None, "", "yesterday", "2026-07-24T06:59:45", 1784876385, "2026-07-24T07:05:01Z", "9999-12-31T23:59:59Z", {}, []],
)
def test_a_time_that_cannot_be_is_now(written: object) -> None:
    assert heard(v2("followed", occurred_at=written)).at == NOW
    assert heard(v1("Followed", createdAt=written)).at == NOW
    assert heard(chat_v2() | {"occurred_at": written}).at == micros(NOW)


def test_a_clock_may_be_a_little_fast() -> None:
    assert heard(v2("followed", occurred_at="2026-07-24T07:05:00Z")).at == NOW + timedelta(minutes=5)


def test_times_are_in_utc() -> None:
    at = heard(v2("followed", occurred_at="2026-07-24T08:59:45+02:00")).at
    assert (at, at.tzinfo) == (THEN, UTC)


def test_a_time_that_utc_cannot_hold_is_now() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    assert heard(v2("followed", occurred_at=early.isoformat())).at == NOW


# HTML


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Hydrate", "Hydrate"),
        ("<strong>Hy</strong>drate", "Hydrate"),
        ("Tea &amp; cake", "Tea & cake"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Tea", "alert(1)Tea"),
        ("&amp;lt;b&amp;gt;Tea", "Tea"),
        ("<<b>b>Tea", "Tea"),
        ("<img src=x onerror=alert(1)>", ""),
        ("I <3 tea, 2 > 1", "I <3 tea, 2 > 1"),
        ("a\x00b\x1b[31m\u202ec\u200b", "ab[31mc"),
        ("one\ntwo\tthree", "one two three"),
        ("&#x202e;&#0;Tea&#10;time", "Tea time"),
        (None, ""),
        (7, ""),
        (["x"], ""),
    ],
)
def test_items_and_prizes_are_plain_text(written: object, shown: str) -> None:
    shown = shown.replace("\ufffd", "")
    for message in both("Tipped", "tipped", {"who": "Bob_9", "how_much": 1, "tip_menu_item": written}):
        assert heard(message).item.replace("\ufffd", "") == shown
    assert heard(v2("wheel_spin_claimed", {"who": "Bob_9", "prize": written})).prize.replace("\ufffd", "") == shown


def test_items_are_cut() -> None:
    assert len(heard(v2("tipped", {"who": "Bob_9", "how_much": 1, "tip_menu_item": "x" * 5_000})).item) == 60


@given(st.text(alphabet="<>&;#abltgmp/!-=\"' \n\x00\u202e", max_size=80))
@settings(deadline=None)
def test_no_item_is_html(written: str) -> None:
    item = heard(v2("tipped", {"who": "Bob_9", "how_much": 1, "tip_menu_item": written})).item
    assert item.isprintable()
    assert not any(item[i] == "<" and item[i + 1] in "/!?abltgmp" and ">" in item[i:] for i in range(len(item) - 1))


# Anything else


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


FIELDS = st.sampled_from(
    ["id", "messageId", "text", "data", "metadata", "author", "visibility", "occurred_at", "createdAt", "emotes"]
)


INNER = st.sampled_from(
    ["who", "username", "author", "badges", "text", "visibility", "how_much", "how_long", "number_of_viewers", "prize"]
)


OBJECT = st.dictionaries(INNER, JSON | st.just("bob") | st.just({"username": "bob"}), max_size=6)


KIND = st.sampled_from([*KINDS, "new_message", "chat_message"]) | JSON


@given(KIND, st.dictionaries(FIELDS, JSON | OBJECT | OBJECT.map(lambda found: orjson.dumps(found).decode())))
@settings(max_examples=rounds(60), deadline=None)
def test_whatever_comes_is_read_or_refused(kind: object, fields: Json) -> None:
    try:
        found = heard({"id": "e1", **fields, "type": kind})
    except REFUSED:
        return
    if isinstance(found, ChatMessage):
        assert found.id.startswith("joystick:")
        assert "@" not in found.person.login
        assert from_micros(found.at).tzinfo is UTC
        return
    assert found is None or found.at.tzinfo is UTC
    if found is not None and not isinstance(found, StreamChange):
        assert found.event_id.startswith("joystick:")


def test_a_message_without_a_type_is_refused() -> None:
    with pytest.raises(REFUSED):
        heard({"id": "e1"})
