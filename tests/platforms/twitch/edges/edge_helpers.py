"""What tests of unusual cases on Twitch wait for."""

import asyncio
from typing import Any


async def until(true: Any, seconds: float = 10.0) -> None:
    """Wait for something that nothing tells."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
