"""How often something was used: sounds, voices and commands, so that lists begin with what people like.

Counted in memory and saved in batches: a crash loses the counts of the last minute.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold

Kind = Literal["sound", "voice", "command"]

_ADD = """
INSERT INTO use_counts (kind, name, uses) SELECT row.kind, row.name, row.uses FROM {source} WHERE true
ON CONFLICT (kind, name) DO UPDATE SET uses = use_counts.uses + excluded.uses
"""


class UseCounts:
    """Counts uses by kind and name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unsaved = Counter[tuple[Kind, str]]()

    def note(self, kind: Kind, name: str) -> None:
        """Something was used."""
        self._unsaved[kind, name] += 1

    async def save(self) -> None:
        """Save what was counted since the last time."""
        if not self._unsaved:
            return
        counts, self._unsaved = self._unsaved, Counter[tuple[Kind, str]]()
        try:
            async with self._database.write() as session:
                source = unfold(session, {"kind": "text", "name": "text", "uses": "bigint"})
                rows = [(kind, name, uses) for (kind, name), uses in counts.items()]
                await session.execute(sql(_ADD.format(source=source)), {"rows": fold(rows)})
        except BaseException:
            self._unsaved.update(counts)
            raise

    async def by_use(self, kind: Kind, names: Iterable[str]) -> list[str]:
        """The names, most used first, then by name."""
        query = "SELECT name, uses FROM use_counts WHERE kind = :kind"
        uses = Counter[str]()
        for name, n in await self._database.look_up(query, {"kind": kind}):
            uses[str(name)] = int(n)
        for (counted, name), n in self._unsaved.items():
            if counted == kind:
                uses[name] += n
        return sorted(names, key=lambda name: (-uses[name], name.casefold(), name))
