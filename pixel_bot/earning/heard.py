"""Who was heard in chat although nothing of theirs has to be written: they are known, too."""

from pixel_bot.lru_cache import LruCache
from pixel_bot.model.names import Named
from pixel_bot.model.people import Person

REMEMBERED = 20_000


class Heard:
    """Remembers who wrote of late, by login and by display name: the bounded memory beside the table of users."""

    def __init__(self) -> None:
        self._people: LruCache[tuple[str, str], tuple[Person, ...]] = LruCache(REMEMBERED)

    def note(self, person: Person) -> None:
        """Somebody wrote."""
        for name in {person.login.casefold(), person.display_name.casefold()}:
            key = (person.platform, name)
            known = self._people.get(key) or ()
            if person not in known:
                # A few of one name are enough to see that it is ambiguous.
                others = tuple(p for p in known if p.platform_id != person.platform_id)
                self._people.put(key, (*others[-3:], person))

    def called(self, who: Named) -> list[Person]:
        """Those of that login; where there are none, those of that display name."""
        people = self._people.get((who.platform, who.login.casefold())) or ()
        return [p for p in people if p.login.lower() == who.login][-1:] or list(people)
