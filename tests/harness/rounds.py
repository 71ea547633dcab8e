"""How long the long tests take: kills, races and properties, in rounds that ``PIXEL_ROUNDS`` multiplies."""

import os

from hypothesis import HealthCheck, Phase, settings

FACTOR = float(os.environ.get("PIXEL_ROUNDS") or 1)


def rounds(count: int) -> int:
    """So many rounds, times ``PIXEL_ROUNDS``; one at least."""
    return max(1, round(count * FACTOR))


modest = settings(
    deadline=None,
    max_examples=rounds(10),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""For properties that start a bot for each example: give fewer with ``settings(modest, max_examples=rounds(n))``."""
