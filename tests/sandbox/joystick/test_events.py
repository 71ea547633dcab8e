"""Joystick's double: events as they are sent."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from pixel_bot.sandbox.joystick.double import JoystickDouble
from tests.sandbox.joystick.client import V1, V2, Double, Json

NOON = datetime(2026, 7, 24, 12, 0, 5, 250_000, UTC)


async def sent(double: Double, happen: Callable[[], Awaitable[object]]) -> tuple[Json, Json]:
    """What both versions hear of something."""
    async with double.subscribed(V1, V2) as cable:
        await happen()
        frames = [await cable.frame() for _ in range(2)]
        assert [set(frame) for frame in frames] == [{"identifier", "message"}] * 2
        return frames[0]["message"], frames[1]["message"]


async def test_chat(double: Double) -> None:
    channel = double.joystick.channel_id
    one, two = await sent(
        double,
        lambda: double.joystick.say("Jules", "!timer 5m code", message_id="m1", at=NOON, badges={"mod", "subscriber"}),
    )
    badges = dict.fromkeys(("bot", "new", "streamer", "staff", "host"), False) | {"mod": True, "subscriber": True}
    assert two == {
        "v": 2,
        "type": "new_message",
        "id": "m1",
        "channel_id": channel,
        "occurred_at": "2026-07-24T12:00:05Z",
        "text": "!timer 5m code",
        "data": {
            "author": {"username": "Jules", "nickname": None, "color": None, "badges": badges},
            "streamer": {"username": "Pixel_Street"},
            "subscription": None,
            "text": "!timer 5m code",
            "visibility": "public",
            "highlight": False,
            "emotes": [],
            "mentions": [],
        },
    }
    assert one == {
        "event": "ChatMessage",
        "createdAt": "2026-07-24T12:00:05Z",
        "messageId": "m1",
        "type": "new_message",
        "visibility": "public",
        "text": "!timer 5m code",
        "botCommand": "timer",
        "botCommandArg": "5m",
        "emotesUsed": [],
        "author": {
            "slug": "jules",
            "username": "Jules",
            "usernameColor": None,
            "displayNameWithFlair": "Jules",
            "isStreamer": False,
            "isModerator": True,
            "isSubscriber": True,
        },
        "streamer": {"slug": "pixel_street", "username": "Pixel_Street"},
        "channelId": channel,
        "mention": False,
        "mentionedUsername": None,
        "highlight": False,
    }


async def test_people_wear_the_badges_of_what_they_are_here(double: Double) -> None:
    double.joystick.moderators.add("Mo")
    await double.joystick.subscribe("Jules")
    for who, badge in (("Pixel_Street", "streamer"), ("Mo", "mod"), ("Jules", "subscriber"), ("Nobody", "")):
        _, two = await sent(double, lambda who=who: double.joystick.say(who, "hi"))
        worn = {name for name, has in two["data"]["author"]["badges"].items() if has}
        assert worn == ({badge} if badge else set())


PEOPLE = ("enter_stream", "leave_stream")

EVENTS: list[tuple[str, str, Json, Callable[[JoystickDouble], Awaitable[str]]]] = [
    (
        "Tipped",
        "tipped",
        {"who": "Jules", "what": "Tipped", "how_much": 2, "tip_menu_item": "Hydrate"},
        lambda j: j.tip("Jules", 2, "Hydrate", event_id="e1", at=NOON),
    ),
    (
        "Tipped",
        "tipped",
        {"who": "Jules", "what": "Tipped", "how_much": 2, "tip_menu_item": None},
        lambda j: j.tip("Jules", 2, event_id="e1", at=NOON),
    ),
    ("Followed", "followed", {"who": "Jules", "what": "Followed"}, lambda j: j.follow("Jules", event_id="e1", at=NOON)),
    (
        "Subscribed",
        "subscribed",
        {"who": "Jules", "what": "Subscribed", "how_much": 1},
        lambda j: j.subscribe("Jules", event_id="e1", at=NOON),
    ),
    (
        "Resubscribed",
        "resubscribed",
        {"who": "Jules", "what": "Resubscribed", "how_long": 7, "how_much": 1},
        lambda j: j.resubscribe("Jules", 7, event_id="e1", at=NOON),
    ),
    (
        "GiftedSubscriptions",
        "gifted_subscriptions",
        {"who": "Jules", "what": "GiftedSubscriptions", "how_much": 3},
        lambda j: j.gift("Jules", 3, event_id="e1", at=NOON),
    ),
    (
        "WheelSpinClaimed",
        "wheel_spin_claimed",
        {"who": "Jules", "what": "WheelSpinClaimed", "how_much": 10, "prize": "A hat"},
        lambda j: j.wheel("Jules", "A hat", event_id="e1", at=NOON),
    ),
    (
        "StreamDroppedIn",
        "stream_dropped_in",
        {"who": "Jules", "what": "StreamDroppedIn", "number_of_viewers": 12},
        lambda j: j.raid("Jules", 12, event_id="e1", at=NOON),
    ),
    (
        "TipGoalIncreased",
        "tip_goal_increased",
        {"by_user": "Jules", "what": "TipGoalIncreased", "amount": 50, "current": 50, "previous": 0},
        lambda j: j.goal("Jules", 50, event_id="e1", at=NOON),
    ),
    (
        "FollowerCountUpdated",
        "follower_count_updated",
        {"number_of_followers": 50},
        lambda j: j.counts(50, event_id="e1", at=NOON),
    ),
    (
        "SomethingNew",
        "SomethingNew",
        {"who": "Jules"},
        lambda j: j.emit("SomethingNew", {"who": "Jules"}, event_id="e1", at=NOON),
    ),
]


@pytest.mark.parametrize(("kind", "kind_v2", "metadata", "happen"), EVENTS)
async def test_an_event(
    double: Double, kind: str, kind_v2: str, metadata: Json, happen: Callable[[JoystickDouble], Awaitable[str]]
) -> None:
    one, two = await sent(double, lambda: happen(double.joystick))
    when, channel = "2026-07-24T12:00:05Z", double.joystick.channel_id
    text = one.pop("text")
    assert isinstance(one["metadata"], str)
    assert one | {"metadata": json.loads(one["metadata"])} == {
        "id": "e1",
        "event": "StreamEvent",
        "type": kind,
        "metadata": metadata,
        "createdAt": when,
        "channelId": channel,
    }
    assert two == {
        "v": 2,
        "type": kind_v2,
        "id": "e1",
        "channel_id": channel,
        "occurred_at": when,
        "text": text,
        "data": metadata,
    }


@pytest.mark.parametrize("kind", PEOPLE)
async def test_who_comes_and_goes(double: Double, kind: str) -> None:
    happen = double.joystick.enter if kind == "enter_stream" else double.joystick.leave
    one, two = await sent(double, lambda: happen("Jules", event_id="e1", at=NOON))
    assert one == {
        "id": "e1",
        "event": "UserPresence",
        "type": kind,
        "text": "Jules",
        "channelId": double.joystick.channel_id,
        "createdAt": "2026-07-24T12:00:05Z",
    }
    assert (two["type"], two["id"], two["data"]) == (kind, "e1", {"username": "Jules"})


async def test_the_stream_begins_and_ends_once(double: Double) -> None:
    told: list[bool] = []
    double.joystick.changed.add(lambda: told.append(double.joystick.live))
    async with double.subscribed(V2) as cable:
        for _ in range(2):
            await double.joystick.go_offline()
        for _ in range(2):
            await double.joystick.go_live()
        assert [(await cable.frame())["message"]["type"] for _ in range(2)] == ["stream_ended", "stream_started"]
    assert told == [False, True]


async def test_the_text_of_an_event_is_html(double: Double) -> None:
    one, _ = await sent(double, lambda: double.joystick.tip("Jules", 2, "Tea & <b>cake</b>"))
    assert one["text"] == "Jules tipped 2 tokens for <strong>Tea &amp; &lt;b&gt;cake&lt;/b&gt;</strong>"
    one, _ = await sent(double, lambda: double.joystick.follow("<Jules>"))
    assert one["text"] == "<b>&lt;Jules&gt;</b> followed"


async def test_an_id_is_made_where_none_is_given(double: Double) -> None:
    ids = {await double.joystick.tip("Jules", 1) for _ in range(50)}
    ids |= {(await double.joystick.say("Jules", "hi")).id for _ in range(50)}
    assert len(ids) == 100


async def test_a_message_is_made_once_for_all_sockets(double: Double) -> None:
    made: list[str] = []

    def make() -> Json:
        made.append("v2")
        return {"v": 2}

    async with double.subscribed() as one, double.subscribed() as two, double.subscribed(V1) as three:
        reached = await double.joystick.gateway.broadcast({"v1": lambda: {"v": 1}, "v2": make})
        assert reached == 3
        assert [(await cable.frame())["message"]["v"] for cable in (one, two, three)] == [2, 2, 1]
    assert made == ["v2"]


async def test_a_flood_arrives_whole_and_in_order(double: Double) -> None:
    async with double.subscribed() as cable:

        async def flood() -> None:
            for number in range(2_000):
                await double.joystick.say("Jules", str(number))

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(flood())
            assert [(await cable.frame())["message"]["text"] for _ in range(2_000)] == [str(n) for n in range(2_000)]
    assert double.joystick.notified == 2_000
