"""The test kit for cog authors.

``stage`` runs a bot in the test's own process, with real ``ChatMessage`` objects and a wire that only notes::

    async def test_hello(tmp_path):
        async with stage(tmp_path) as chat:
            assert await chat.say("alice", "!hello") == ["Hello alice!"]

``live`` runs the whole bot against the sandbox over real sockets; the same questions, slower answers.
"""

from pixel_bot.testing.clock import SettableClock
from pixel_bot.testing.fake_http import FakeHttp
from pixel_bot.testing.fake_obs import FakeObs
from pixel_bot.testing.fake_twitch import FakeTwitch
from pixel_bot.testing.guest import guest
from pixel_bot.testing.live import Live, live
from pixel_bot.testing.overlay import FakeOverlay
from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.stage import Stage, stage, there

__all__ = [
    "FakeHttp",
    "FakeObs",
    "FakeOverlay",
    "FakeTwitch",
    "Live",
    "SettableClock",
    "Stage",
    "guest",
    "live",
    "settings_in",
    "stage",
    "there",
]
