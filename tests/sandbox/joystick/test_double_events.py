"""The double of Joystick.tv: its gateway, what it sends in both versions, what it takes, and what it does wrong."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage
from tests.sandbox.joystick.test_double import PROTOCOL, SECONDS, V1, V2, WELCOME, Cable, Double, Json, double

__all__ = ["double"]

SPACED = '{"event_version": "v2",  "channel": "GatewayChannel"}'
NOON = datetime(2026, 7, 24, 12, 0, 5, 250_000, UTC)


async def test_the_handshake(double: Double) -> None:
    double.joystick.gateway.ping_seconds = 0.01
    async with double.cable() as cable:
        assert cable.socket.protocol == PROTOCOL
        assert await cable.text() == WELCOME
        for _ in range(3):
            ping = await cable.frame()
            assert set(ping) == {"type", "message"}
            assert ping["type"] == "ping"
            assert abs(ping["message"] - time.time()) < 10


async def test_either_key_opens_and_the_other_may_be_closed(double: Double) -> None:
    for accepted, key, other in (("jwt", double.access, double.basic), ("basic", double.basic, double.access)):
        double.joystick.accepts = {accepted}
        async with double.cable(key) as cable:
            assert await cable.text() == WELCOME
        async with double.cable(other) as cable:
            assert await cable.frame() == {"type": "disconnect", "reason": "unauthorized", "reconnect": False}
            assert await cable.end() == 4401
    assert not double.joystick.gateway.connections


async def test_a_basic_key_must_be_quoted(double: Double) -> None:
    assert {"+", "/", "="} <= set(double.basic)
    async with double.cable(double.basic, quoted=False) as cable:
        assert (await cable.frame())["reason"] == "unauthorized"


@pytest.mark.parametrize("key", ["", "made up"])
async def test_who_is_not_known_is_turned_away(double: Double, key: str) -> None:
    async with double.cable(key) as cable:
        assert await cable.frame() == {"type": "disconnect", "reason": "unauthorized", "reconnect": False}
        assert await cable.end() == 4401


@pytest.mark.parametrize("identifier", [V1, V2, SPACED])
async def test_a_confirmation_repeats_the_identifier(double: Double, identifier: str) -> None:
    async with double.cable() as cable:
        await cable.text()
        await cable.command("subscribe", identifier)
        assert await cable.frame() == {"identifier": identifier, "type": "confirm_subscription"}
        await double.joystick.say("Jules", "hi")
        assert (await cable.frame())["identifier"] == identifier


async def test_a_version_that_is_not_there_is_rejected_until_it_is(double: Double) -> None:
    double.joystick.gateway.versions = {"v1"}
    async with double.cable() as cable:
        await cable.text()
        for identifier in (V2, V2.replace("v2", "v3")):
            await cable.command("subscribe", identifier)
            assert await cable.frame() == {"identifier": identifier, "type": "reject_subscription"}
        await cable.subscribe(V1)
        double.joystick.gateway.versions.add("v2")
        await cable.subscribe(V2)


async def test_each_subscription_hears_its_own_version(double: Double) -> None:
    async with double.subscribed(V1, V2) as cable:
        await double.joystick.say("Jules", "hi", message_id="m1")
        one, two = await cable.frame(), await cable.frame()
        assert (one["identifier"], one["message"]["messageId"]) == (V1, "m1")
        assert (two["identifier"], two["message"]["v"], two["message"]["id"]) == (V2, 2, "m1")
        assert double.joystick.notified == 2
        await cable.command("unsubscribe", V1)
        await cable.act(action="send_message", text="done", channel_id=double.joystick.channel_id)
        assert (await cable.frame())["identifier"] == V2


async def test_a_subscription_that_stands_is_not_confirmed_again(double: Double) -> None:
    async with double.subscribed() as cable:
        await cable.command("subscribe")
        await cable.until_read()
        await double.joystick.say("Jules", "hi")
        assert {(await cable.frame())["identifier"] for _ in range(2)} == {V1, V2}


ODD = (
    "nonsense",
    "[]",
    "5",
    "{}",
    json.dumps({"command": "subscribe"}),
    json.dumps({"command": "subscribe", "identifier": ["x"]}),
    json.dumps({"command": "subscribe", "identifier": "no json"}),
    json.dumps({"command": "subscribe", "identifier": "[]"}),
    json.dumps({"command": "subscribe", "identifier": '{"channel":"OtherChannel"}'}),
    json.dumps({"command": ["subscribe"], "identifier": V2}),
    json.dumps({"command": "sing", "identifier": V2}),
    json.dumps({"command": "unsubscribe", "identifier": V1}),
    json.dumps({"command": "unsubscribe", "identifier": [V1]}),
    json.dumps({"command": "message", "identifier": V2}),
    json.dumps({"command": "message", "identifier": V2, "data": {"action": "send_message"}}),
    json.dumps({"command": "message", "identifier": V2, "data": "[1]"}),
    json.dumps({"command": "message", "identifier": V1, "data": '{"action":"send_message","text":"not subscribed"}'}),
)


async def test_what_cannot_be_read_is_not_answered(double: Double) -> None:
    async with double.subscribed() as cable:
        for raw in ODD:
            await cable.socket.send_str(raw)
        await cable.socket.send_bytes(b"\xff\x00")
        await cable.until_read()
        assert not double.joystick.said
        assert len(double.joystick.gateway.connections) == 1


# What happens, as it is sent


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


# What the bot sends


async def test_what_the_bot_says_is_silent_but_for_its_echo(double: Double) -> None:
    channel = double.joystick.channel_id
    async with double.subscribed(V2) as cable:
        await cable.act(action="send_message", text="Hello", channel_id=channel)
        await cable.act(action="send_whisper", username="jules", text="psst", channel_id=channel)
        echo = (await cable.frame())["message"]
        assert (echo["type"], echo["text"]) == ("new_message", "Hello")
        assert echo["data"]["author"]["username"] == "PixelBot"
        assert echo["data"]["author"]["badges"]["bot"] is True
        await cable.until_read()
    said = [(said.text, said.whisper_to, said.by) for said in double.joystick.said]
    assert said == [("Hello", "", "gateway"), ("psst", "jules", "gateway")]


async def test_an_echo_in_the_first_version_has_no_badge(double: Double) -> None:
    async with double.subscribed(V1) as cable:
        await double.joystick.hear_bot("Hello", "", "rest")
        author = (await cable.frame())["message"]["author"]
        assert (author["username"], author["isStreamer"], author["isModerator"]) == ("PixelBot", False, False)
        assert "badges" not in author


async def test_an_echo_may_come_under_the_streamers_name(double: Double) -> None:
    double.joystick.bot = double.joystick.streamer
    async with double.subscribed(V1, V2) as cable:
        await double.joystick.hear_bot("Hello", "", "rest")
        one, two = (await cable.frame())["message"]["author"], (await cable.frame())["message"]["data"]["author"]
        assert (one["username"], one["isStreamer"]) == ("Pixel_Street", True)
        assert (two["username"], two["badges"]["bot"], two["badges"]["streamer"]) == ("Pixel_Street", True, True)


async def test_an_echo_may_be_missing(double: Double) -> None:
    double.joystick.echoes = False
    async with double.subscribed() as cable:
        await cable.act(action="send_message", text="Hello", channel_id=double.joystick.channel_id)
        await cable.until_read()
    assert [said.text for said in double.joystick.said] == ["Hello"]


@pytest.mark.parametrize("action", ["delete_message", "mute_user", "unmute_user", "block_user"])
async def test_what_the_bot_does_to_chat(double: Double, action: str) -> None:
    async with double.subscribed() as cable:
        line = await double.joystick.say("Troll", "buy!")
        await cable.frame()
        target = {"username": "Troll"} if action == "unmute_user" else {"message_id": line.id}
        wish = {"action": action, **target, "channel_id": double.joystick.channel_id}
        await cable.act(**wish)
        await cable.until_read()
        assert list(double.joystick.performed) == [wish]


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(
    "wish",
    [
        {"action": "send_message", "text": "Hello", "channel_id": "other"},
        {"action": "send_message", "text": "Hello"},
        {"action": "send_message", "text": "x" * 501, "channel_id": "own"},
        {"action": "send_message", "channel_id": "own"},
        {"action": "send_whisper", "text": "psst", "channel_id": "own"},
        {"action": "mute_user", "message_id": "boss", "channel_id": "own"},
        {"action": "block_user", "message_id": "boss", "channel_id": "own"},
        {"action": "sing", "channel_id": "own"},
        {"channel_id": "own"},
    ],
)
async def test_what_cannot_be_is_answered_with_an_error(double: Double, wish: Json, wraps: bool) -> None:
    double.joystick.gateway.wraps_errors = wraps
    own = {"channel_id": double.joystick.channel_id} if wish.get("channel_id") == "own" else {}
    async with double.subscribed() as cable:
        await double.joystick.say("Pixel_Street", "hi", message_id="boss")
        await cable.frame()
        await cable.act(**(wish | own))
        frame = await cable.frame()
        if wraps:
            assert set(frame) == {"identifier", "message"}
            assert frame["identifier"] == V2
            frame = frame["message"]
        assert set(frame) == {"error"}
        assert frame["error"]
    assert not double.joystick.said
    assert not double.joystick.performed


async def test_the_next_command_can_be_refused(double: Double) -> None:
    double.joystick.gateway.errors += ["", "muted"]
    double.joystick.echoes = False
    async with double.subscribed() as cable:
        for text in ("one", "two", "three"):
            await cable.act(action="send_message", text=text, channel_id=double.joystick.channel_id)
        assert await cable.frame() == {"error": "muted"}
        await cable.until_read()
    assert [said.text for said in double.joystick.said] == ["one", "three"]


async def test_how_fast_the_bot_answered(double: Double) -> None:
    await double.joystick.say("Jules", "hello")
    await double.joystick.hear_bot("@Jules hi", "", "rest")
    assert double.joystick.answers.seconds == []
    for answer, whisper_to in (("@Jules You have 5 points.", ""), ("psst", "jules")):
        await double.joystick.say("Jules", "!points")
        await double.joystick.hear_bot(answer, whisper_to, "rest")
    assert len(double.joystick.answers.seconds) == 2


async def test_every_line_is_shown_to_who_listens(double: Double) -> None:
    seen: list[JoystickMessage] = []
    double.joystick.listeners.add(seen.append)
    line = await double.joystick.say("Jules", "hi")
    await double.joystick.hear_bot("Hello", "", "rest")
    await double.joystick.hear_bot("psst", "jules", "rest")
    assert seen[0] == line
    assert [(one.username, one.is_bot, one.whisper_to) for one in seen[1:]] == [
        ("PixelBot", True, ""),
        ("PixelBot", True, "jules"),
    ]
    assert list(double.joystick.recent) == seen


# What goes wrong


async def test_a_connection_is_cut(double: Double) -> None:
    async with double.subscribed() as one, double.subscribed() as two:
        double.joystick.gateway.cut()
        assert await one.end() == 1006
        assert await two.end() == 1006
        await double.joystick.gateway.left()


async def test_a_connection_is_cut_in_a_frame(double: Double) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.cut_in_a_frame()
        assert await cable.end() == 1006
        await double.joystick.gateway.left()


async def heard_before_silence(cable: Cable) -> list[str]:
    """What kinds of frames come before nothing comes any more."""
    kinds: list[str] = []
    with contextlib.suppress(TimeoutError):
        for _ in range(20):
            kinds.append((await cable.socket.receive(0.3)).json()["type"])
        pytest.fail("It goes on talking.")
    return kinds


async def test_a_connection_falls_silent_and_stays_open(double: Double) -> None:
    double.joystick.gateway.ping_seconds = 0.01
    async with double.subscribed() as cable:
        double.joystick.gateway.fall_silent()
        await double.joystick.say("Jules", "hi")
        # A ping may have been on its way.
        assert set(await heard_before_silence(cable)) <= {"ping"}
        assert not cable.socket.closed
        assert len(double.joystick.gateway.connections) == 1
        async with double.subscribed():
            pass


async def test_nobody_is_welcomed(double: Double) -> None:
    double.joystick.gateway.welcomes = False
    double.joystick.gateway.ping_seconds = 0.01
    async with double.cable() as cable:
        assert [(await cable.frame())["type"] for _ in range(3)] == ["ping"] * 3


@pytest.mark.parametrize("reconnect", [True, False])
async def test_all_are_asked_to_leave(double: Double, reconnect: bool) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.disconnect(reconnect=reconnect)
        frame = {"type": "disconnect", "reason": "server_restart", "reconnect": reconnect}
        assert await cable.frame() == frame
        assert await cable.end() == 1000


@pytest.mark.parametrize("code", [4401, 1012])
async def test_a_connection_is_closed_with_a_code(double: Double, code: int) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.close_all(code)
        assert await cable.end() == code


async def test_a_subscription_is_lost_once(double: Double) -> None:
    double.joystick.gateway.unconfirmed = 1
    async with double.cable() as cable:
        await cable.text()
        await cable.command("subscribe")
        await cable.subscribe()


async def test_a_subscription_is_confirmed_late_and_once(double: Double) -> None:
    double.joystick.gateway.confirm_after = 0.2
    async with double.cable() as cable:
        await cable.text()
        asked = time.monotonic()
        await cable.command("subscribe")
        await cable.command("subscribe")
        while not double.joystick.gateway.commands:
            await asyncio.sleep(0.01)
        await double.joystick.say("Jules", "too early")
        assert (await cable.frame())["type"] == "confirm_subscription"
        assert time.monotonic() - asked >= 0.2
        await double.joystick.say("Jules", "hi")
        assert (await cable.frame())["message"]["text"] == "hi"


async def test_anything_can_be_sent(double: Double) -> None:
    async with double.subscribed() as cable:
        for raw in ("nonsense", '{"type":"unheard_of"}', '{"identifier":"x","message":{"type":5}}'):
            await double.joystick.gateway.send_raw(raw)
            assert await cable.text() == raw


async def test_it_is_told_when_a_client_is_there_and_gone(double: Double) -> None:
    async with asyncio.timeout(SECONDS):
        async with double.subscribed(V1, V2):
            await double.joystick.gateway.subscribed(2)
        await double.joystick.gateway.left()
    assert double.joystick.gateway.opened == 1
