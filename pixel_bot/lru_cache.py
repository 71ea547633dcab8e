"""An LRU cache: it drops what was not used lately, so that a million known viewers cost no memory."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps the last ``size`` keys that were put or got, and at most as many again that were not.

    Two dictionaries that take turns: no list to keep in order, so a hit costs a look-up and nothing more.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._fresh: dict[K, V] = {}
        self._stale: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, or None."""
        value = self._fresh.get(key)
        if value is None and (value := self._stale.get(key)) is not None:
            self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep the value."""
        if len(self._fresh) >= self._size and key not in self._fresh:
            self._stale, self._fresh = self._fresh, {}
        self._fresh[key] = value

    def add(self, key: K, value: V) -> bool:
        """Keep the value if the key is new. Returns whether it was."""
        if key in self._fresh or key in self._stale:
            return False
        self.put(key, value)
        return True

    def remembered(self) -> list[K]:
        """What is remembered."""
        return list({**self._stale, **self._fresh})

    def forget(self, key: K) -> None:
        """Drop one key."""
        self._fresh.pop(key, None)
        self._stale.pop(key, None)

    def clear(self) -> None:
        """Drop everything."""
        self._fresh = {}
        self._stale = {}
