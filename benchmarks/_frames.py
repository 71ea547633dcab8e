"""Recorded chat: the same EventSub frames for every bot, made before the clock starts."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, SandboxUser, sandbox_user

SEED = 20_260_101
GAP = timedelta(milliseconds=20)
TALK = (
    "lol wow nice gg hello that was so close the boss again please PogChamp Kappa one more run did you see it clip "
    "that music is great hype chat what happened to sub sunday music volume down let him cook first time here"
)
WORDS = TALK.split()
SUBSCRIPTION: frames.Json = {
    "id": "f1c2a387-161a-49f9-a165-0f21d7a4e1c4",
    "status": "enabled",
    "type": "channel.chat.message",
    "version": "1",
    "condition": {"broadcaster_user_id": STREAMER.id, "user_id": BOT.id},
    "transport": {"method": "websocket", "session_id": "AgoQHR3s6Mb4T8GFB1l3DlPfiRIGY2VsbC1h"},
    "created_at": "2026-01-01T12:00:00.000000000Z",
    "cost": 0,
}


def crowd(size: int) -> list[SandboxUser]:
    """So many people; the same in every run."""
    return [known_viewer(number) for number in range(size)]


def known_viewer(number: int, role: Role = "viewer") -> SandboxUser:
    """The viewer of that number."""
    return sandbox_user(f"viewer_{number}", role, f"Viewer_{number}")


def chat(count: int, people: Sequence[SandboxUser], *, each_once: bool = False, mark: str = "m") -> list[bytes]:
    """So many plain chat messages, 20 ms apart by their own time stamps, as they travel on the wire.

    Few people write much and many write little, as in a real chat; with ``each_once`` they take turns instead.
    """
    chance = random.Random(SEED)
    weights = [1 / (20 + rank) for rank in range(len(people))]
    writers = people if each_once else chance.choices(people, weights, k=count)
    start = datetime.now(UTC) - count * GAP
    return [
        frame(writers[n % len(writers)], " ".join(chance.choices(WORDS, k=chance.randint(1, 12))), f"{mark}-{n}", at)
        for n, at in ((n, start + n * GAP) for n in range(count))
    ]


def frame(who: SandboxUser, text: str, message_id: str, at: datetime) -> bytes:
    """One chat message, framed for a websocket from the server's side (no mask), up to 64 KB."""
    event = frames.chat_message(who, text, message_id)
    payload = orjson.dumps(frames.notification(SUBSCRIPTION, event, message_id, at))
    size = len(payload)
    head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + payload
