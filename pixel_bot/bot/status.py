"""How the bot is, in one chat message: for mods who see that something does not work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pixel_bot.backends.obs import Obs
from pixel_bot.model.stream_state import Stream
from pixel_bot.overlay.words import overlay_shown
from pixel_bot.queue.queue import Overview, Queue
from pixel_bot.services import Services
from pixel_bot.texts import fit, joined, number, roughly
from pixel_bot.wording.texts import texts

_ = texts(__name__)

SENTENCE, SENTENCES = 80, 2
"""The most that one problem, and those of the platform, take of the message: the rest must be in it, too."""

FILE_SENTENCE, FILES = 120, 180
"""The same for what is wrong with a file, and with all of them."""


class PlatformHealth(Protocol):
    """How the connection to the platform is."""

    def problems(self) -> list[str]:
        """What is wrong, since when and what to do, a sentence each; the worst first. Empty when all is well."""
        ...

    def summary(self) -> str:
        """The connection in a few words, like ``connected`` or ``chat connected, events away for 3m``."""
        ...


class Status:
    """Collects what there is to say.

    Args:
        services, queue: of this bot.
        obs: None where it is not set up.
        stream: whether it is on.
        platforms: the connections, by the names of the places; more may come later.
    """

    def __init__(
        self,
        services: Services,
        queue: Queue,
        obs: Obs | None,
        stream: Stream,
        platforms: Mapping[str, PlatformHealth],
    ) -> None:
        self._services = services
        self._queue = queue
        self._obs = obs
        self._stream = stream
        self._platforms = platforms
        self.broken_cogs: Callable[[], Sequence[str]] = lambda: ()
        """Called for the cogs that are broken, a few words each."""
        self._started_at = services.clock.now()
        self._offline_since: datetime | None = None
        stream.changed.add(self._note)

    async def words(self) -> str:
        """All of it; what is wrong comes first, so that a cut never hides it."""
        view = await self._queue.overview()
        first = [
            _("Up {time} on {places}", time=self._ago(self._started_at), places=self._platforms_summary()),
            *self._problems(),
        ]
        if self._services.settings.silent:
            first.append(_("silent"))
        return fit(" · ".join([*first, self._live(), *self._show(view), *self._closed()]))

    def _note(self) -> None:
        self._offline_since = None if self._stream.is_live else self._services.clock.now()

    def _platforms_summary(self) -> str:
        places = [f"{name}, {platform.summary()}" for name, platform in self._platforms.items()]
        return joined(places) if places else _("no platform yet")

    def _problems(self) -> Iterator[str]:
        if (trouble := self._services.awards.write_outage.now) is not None:
            yield _("nothing can be saved: {why}", why=_.of_source(trouble.what))
        problems = [problem for platform in self._platforms.values() for problem in platform.problems()]
        for problem in problems[:SENTENCES]:
            yield fit(problem.rstrip("."), SENTENCE)
        if len(problems) > SENTENCES:
            yield _("{n} more problem", "{n} more problems", n=len(problems) - SENTENCES)
        broken = [problem for file in self._services.files if (problem := file.problem)]
        for problem in broken:
            yield fit(problem.rstrip("."), min(FILE_SENTENCE, FILES // len(broken)))
        cogs = self.broken_cogs()
        for words in cogs[:SENTENCES]:
            yield fit(_("cog {cog}", cog=words), SENTENCE)
        if len(cogs) > SENTENCES:
            yield _("{n} more broken cog", "{n} more broken cogs", n=len(cogs) - SENTENCES)
        if self._obs is not None and (problem := self._obs.problem):
            yield fit(problem.rstrip("."), SENTENCE)

    def _live(self) -> str:
        if (live := self._stream.now) is not None:
            return _("live for {time}", time=self._ago(live.since))
        if self._offline_since:
            return _("offline for {time}", time=self._ago(self._offline_since))
        return _("offline")

    def _show(self, view: Overview) -> Iterator[str]:
        waiting = ", ".join(f"{lane} {number(n)}" for lane, n in view.waiting.items() if n)
        paused = ", " + _("paused: {lanes}", lanes=", ".join(view.paused)) if view.paused else ""
        yield _("queue: {waiting}", waiting=waiting or _("empty")) + paused
        yield _("overlay {state}", state=overlay_shown(view.overlay))
        if self._obs is None:
            yield _("OBS not set up")
        elif not self._obs.problem:
            yield _("OBS connected")
        last = self._services.awards.totals.last_at
        yield _("last award {time} ago", time=self._ago(last)) if last else _("no award yet")

    def _closed(self) -> Iterator[str]:
        """Redeems that cannot work, and why."""
        redeems = self._services.redeems
        for key in redeems.keys:
            if why := redeems.why_closed(key):
                yield _("closed: {redeem} ({why})", redeem=key, why=fit(why.rstrip("."), SENTENCE))

    def _ago(self, moment: datetime) -> str:
        """How long ago, to the largest unit: ``3m``."""
        return roughly((self._services.clock.now() - moment).total_seconds())
