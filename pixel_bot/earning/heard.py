"""Who was heard in chat although nothing of theirs has to be written: they are known, too."""

from collections.abc import Collection

from pixel_bot.lru_cache import LruCache
from pixel_bot.model.names import Named
from pixel_bot.model.people import Person

REMEMBERED = 20_000

OF_ONE_NAME = 4
"""People who are kept of one display name: enough to see that it is ambiguous."""


class Heard:
    """Remembers who wrote of late, each under the latest name: the bounded memory beside the table of users."""

    def __init__(self) -> None:
        self._latest: LruCache[str, Person] = LruCache(REMEMBERED)
        self._called: LruCache[tuple[str, str], tuple[Person, ...]] = LruCache(REMEMBERED)

    def __contains__(self, key: str) -> bool:
        """True while somebody with that key is remembered: then their next name must be noted, too."""
        return self._latest.get(key) is not None

    def note(self, person: Person) -> None:
        """Somebody wrote."""
        if self._latest.get(person.key) == person:
            return
        self._latest.put(person.key, person)
        for name in _names_of(person):
            others = [p for p in self._of(person.platform, name) if p.key != person.key]
            self._called.put((person.platform, name), (*others[1 - OF_ONE_NAME :], person))

    def called(self, who: Named) -> list[Person]:
        """People of that login or that display name."""
        return self._of(who.platform, who.login.casefold())

    def _of(self, platform: str, name: str) -> list[Person]:
        """Those of a name who have not taken another one since."""
        return [p for p in self._called.get((platform, name)) or () if self._latest.get(p.key) == p]


def _names_of(person: Person) -> Collection[str]:
    return {person.login.casefold(), person.display_name.casefold()}
