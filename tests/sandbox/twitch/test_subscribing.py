"""Twitch's double: subscribing to events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pixel_bot.sandbox.twitch.subscription_types import KINDS, REDEMPTION
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser
from tests.sandbox.twitch.client import ALICE, Double
from tests.sandbox.twitch.event_client import CHANNEL, CHAT, FOLLOW, Client, connected, listed, subscribe

RAID = {"to_broadcaster_user_id": STREAMER.id}


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


async def test_equal_subscriptions_are_refused_on_other_sessions_unless_some_are_allowed(double: Double) -> None:
    async with connected(double) as a, connected(double) as b, connected(double) as c:

        async def on(*clients: Client) -> list[int]:
            return [(await subscribe(double, client, "channel.cheer", CHANNEL)).status for client in clients]

        assert await on(a, a, b) == [202, 409, 409]
        double.twitch.equal_subscriptions = 2
        assert await on(a, b, b, c) == [409, 202, 409, 429]
        assert await double.twitch.notify("channel.cheer", {}, "m", datetime.now(UTC)) == 2
        heard = [(await client.hear())["metadata"]["message_id"] for client in (a, b)]
        assert heard == ["m", "m-1"], "each subscription's copy has an id of its own"


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
