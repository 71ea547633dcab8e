"""Frames that nobody expects."""

from copy import deepcopy
from datetime import UTC, datetime

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness.twitch_harness import CHAT, CHEERS, Harness, all_paid
from tests.platforms.twitch.sockets.socket_helpers import Json, Till, signed_in

ALICE = sandbox_user("alice")


def odd_frames() -> list[str | bytes | Json]:
    """What Twitch never sends, and what it may send one day."""
    now = datetime.now(UTC)
    subscription: Json = {"id": "1", "type": CHAT, "version": "1", "status": "enabled", "condition": {}}
    chat = frames.notification(subscription, frames.chat_message(ALICE, "odd", "odd-1"), "odd-1", now)
    event = chat["payload"]["event"]
    bare = {"metadata": {"message_id": "x", "message_type": "notification", "message_timestamp": chat["metadata"]}}
    cheer = {"type": CHEERS, "version": "1"}
    return [
        "no json",
        "",
        "null",
        "[1, 2]",
        '"text"',
        "5",
        b"\x00\x01",
        "{}",
        {"payload": chat["payload"]},
        {"metadata": None, "payload": None},
        {"metadata": [], "payload": chat["payload"]},
        {"metadata": {"message_type": None}},
        {"metadata": {"message_type": ["notification"]}},
        {"metadata": {"message_type": "something_new"}, "payload": {}},
        {"metadata": {"message_type": "notification"}},
        {"metadata": {"message_type": "revocation"}, "payload": {"subscription": None}},
        {"metadata": {"message_type": "session_reconnect"}, "payload": None},
        {"metadata": {"message_type": "session_reconnect"}, "payload": {"session": {"reconnect_url": None}}},
        {"metadata": {"message_type": "session_reconnect"}, "payload": {"session": {"reconnect_url": ["ws://x"]}}},
        {"metadata": {"message_type": "session_welcome"}, "payload": {"session": {"id": "another"}}},
        bare,
        chat | {"payload": None},
        chat | {"payload": {"event": None}},
        chat | {"payload": {"event": event | {"message": None}}},
        chat | {"payload": {"event": event | {"message": {"text": 5}}}},
        chat | {"payload": {"event": event | {"message_id": None}}},
        chat | {"payload": {"event": event | {"chatter_user_id": 5}}},
        chat | {"metadata": chat["metadata"] | {"message_timestamp": "yesterday"}},
        chat | {"metadata": chat["metadata"] | {"subscription_type": "channel.new_thing"}},
        chat | {"metadata": chat["metadata"] | {"subscription_type": None}},
        frames.notification(cheer, {"bits": "many"}, "odd-2", now),
        frames.notification(cheer, frames.cheer(ALICE, 5) | {"bits": None}, "odd-3", now),
        frames.notification(cheer, frames.cheer(ALICE, 5) | {"user_login": 7}, "odd-4", now),
        frames.keepalive("k", now),
        frames.revocation(subscription | {"type": "channel.unknown"}, now),
    ]


async def test_a_frame_that_cannot_be_read_is_left_out_and_nothing_else(home: Harness) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        before = home.session(CHAT)
        for frame in odd_frames():
            if isinstance(frame, bytes):
                await before.socket.send_bytes(frame)
            elif isinstance(frame, str):
                await before.socket.send_text(frame)
            else:
                await before.send(frame)
        await till.ring(app)
        assert home.session(CHAT) is before
        assert app.platform.problems() == []


async def test_fields_that_are_new_or_null_do_not_matter(home: Harness) -> None:
    async with signed_in(home) as app:
        session = home.session(CHAT)
        subscription = next(s for s in home.twitch.subscriptions.values() if s["type"] == CHAT)
        event = frames.chat_message(ALICE, "hello", "new-1") | {"new": {"deep": [1]}, "color": None, "badges": None}
        frame = frames.notification(subscription, event, "new-1", datetime.now(UTC))
        for message_id in ("new-1", "new-2"):
            sent: Json = deepcopy(frame) | {"more": None}
            sent["payload"]["event"]["message_id"] = message_id
            await session.send(sent)
        await all_paid(app, 2)
