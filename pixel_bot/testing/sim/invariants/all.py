"""All promises, each looked at as soon as it can be."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pixel_bot.errors import StartError
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.invariants.chat import ChatAwards
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.experience import Experience
from pixel_bot.testing.sim.invariants.facts import Facts
from pixel_bot.testing.sim.invariants.links import Links
from pixel_bot.testing.sim.invariants.notices import Notices
from pixel_bot.testing.sim.invariants.progress import Progress
from pixel_bot.testing.sim.invariants.rounds import Rounds
from pixel_bot.testing.sim.invariants.rows import Rows
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.invariants.words import Words

LOOK_SECONDS = 20.0
PAID_BY_FACTS = {"sub", "gift", "cheer", "raid", "streak"}


class Promises:
    """Checks all of them.

    Args:
        channel: with the bot that made them.
    """

    def __init__(self, channel: Channel) -> None:
        self.broken: asyncio.Future[Violation] = asyncio.get_running_loop().create_future()
        """Done with the first one that was broken."""
        self._durable = Durable(channel.file)
        self._links = Links(self._durable, channel.now)
        self._experience = Experience(self._durable)
        self._channel = channel
        self._facts = Facts(channel, self._durable, self.report)
        self._chat = ChatAwards(channel, self._durable, self.report, self._links)
        self._words = Words(channel, self._durable, self.report)
        self._progress = Progress(channel, self._durable)
        self._rows = Rows(self._durable)
        self._rounds = Rounds(self._durable, lambda: datetime.now(UTC))
        self._notices = Notices(channel, self._durable, self.report)
        self._durable.when_paid = self._on_paid
        channel.when_restored.append(lambda: self._try(self._durable.restored))
        channel.when_ended.append(self._on_end)
        channel.when_said(self._on_said)

    def report(self, violation: Violation) -> None:
        """A promise was broken; the first one counts."""
        if not self.broken.done():
            self.broken.set_result(violation)

    def close(self) -> None:
        """Look no more."""
        self._durable.close()

    def on_commit(self) -> None:
        """The bot has just committed."""
        if not self.broken.done():
            self._try(self._durable.check)
            looks = (self._links, self._rows, self._rounds, self._notices, self._experience)
            for look in looks if self._durable.is_current else ():
                self._try(look.check)

    async def look(self) -> None:
        """Look now and then at what no commit tells of, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._try(self._progress.check)

    def check_settled(self) -> None:
        """Once nothing has gone wrong for a while.

        Raises:
            Violation: something is still owed.
        """
        self._durable.check()
        self._durable.check_settled()
        self._durable.check_facts()
        self._words.check_settled()
        self._rounds.check_settled()
        self._experience.check_whole()
        self._experience.check_levels(self._channel.settings)

    @property
    def is_paused(self) -> bool:
        """Whether mods have paused a lane."""
        return bool(self._durable.rows("SELECT 1 FROM lanes WHERE paused"))

    def for_digest(self) -> Iterator[tuple[object, ...]]:
        """All of the ledger."""
        return self._durable.for_digest()

    def _on_paid(self, user: int, reason: str) -> None:
        if reason in PAID_BY_FACTS:
            self._facts.check_paid(user, reason)

    def _on_said(self, message: SandboxMessage) -> None:
        self._try(lambda: self._words.hear(message))
        self._try(lambda: self._notices.hear(message))

    def _on_end(self, error: BaseException | None) -> None:
        if not isinstance(error, StartError):
            self.report(Violation(f"The bot ended with {error!r}."))

    def _try(self, check: Callable[[], None]) -> None:
        try:
            check()
        except Violation as exc:
            self.report(exc)
