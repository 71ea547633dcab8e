"""Twitch's double: how event sessions end and move."""

import asyncio

from pixel_bot.sandbox.twitch.session import SessionState
from pixel_bot.sandbox.twitch.users import BOT
from tests.sandbox.twitch.client import ALICE, Double
from tests.sandbox.twitch.event_client import CHAT, FOLLOW, connected, listed, subscribe


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
