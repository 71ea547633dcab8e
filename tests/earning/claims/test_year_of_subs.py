"""Whatever Twitch tells of a year of subs, in any order, over restarts: each month pays once and is thanked once."""

from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from pixel_bot.earning.event_awards import award_for
from pixel_bot.earning.event_claims import EventClaims
from pixel_bot.model.channel_events import Sub
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.earning.claims.calendar import Month, as_delivered, year_of
from tests.harness.rounds import rounds

PEOPLE = [Person(str(number), f"fan{number}", f"Fan{number}") for number in range(10)]
WORTH = {1: 200, 2: 400, 3: 1_000}


class Year:
    """A bot that hears the events, with restarts, and what it paid and announced."""

    def __init__(self, folder: Path, clock: SettableClock) -> None:
        self._folder, self._clock = folder, clock
        self._stack = AsyncExitStack()
        self.services: Services | None = None
        self.thanks: Counter[str] = Counter()
        self._waiting: dict[int, str] = {}

    async def start(self) -> Services:
        self.services = await self._stack.enter_async_context(opened(settings_in(self._folder), "sandbox", self._clock))
        self.services.awards.start()
        return self.services

    async def stop(self) -> None:
        assert self.services is not None
        await self.announce_waiting()
        await self.services.awards.stop()
        await self._stack.aclose()

    async def hear(self, event: Sub) -> None:
        assert self.services is not None
        assert event.person is not None
        who = event.person.login
        result = await self.services.awards.claim(award_for(event, self.services.settings))
        if not result.is_new or result.claim is None:
            return
        if result.claim.announces:
            self._waiting.pop(result.claim.claim_id, None)
            self.thanks[who] += not result.claim.gifted
        elif result.claim.pays:
            self._waiting[result.claim.claim_id] = who

    async def announce_waiting(self) -> None:
        """Five seconds pass."""
        assert self.services is not None
        claims = EventClaims(self.services.database, self._clock)
        for claim_id, who in self._waiting.items():
            self.thanks[who] += await claims.begin_to_announce(claim_id)
        self._waiting.clear()


@pytest.mark.parametrize("notices", [True, False])
@pytest.mark.parametrize("seed", range(rounds(1)))
async def test_each_month_pays_once_and_is_thanked_once(
    tmp_path: Path, clock: SettableClock, seed: int, notices: bool
) -> None:
    random = Random(seed)
    months = [month for person in PEOPLE for month in year_of(person, random, notices=notices)]
    year = Year(tmp_path, clock)
    services = await year.start()
    for event in as_delivered(months, random):
        await year.hear(event)
        if random.random() < 0.3:
            await year.announce_waiting()
        if random.random() < 0.02:
            await year.stop()
            services = await year.start()
    await year.announce_waiting()
    for person in PEOPLE:
        theirs = [month for month in months if month.person == person]
        told = [month for month in theirs if month.pays]
        balance = (await services.viewers.meet(person)).points
        assert balance == sum(WORTH[month.tier] for month in told), _story(theirs)
        assert year.thanks[person.login] == len(told), _story(theirs)
    await year.stop()


def _story(months: list[Month]) -> str:
    return "\n".join(f"{m.how.name} {m.told}" for m in months)
