"""What tests of a live bot on Joystick wait for."""

import asyncio

from pixel_bot.run.live_app import LiveApp
from tests.harness.joystick_harness import Harness, platform, until


async def is_quiet(home: Harness, app: LiveApp) -> None:
    """Nothing is asked any more, and no socket opened."""
    await until(lambda: platform(app).connection.problem)
    before = (len(home.joystick.requests), home.joystick.gateway.opened)
    await asyncio.sleep(0.7)  # several pauses of a bot that tries again
    assert (len(home.joystick.requests), home.joystick.gateway.opened) == before
