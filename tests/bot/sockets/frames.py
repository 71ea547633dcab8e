"""A bot on real sockets: frames as Twitch sends them, and what came of them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.double import SandboxMessage, SandboxSession
from pixel_bot.sandbox.twitch.users import BOT, sandbox_user
from pixel_bot.testing import Live
from tests.harness.database import findings

CHAT = "channel.chat.message"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def wrong(show: Live) -> list[str]:
    """What ``db check`` finds."""
    return await findings(show.bot)


async def points(show: Live, login: str) -> int:
    await show.settled()
    return (await show.bot.viewers.find(login)).points


async def known(show: Live) -> int:
    """How many viewers there are."""
    await show.settled()
    async with show.bot.readers() as session:
        return (await session.execute(text("SELECT COUNT(*) FROM users"))).scalar_one()


async def fund(show: Live, login: str, amount: int) -> None:
    """Points by hand of the streamer, for somebody who is made known first."""
    await show.ask(login, "!points")
    await show.ask("", f"!points add @{login} {amount}", "broadcaster")


async def fire(show: Live, kind: str, event: frames.Json, event_id: str, at: datetime = NOW) -> None:
    assert await show.twitch.notify(kind, event, event_id, at) == 1


def chat_session(show: Live) -> SandboxSession:
    """The connection that chat travels on."""
    (found,) = [s["transport"]["session_id"] for s in show.twitch.subscriptions.values() if s["type"] == CHAT]
    return show.twitch.sessions[found]


async def raw(show: Live, *sent: str | bytes) -> None:
    """Send frames as they are, past all that the double would do."""
    socket = chat_session(show).socket
    for one in sent:
        await (socket.send_bytes(one) if isinstance(one, bytes) else socket.send_text(one))


def chat_frame(event: dict[str, Any], message_id: str = "raw-1", at: datetime = NOW) -> frames.Json:
    subscription: frames.Json = {"id": "1", "type": CHAT, "version": "1", "condition": {}, "status": "enabled"}
    return frames.notification(subscription, event, message_id, at)


async def speak(show: Live, who: str, words: str, message_id: str, **event: Any) -> None:
    """A chat message with fields set otherwise."""
    payload = frames.chat_message(show.twitch.users.settle(sandbox_user(who)), words, message_id) | event
    await fire(show, CHAT, payload, message_id)


class RecordingListener:
    """Notes what the bot says."""

    def __init__(self, show: Live) -> None:
        self.lines: list[SandboxMessage] = []
        show.twitch.listeners.add(self._hear)

    def _hear(self, line: SandboxMessage) -> None:
        if line.who.login == BOT.login:
            self.lines.append(line)

    @property
    def words(self) -> list[str]:
        return [line.text for line in self.lines]


AMOUNTS: dict[str, Any] = {
    "points_follow_amount": 11,
    "points_sub_amount": 20,
    "points_cheer_per_bit": 0.3,
    "points_raid_amount": 40,
    "xp_follow_amount": 5,
    "xp_sub_amount": 6,
}
ALICE = sandbox_user("alice")
