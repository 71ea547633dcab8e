"""What Joystick.tv sends, read frame by frame, in both versions."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.clock import from_micros
from pixel_bot.model.channel_events import Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.frames import KINDS, StreamChange, read

NOW = datetime(2026, 7, 24, 7, tzinfo=UTC)
THEN = datetime(2026, 7, 24, 6, 59, 45, tzinfo=UTC)
BOB = Person("bob_9", "bob_9", "Bob_9", "joystick")
REFUSED = (KeyError, TypeError, ValueError, AttributeError)

NAMED: Mapping[str, Any] = {"who": "Bob_9"}

Json = dict[str, Any]


def v2(kind: str, data: object = NAMED, **fields: Any) -> Json:
    """An event of the second version."""
    message = {
        "v": 2,
        "type": kind,
        "id": "e1",
        "channel_id": "H",
        "occurred_at": "2026-07-24T06:59:45Z",
        "text": "<b>Bob_9</b> did it",
        "data": data,
    }
    return message | fields


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


def chat_v2(**data: Any) -> Json:
    """The sheet's own chat message."""
    badges = {"bot": False, "new": False, "streamer": False, "staff": False, "mod": False, "subscriber": True}
    body: Json = {
        "author": {"username": "Bob_9", "nickname": "Somebody Else", "color": None, "badges": badges},
        "streamer": {"username": "s"},
        "subscription": None,
        "text": "hi",
        "visibility": "public",
        "highlight": False,
        "emotes": [],
        "mentions": [],
    }
    return v2("new_message", body | data, text="hi")


def badged(**badges: object) -> Json:
    return chat_v2(author={"username": "Bob_9", "badges": badges})


def chat_v1(**fields: Any) -> Json:
    message: Json = {
        "event": "ChatMessage",
        "createdAt": "2026-07-24T06:59:45Z",
        "messageId": "e1",
        "type": "new_message",
        "visibility": "public",
        "text": "!timer 5m code",
        "botCommand": "timer",
        "botCommandArg": "5m",
        "emotesUsed": [],
        "author": {"slug": "bob_9", "username": "Bob_9", "displayNameWithFlair": "<i>Bob</i>", "isSubscriber": False},
        "streamer": {"slug": "s", "username": "s"},
        "channelId": "H",
        "mention": False,
        "mentionedUsername": None,
        "highlight": False,
    }
    return message | fields


def heard(message: Mapping[str, Any]) -> Any:
    return read(message, now=NOW)


# Chat


@pytest.mark.parametrize("kind", ["new_message", "chat_message"])
def test_chat_of_the_second_version(kind: str) -> None:
    assert heard(chat_v2() | {"type": kind}) == chat_message(BOB, "joystick:e1", THEN, "hi")


def test_chat_of_the_first_version() -> None:
    assert heard(chat_v1()) == chat_message(BOB, "joystick:e1", THEN, "!timer 5m code")


def test_somebody_is_stored_by_platform() -> None:
    assert heard(chat_v1()).person.name == "bob_9@joystick"


def test_invisible_characters_go() -> None:
    assert heard(chat_v2(text="!points \U000e0000")).text == "!points"


@pytest.mark.parametrize("visibility", ["whisper", "private", "PUBLIC", 1, True])
def test_what_is_not_public_is_not_answered_in_public(visibility: object) -> None:
    assert heard(chat_v2(visibility=visibility)) is None
    assert heard(chat_v1(visibility=visibility)) is None


@pytest.mark.parametrize(
    ("message", "rights"),
    [
        (badged(mod=True), (True, False)),
        (badged(streamer=True), (True, True)),
        (badged(mod=1, streamer="true"), (False, False)),
        (badged(subscriber=True, staff=True, host=True), (False, False)),
        (chat_v2(author={"username": "Bob_9"}), (False, False)),
        (chat_v2(author={"username": "Bob_9", "badges": ["mod"]}), (False, False)),
        (chat_v1(author={"username": "Bob_9", "isModerator": True}), (True, False)),
        (chat_v1(author={"username": "Bob_9", "isStreamer": True}), (True, True)),
        (chat_v1(author={"username": "Bob_9", "isModerator": "yes"}), (False, False)),
    ],
)
def test_rights_come_from_badges_that_are_true(message: Json, rights: tuple[bool, bool]) -> None:
    spoken = heard(message)
    assert (spoken.is_mod, spoken.is_streamer) == rights


def test_bots_are_known_by_a_badge_that_is_true() -> None:
    assert heard(badged(bot=True)).is_bot
    assert not heard(badged(bot="no")).is_bot


MANY_EMOTES: list[Any] = [{"code": "wave", "url": "x"}, {"name": "hug"}, 7, {}, [], {"code": 5}]


@pytest.mark.parametrize(
    ("emotes", "names"), [(None, ()), ("wave", ()), (["wave"], ("wave",)), (MANY_EMOTES, ("wave", "hug"))]
)
def test_emotes_however_they_are_told(emotes: object, names: tuple[str, ...]) -> None:
    assert heard(chat_v2(emotes=emotes)).emotes == names
    assert heard(chat_v1(emotesUsed=emotes)).emotes == names


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


# Times


@pytest.mark.parametrize(
    "written",
    [None, "", "yesterday", "2026-07-24T06:59:45", 1784876385, "2026-07-24T07:05:01Z", "9999-12-31T23:59:59Z", {}, []],
)
def test_a_time_that_cannot_be_is_now(written: object) -> None:
    assert heard(v2("followed", occurred_at=written)).at == NOW
    assert heard(v1("Followed", createdAt=written)).at == NOW
    assert heard(chat_v2() | {"occurred_at": written}).at == NOW


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
@settings(max_examples=500, deadline=None)
def test_whatever_comes_is_read_or_refused(kind: object, fields: Json) -> None:
    try:
        found = read({"id": "e1", **fields, "type": kind}, now=NOW)
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
