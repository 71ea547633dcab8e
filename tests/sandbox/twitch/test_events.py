"""Twitch's double: events as they are sent."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.sandbox.twitch.subscription_types import REDEMPTION
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, sandbox_user
from tests.sandbox.twitch.client import ALICE, Double
from tests.sandbox.twitch.event_client import CHANNEL, CHAT, FOLLOW, Client, connected, subscribe


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
