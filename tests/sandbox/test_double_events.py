"""The double of Twitch: the event socket, subscriptions with and without consent, and how sessions die."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.sandbox.twitch.session import SandboxSession, SessionState
from pixel_bot.sandbox.twitch.subscription_types import KINDS, REDEMPTION
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, sandbox_user
from tests.sandbox.test_double import ALICE, Answer, Double, double

__all__ = ["double"]

CHANNEL = {"broadcaster_user_id": STREAMER.id}
CHAT = {**CHANNEL, "user_id": BOT.id}
FOLLOW = {**CHANNEL, "moderator_user_id": BOT.id}
RAID = {"to_broadcaster_user_id": STREAMER.id}


class Client:
    """One open event socket, welcomed."""

    def __init__(self, double: Double, socket: aiohttp.ClientWebSocketResponse, welcome: dict[str, Any]) -> None:
        self._double = double
        self._socket = socket
        self.welcome = welcome
        self.id: str = welcome["payload"]["session"]["id"]

    @property
    def session(self) -> SandboxSession:
        """The double's end of it."""
        return self._double.twitch.sessions[self.id]

    async def hear(self) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(5):
            return await self._socket.receive_json()

    async def code(self) -> int | None:
        """Wait until the socket is closed. Returns its code."""
        async with asyncio.timeout(5):
            while not self._socket.closed:
                await self._socket.receive()
        return self._socket.close_code

    async def say(self, words: str) -> None:
        await self._socket.send_str(words)


@asynccontextmanager
async def connected(double: Double, url: str = "") -> AsyncGenerator[Client]:
    async with double.http.ws_connect(url or f"{double.url}/ws?keepalive_timeout_seconds=10") as socket:
        async with asyncio.timeout(5):
            welcome = await socket.receive_json()
        yield Client(double, socket, welcome)


async def subscribe(
    double: Double,
    client: Client,
    kind: str,
    condition: dict[str, Any],
    who: SandboxUser | None = STREAMER,
    scopes: tuple[str, ...] = ALL_SCOPES,
    version: str = "",
) -> Answer:
    body = {
        "type": kind,
        "version": version or (KINDS[kind].version if kind in KINDS else "1"),
        "condition": condition,
        "transport": {"method": "websocket", "session_id": client.id},
    }
    return await double.ask("POST", "eventsub/subscriptions", who, body, scopes)


async def listed(double: Double, who: SandboxUser = BOT, **filters: str) -> list[dict[str, Any]]:
    return (await double.ask("GET", "eventsub/subscriptions", who, **filters)).data


# Subscribing


async def test_a_subscription_as_twitch_answers_it(double: Double) -> None:
    async with connected(double) as client:
        session = client.welcome["payload"]["session"]
        assert (session["status"], session["keepalive_timeout_seconds"], session["reconnect_url"]) == (
            "connected",
            10,
            None,
        )
        answer = await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        assert answer.status == 202
        (made,) = answer.data
        assert (made["status"], made["cost"], made["transport"]["session_id"]) == ("enabled", 0, client.id)
        assert {k: answer.body[k] for k in ("total", "total_cost", "max_total_cost")} == {
            "total": 1,
            "total_cost": 0,
            "max_total_cost": 10,
        }
        await double.twitch.subscribed(1)
        assert await listed(double) == [made]
        assert await listed(double, STREAMER) == [], "only one's own"
        again = await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        assert (again.status, again.message) == (409, "subscription already exists")
        gone = await double.ask("DELETE", "eventsub/subscriptions", STREAMER, id=made["id"])
        assert gone.status == 404, "only one's own"
        assert (await double.ask("DELETE", "eventsub/subscriptions", BOT, id=made["id"])).status == 204
        assert (await double.ask("DELETE", "eventsub/subscriptions", BOT, id=made["id"])).status == 404


@pytest.mark.parametrize(
    ("kind", "condition", "who", "scopes"),
    [
        ("channel.chat.message", CHAT, BOT, ("user:bot",)),
        ("channel.chat.message", CHAT, STREAMER, ALL_SCOPES),
        ("channel.follow", FOLLOW, BOT, ("user:read:chat",)),
        ("channel.follow", {**CHANNEL, "moderator_user_id": ALICE.id}, ALICE, ALL_SCOPES),
        ("channel.subscribe", CHANNEL, STREAMER, ("bits:read",)),
        ("channel.subscribe", CHANNEL, BOT, ALL_SCOPES),
        ("channel.cheer", CHANNEL, STREAMER, ("channel:read:subscriptions",)),
        ("channel.ban", CHANNEL, STREAMER, ("bits:read",)),
        ("channel.moderator.add", CHANNEL, STREAMER, ("bits:read",)),
        (f"{REDEMPTION}.add", CHANNEL, STREAMER, ("bits:read",)),
    ],
)
async def test_without_consent_nothing_is_heard(
    double: Double, kind: str, condition: dict[str, str], who: SandboxUser, scopes: tuple[str, ...]
) -> None:
    double.world.settle(ALICE)
    async with connected(double) as client:
        answer = await subscribe(double, client, kind, condition, who, scopes)
        assert (answer.status, answer.message) == (403, "subscription missing proper authorization")


@pytest.mark.parametrize("kind", KINDS)
async def test_with_consent_every_type_can_be_heard(double: Double, kind: str) -> None:
    condition = dict.fromkeys((*KINDS[kind].condition, *KINDS[kind].either[1:]), STREAMER.id)
    async with connected(double) as client:
        assert (await subscribe(double, client, kind, condition)).status == 202
        odd = await subscribe(double, client, kind, condition, version="9")
        assert (odd.status, odd.message) == (400, "invalid subscription type and version")


async def test_what_makes_no_sense_is_refused(double: Double) -> None:
    async with connected(double) as client:
        for kind, condition in (
            ("channel.nonsense", CHANNEL),
            ("channel.raid", {}),
            ("channel.raid", {**RAID, "from_broadcaster_user_id": STREAMER.id}),
            ("channel.cheer", {**CHANNEL, "user_id": "1"}),
            ("channel.cheer", {"broadcaster_user_id": 5}),
        ):
            assert (await subscribe(double, client, kind, condition)).status == 400
        app = await subscribe(double, client, "channel.cheer", CHANNEL, None)
        assert app.message == "invalid transport and auth combination"
        odd: tuple[Any, ...] = (None, [], {"transport": "websocket"}, {"type": ["channel.cheer"]})
        for body in odd:
            assert (await double.ask("POST", "eventsub/subscriptions", BOT, body)).status == 400
        raid = await subscribe(double, client, "channel.raid", {**RAID, "from_broadcaster_user_id": ""})
        assert raid.status == 202, "an empty field counts for nothing"
    gone = await subscribe(double, client, "channel.cheer", CHANNEL)
    assert gone.message == "websocket transport session does not exist or has already disconnected"


async def test_subscriptions_are_filtered_and_paged(double: Double) -> None:
    async with connected(double) as client:
        for kind in ("stream.online", "stream.offline", "channel.cheer"):
            await subscribe(double, client, kind, CHANNEL)
        await subscribe(double, client, "channel.raid", RAID)
        assert [s["type"] for s in await listed(double, STREAMER, type="channel.cheer")] == ["channel.cheer"]
        assert len(await listed(double, STREAMER, status="enabled")) == 4
        assert len(await listed(double, STREAMER, user_id=STREAMER.id)) == 4
        assert await listed(double, STREAMER, user_id="1") == []
        both = await double.ask("GET", "eventsub/subscriptions", status="enabled", type="channel.cheer")
        assert both.status == 400
        found: list[str] = []
        after = ""
        while True:
            page = await double.ask("GET", "eventsub/subscriptions", first="3", **({"after": after} if after else {}))
            found += [s["type"] for s in page.data]
            if not (after := page.body["pagination"].get("cursor", "")):
                break
        assert found == ["stream.online", "stream.offline", "channel.cheer", "channel.raid"]


async def test_a_session_serves_one_user(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        answer = await subscribe(double, client, "channel.cheer", CHANNEL, STREAMER)
        assert answer.status == 400
        assert answer.message == "websocket transport cannot have subscriptions created by different users"


async def test_a_user_has_three_sessions_at_most(double: Double) -> None:
    kinds = ("stream.online", "stream.offline", "channel.cheer", "channel.subscribe")
    async with connected(double) as a, connected(double) as b, connected(double) as c, connected(double) as d:
        answers = [
            await subscribe(double, client, kind, CHANNEL) for client, kind in zip((a, b, c, d), kinds, strict=True)
        ]
        assert [answer.status for answer in answers] == [202, 202, 202, 429]
        assert answers[3].message == "number of websocket transports limit exceeded"
        assert (await subscribe(double, d, "channel.chat.message", CHAT, BOT)).status == 202


async def test_what_nobody_agreed_to_costs(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        answers = [
            await subscribe(double, client, "stream.online", {"broadcaster_user_id": str(i)}, BOT) for i in range(11)
        ]
        assert [answer.status for answer in answers] == [202] * 10 + [429]
        assert answers[9].body["total_cost"] == 10


async def test_a_revoked_user_is_told_and_hears_no_more(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        double.world.revoke_user(BOT.id)
        frame = await client.hear()
        assert frame["metadata"]["message_type"] == "revocation"
        assert frame["metadata"]["subscription_type"] == "channel.chat.message"
        assert frame["payload"]["subscription"]["status"] == "authorization_revoked"
        await double.twitch.say(ALICE, "hello?")
        assert double.twitch.notified == 0
        double.token_of(STREAMER)
        assert double.twitch.subscriptions == {}


# How sessions end


async def test_a_session_without_a_subscription_is_closed(double: Double) -> None:
    double.twitch.subscribe_within = 0.05
    async with connected(double) as client:
        assert await client.code() == 4003


async def test_a_client_must_not_talk(double: Double) -> None:
    async with connected(double) as client:
        await client.say("hello")
        assert await client.code() == 4001


async def test_subscriptions_end_with_their_session(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        await double.twitch.lose(client.session)
        assert await client.code() == 1006
    assert await listed(double) == []


async def test_a_cut_connection_leaves_its_subscriptions_for_a_while(double: Double) -> None:
    double.twitch.linger = 60
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        await subscribe(double, client, "channel.follow", FOLLOW, BOT)
        await double.twitch.lose(client.session)
        assert await client.code() == 1006
    async with connected(double) as client:
        refused = await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        assert (refused.status, refused.message) == (409, "subscription already exists")
        dead = await listed(double)
        assert [s["status"] for s in dead] == ["enabled", "enabled"]
        assert client.id not in {s["transport"]["session_id"] for s in dead}
        for subscription in dead:
            await double.ask("DELETE", "eventsub/subscriptions", BOT, id=subscription["id"])
        assert (await subscribe(double, client, "channel.chat.message", CHAT, BOT)).status == 202
        await double.twitch.say(ALICE, "back again")
        assert (await client.hear())["payload"]["event"]["message"]["text"] == "back again"


async def test_twitch_notices_a_dead_session_in_the_end(double: Double) -> None:
    double.twitch.linger = 0.05
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        await double.twitch.lose(client.session)
    async with connected(double) as client, asyncio.timeout(5):
        while (await subscribe(double, client, "channel.chat.message", CHAT, BOT)).status == 409:
            await asyncio.sleep(0.01)
        assert len(await listed(double)) == 1


async def test_a_client_that_says_good_bye_leaves_nothing(double: Double) -> None:
    double.twitch.linger = 60
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        session = client.session
    async with asyncio.timeout(5):
        await session.ended.wait()
    assert await listed(double) == []


async def test_a_connection_can_be_cut_in_the_middle_of_a_frame(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        await double.twitch.lose(client.session, mid_frame=True)
        assert await client.code() == 1006


async def test_a_silent_session_is_open_and_hears_nothing(double: Double) -> None:
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        double.twitch.silence(client.session)
        await double.twitch.say(ALICE, "hello?")
        assert double.twitch.notified == 0
        client.session.state = SessionState.OPEN
        await double.twitch.say(ALICE, "now")
        assert (await client.hear())["payload"]["event"]["message"]["text"] == "now"


async def test_subscriptions_move_with_a_client(double: Double) -> None:
    double.twitch.move_within = 0.2
    async with connected(double) as old:
        await subscribe(double, old, "channel.chat.message", CHAT, BOT)
        await double.twitch.ask_to_move(old.session, f"{double.url}/ws")
        url = (await old.hear())["payload"]["session"]["reconnect_url"]
        async with connected(double, url) as new:
            await double.twitch.say(ALICE, "here")
            assert (await new.hear())["payload"]["event"]["message"]["text"] == "here"
            assert await old.code() == 4004, "the old one is closed where the client does not do it"
            assert [s["transport"]["session_id"] for s in await listed(double)] == [new.id]
            async with double.http.ws_connect(url) as again:
                await again.receive()
                assert again.close_code == 4007, "the address is good once"


async def test_a_client_that_does_not_move_is_closed(double: Double) -> None:
    double.twitch.move_within = 0.05
    async with connected(double) as client:
        await subscribe(double, client, "channel.chat.message", CHAT, BOT)
        await double.twitch.ask_to_move(client.session, f"{double.url}/ws")
        assert await client.code() == 4004
    assert await listed(double) == []


# Every event


async def events(double: Double, client: Client, kind: str, condition: dict[str, str], who: SandboxUser) -> None:
    assert (await subscribe(double, client, kind, condition, who)).status == 202


async def read(client: Client, kind: str) -> tuple[dict[str, Any], Any]:
    """The next event, and what TwitchIO makes of it."""
    frame = await client.hear()
    assert (frame["metadata"]["message_type"], frame["metadata"]["subscription_type"]) == ("notification", kind)
    return frame["payload"]["event"], create_event_instance(cast(Any, kind), cast(Any, frame), http=cast(Any, None))


async def test_the_stream_goes_off_and_on(double: Double) -> None:
    twitch = double.twitch
    async with connected(double) as client:
        for kind in ("stream.online", "stream.offline"):
            await events(double, client, kind, CHANNEL, STREAMER)
        first = twitch.stream_id
        assert (await double.ask("GET", "streams", user_id=STREAMER.id)).data[0]["id"] == first
        await twitch.go_live()
        await twitch.go_offline()
        event, _ = await read(client, "stream.offline")
        assert event["broadcaster_user_login"] == STREAMER.login
        assert (await double.ask("GET", "streams", user_id=STREAMER.id)).data == []
        await twitch.go_live()
        event, known = await read(client, "stream.online")
        (stream,) = (await double.ask("GET", "streams", user_id=STREAMER.id)).data
        assert event["id"] == stream["id"] == twitch.stream_id != first
        assert (known.type, stream["type"]) == ("live", "live")
        assert known.started_at.strftime("%Y-%m-%dT%H:%M:%SZ") == stream["started_at"]
    assert (await double.ask("GET", "streams", user_id=ALICE.id)).data == []


async def test_bans_and_timeouts(double: Double) -> None:
    until = datetime(2026, 5, 1, tzinfo=UTC)
    async with connected(double) as client:
        for kind in ("channel.ban", "channel.unban"):
            await events(double, client, kind, CHANNEL, STREAMER)
        await double.twitch.ban(ALICE)
        event, known = await read(client, "channel.ban")
        assert (event["ends_at"], event["is_permanent"], known.user.id) == (None, True, ALICE.id)
        await double.twitch.ban(ALICE, until)
        event, known = await read(client, "channel.ban")
        assert (known.ends_at, event["is_permanent"]) == (until, False)
        await double.twitch.time_out(ALICE, BOT)
        _, known = await read(client, "channel.ban")
        assert (known.moderator.id, known.ends_at - known.banned_at > timedelta(minutes=9)) == (BOT.id, True)
        await double.twitch.unban(ALICE)
        _, known = await read(client, "channel.unban")
        assert known.user.id == ALICE.id


async def test_mods_come_and_go(double: Double) -> None:
    max_ = sandbox_user("max", "moderator")
    async with connected(double) as client:
        for kind in ("channel.moderator.add", "channel.moderator.remove"):
            await events(double, client, kind, CHANNEL, STREAMER)
        await double.twitch.add_moderator(ALICE)
        _, known = await read(client, "channel.moderator.add")
        assert known.user.id == ALICE.id
        double.world.settle(max_)
        for who in (ALICE, max_, BOT):
            await double.twitch.remove_moderator(who)
            _, known = await read(client, "channel.moderator.remove")
            assert known.user.id == who.id
            assert not double.world.moderates(who.id)
    async with connected(double) as client:
        assert (await subscribe(double, client, "channel.follow", FOLLOW, BOT)).status == 403


async def test_badges_follow_the_role(double: Double) -> None:
    async with connected(double) as client:
        await events(double, client, "channel.chat.message", CHAT, BOT)
        await double.twitch.say(BOT, "as a mod")
        event, _ = await read(client, "channel.chat.message")
        assert [badge["set_id"] for badge in event["badges"]] == ["moderator"]
        double.world.moderators.clear()
        await double.twitch.say(BOT, "as nobody")
        event, _ = await read(client, "channel.chat.message")
        assert event["badges"] == []


async def test_all_of_chat_is_cleared(double: Double) -> None:
    async with connected(double) as client:
        await events(double, client, "channel.chat.clear", CHAT, BOT)
        await double.twitch.say(ALICE, "gone soon")
        await double.twitch.clear()
        event, _ = await read(client, "channel.chat.clear")
        assert event["broadcaster_user_id"] == STREAMER.id
        assert double.twitch.chat_log.lines[0].removed


async def test_redemptions_are_heard_for_one_reward_or_all(double: Double) -> None:
    (hydrate,) = double.twitch.points.rewards.values()
    async with connected(double) as client:
        other = {**CHANNEL, "reward_id": "another"}
        await events(double, client, f"{REDEMPTION}.add", other, STREAMER)
        await double.twitch.redeem(ALICE, hydrate.id)
        assert double.twitch.notified == 0
        await events(double, client, f"{REDEMPTION}.add", {**CHANNEL, "reward_id": ""}, STREAMER)
        made = await double.twitch.redeem(ALICE, hydrate.id)
        event, known = await read(client, f"{REDEMPTION}.add")
        assert (event["id"], event["status"], event["user_input"]) == (made.id, "unfulfilled", "")
        assert event["reward"] == {"id": hydrate.id, "title": "Hydrate!", "cost": 500, "prompt": hydrate.prompt}
        assert (known.user.id, known.reward.cost) == (ALICE.id, 500)
