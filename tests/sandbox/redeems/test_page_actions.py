"""What the sandbox page may ask of the doubles."""

import contextlib
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from twitchio.eventsub import SubscriptionType
from twitchio.models.eventsub_ import create_event_instance

from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.page_actions import PageActions, Refused
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.chat_log import HISTORY
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.users import BOT, PERSONAS, STREAMER, SandboxUser, SandboxUsers, sandbox_user

pytestmark = pytest.mark.asyncio(loop_scope="session")
MOD = PERSONAS[2]


@pytest.fixture
def twitch() -> TwitchDouble:
    return TwitchDouble(SandboxUsers())


VIEWER, OTHER, OTHER_MOD = sandbox_user("alice"), sandbox_user("bob"), sandbox_user("mod_max", "moderator")


@pytest.mark.parametrize(
    ("who", "author", "may_delete", "may_time_out"),
    [
        (VIEWER, OTHER, False, False),
        (VIEWER, VIEWER, False, False),
        (MOD, VIEWER, True, True),
        (MOD, MOD, True, False),
        (MOD, OTHER_MOD, False, False),
        (MOD, STREAMER, False, False),
        (MOD, BOT, True, False),
        (STREAMER, OTHER_MOD, True, True),
        (STREAMER, STREAMER, True, False),
    ],
)
async def test_mods_do_what_twitch_lets_them(
    twitch: TwitchDouble, who: SandboxUser, author: SandboxUser, may_delete: bool, may_time_out: bool
) -> None:
    twitch.users.settle(author)
    line = await twitch.say(author, "hello")
    for wish, may in (({"do": "timeout", "login": author.login}, may_time_out), ({"do": "delete"}, may_delete)):
        if may:
            await PageActions(twitch, JoystickDouble()).perform(who, {**wish, "id": line.id})
        else:
            with pytest.raises(Refused, match="Only mods"):
                await PageActions(twitch, JoystickDouble()).perform(who, {**wish, "id": line.id})
    assert twitch.chat_log.lines[0].removed == (may_delete or may_time_out)


ODD: tuple[Any, ...] = (None, True, 5, 1e300, "", "x" * 100_000, [], ["x"], {}, {"id": {}})


@pytest.mark.parametrize("kind", ["say", "event", "delete", "timeout", "redeem", "stream", "nonsense", None, [], {}])
async def test_whatever_a_page_wishes_harms_nothing(twitch: TwitchDouble, kind: object) -> None:
    for odd in ODD:
        wish: dict[str, Any] = {"do": kind, **dict.fromkeys(("text", "kind", "amount", "id", "login", "live"), odd)}
        with contextlib.suppress(Refused):
            await PageActions(twitch, JoystickDouble()).perform(VIEWER, wish)
    assert not twitch.points.redemptions
    assert all(len(line.text) <= 500 for line in twitch.chat_log.lines)


async def test_a_page_can_do_what_twitch_lets_a_viewer_do(twitch: TwitchDouble) -> None:
    (hydrate,) = twitch.points.rewards.values()
    wishes = PageActions(twitch, JoystickDouble())
    await wishes.perform(VIEWER, {"do": "redeem", "id": hydrate.id})
    assert [r.who for r in twitch.points.redemptions.values()] == [VIEWER]
    with pytest.raises(Refused, match="not on offer"):
        await wishes.perform(VIEWER, {"do": "redeem", "id": "unknown"})
    told = await wishes.perform(VIEWER, {"do": "event", "kind": "resub", "amount": 12})
    assert told is not None
    assert told["text"] == "alice has subscribed for 12 months"
    assert VIEWER.id in twitch.users.subscribers
    await wishes.perform(VIEWER, {"do": "stream", "live": False})
    assert not twitch.live
    await wishes.perform(VIEWER, {"do": "stream", "live": True})
    assert twitch.live


async def test_a_line_of_long_ago_cannot_be_deleted(twitch: TwitchDouble) -> None:
    line = await twitch.say(VIEWER, "first")
    for i in range(HISTORY):
        await twitch.say(OTHER, f"line {i}")
    assert len(twitch.chat_log.lines) == HISTORY
    with pytest.raises(Refused, match="too old"):
        await PageActions(twitch, JoystickDouble()).perform(MOD, {"do": "delete", "id": line.id})


async def test_a_line_is_taken_out_once(twitch: TwitchDouble) -> None:
    told: list[list[str]] = []
    twitch.removals.add(told.append)
    line = await twitch.say(VIEWER, "rude")
    for _ in range(2):
        await twitch.delete(line)
    await twitch.time_out(VIEWER)
    assert told == [[line.id]]


async def test_removals_are_events_that_twitchio_reads() -> None:
    deleted = frames.message_delete(VIEWER, "some-id")
    assert sorted(deleted) == sorted(
        [
            *("broadcaster_user_id", "broadcaster_user_login", "broadcaster_user_name"),
            *("target_user_id", "target_user_login", "target_user_name", "message_id"),
        ]
    )
    for kind, event in (
        (SubscriptionType.ChannelChatMessageDelete, deleted),
        (SubscriptionType.ChannelChatClearUserMessages, frames.clear_user_messages(VIEWER)),
    ):
        frame = frames.notification({"id": "1", "type": kind.value, "version": "1"}, event, "id", datetime.now(UTC))
        read: Any = create_event_instance(cast(Any, kind.value), cast(Any, frame), http=cast(Any, None))
        assert (read.user.name, read.broadcaster.id) == ("alice", STREAMER.id)
