"""Building blocks for asyncio: task group, retry, throttle, waiting for a change."""
