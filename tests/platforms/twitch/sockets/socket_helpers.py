"""What tests of event connections send and wait for."""

from typing import Any

from pixel_bot.run.live_app import LiveApp
from tests.harness.twitch_harness import Harness, all_paid

Json = dict[str, Any]


def signed_in(home: Harness) -> Any:
    """A bot that pays for each message."""
    return home.signed_in(points_chat_cooldown_seconds=0)


class Till:
    """What was paid so far: each round is a message and a cheer, and all of the rounds before are sent once more."""

    def __init__(self, home: Harness) -> None:
        self._home = home
        self.rounds = 0

    async def ring(self, app: LiveApp) -> None:
        """Everything that happened before happens again under its old ids, and one more message and cheer."""
        self.rounds += 1
        for number in range(1, self.rounds + 1):
            await self._home.say("alice", f"hello {number}", message_id=f"message-{number}")
            await self._home.cheer("alice", 10, f"cheer-{number}")
        await all_paid(app, 11 * self.rounds)
