"""How long nothing has gone wrong: promises on time hold only then."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager


class Quiet:
    """Knows what goes wrong right now, and when it last did."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._ended: dict[str, float] = {}

    @contextmanager
    def broken_by(self, kind: str) -> Generator[None]:
        """Something goes wrong for the length of the block."""
        self._under_way[kind] += 1
        try:
            yield
        finally:
            self._under_way[kind] -= 1
            self._ended[kind] = asyncio.get_running_loop().time()

    def note(self, kind: str) -> None:
        """Something went wrong, for a moment."""
        with self.broken_by(kind):
            pass

    def seconds(self, *kinds: str) -> float:
        """For how long none of these kinds has gone wrong; without kinds, none of all."""
        asked = kinds or (*self._under_way,)
        if any(self._under_way[kind] for kind in asked):
            return 0.0
        return asyncio.get_running_loop().time() - max((self._ended.get(kind, 0.0) for kind in asked), default=0.0)
