"""Games with points: off until the streamer has said yes, by ``GAMES=true`` or on a page."""

from collections.abc import Callable

from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.db.server.cluster import Cluster

ANSWER = "games"
"""The key in ``meta``, and the topic by which other processes hear of a new answer."""


class Games:
    """Whether the streamer has said yes to games with points.

    Args:
        is_set: whether ``GAMES`` says yes. Then what was answered on the page does not matter.
        day_loss: the points that a viewer may lose in a day; 0: any number.
        cluster: other processes on the same database.
    """

    def __init__(self, database: Database, cluster: Cluster, *, is_set: bool, day_loss: int) -> None:
        self.is_set = is_set
        self.day_loss = day_loss
        self.answer: bool | None = None
        """What the streamer answered on the page; None while they have not."""
        self.cogs: set[str] = set()
        """The cogs that are games. One that goes stays here: what was lost in it today still counts."""
        self.changed: set[Callable[[], None]] = set()
        """Called when games were switched on or off."""
        self._database = database
        self._cluster = cluster
        self._tasks = TaskGroup()
        cluster.subscribers.setdefault(ANSWER, set()).add(lambda _: self._tasks.spawn(self.read()))

    @property
    def on(self) -> bool:
        """Whether games may be played."""
        return self.is_set or self.answer is True

    async def say(self, *, yes: bool) -> None:
        """The streamer answers. It is kept, and holds at once, in other processes on the database, too."""
        async with self._database.write() as session:
            await remember(session, ANSWER, "yes" if yes else "no")
        self._take(yes)
        self._cluster.publish(ANSWER)

    async def read(self) -> None:
        """Read the answer that is kept."""
        async with self._database.readers() as session:
            kept = await recall(session, ANSWER)
        self._take({"yes": True, "no": False}.get(kept or ""))

    async def still_on(self) -> bool:
        """Whether games may be played, as the database says now where other processes share it."""
        if self._database.is_shared and not self.is_set:
            await self.read()
        return self.on

    def _take(self, answer: bool | None) -> None:
        before, self.answer = self.on, answer
        if self.on != before:
            for listener in tuple(self.changed):
                listener()
