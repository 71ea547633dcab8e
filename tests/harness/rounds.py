"""How long the long tests take: kills, races and properties, in rounds that ``PIXEL_ROUNDS`` multiplies."""

import os

FACTOR = float(os.environ.get("PIXEL_ROUNDS") or 1)


def rounds(count: int) -> int:
    """So many rounds, times ``PIXEL_ROUNDS``; one at least."""
    return max(1, round(count * FACTOR))
