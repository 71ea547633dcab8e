"""Whatever happens, no slot is paid twice and none offline."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pixel_bot.earning import watch_time
from pixel_bot.earning.watch_time import PresenceUnknown
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import SettableClock, settings_in
from tests.earning.watch.stream import SLOT, Crowd, WatchedStream, kill
from tests.harness.rounds import modest, rounds

# Whatever happens


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    kind: Literal["pass", "back", "live", "off", "start", "fail", "kill", "come", "go"]
    amount: int = 1


steps = st.one_of(
    st.builds(Step, st.just("pass"), st.sampled_from([1, 30, SLOT - 1, SLOT, SLOT + 1, 3 * SLOT, 50 * SLOT])),
    st.builds(Step, st.just("back"), st.sampled_from([1, SLOT, 4 * SLOT])),
    st.builds(Step, st.just("live"), st.integers(1, 2)),
    st.builds(Step, st.sampled_from(["off", "start", "fail"])),
    st.builds(Step, st.sampled_from(["kill", "come", "go"]), st.integers(0, 4)),
)
NAMES = ["alice", "bob", "carol", "dan", "eve"]


@dataclass
class Witness:
    """Looks at the database after each look of the bot, and knows what may have changed."""

    show: WatchedStream
    seen: set[str] = field(default_factory=lambda: set[str]())

    async def checks(self) -> None:
        live, now = self.show.stream.now, self.show.clock.now()
        async with self.show.services.database.readers() as session:
            ids = set((await session.execute(text("SELECT id FROM events WHERE kind = 'watch'"))).scalars())
        slots = {(stream, int(number)) for _, stream, number, *_ in (i.split(":") for i in ids - self.seen)}
        if slots:
            assert live is not None
            assert slots == {(live.id, (now - live.since) // timedelta(seconds=SLOT))}
            assert min(slots)[1] >= 1
        self.seen = ids
        earned: dict[str, int] = {}
        for name in (i.split(":")[4].removeprefix("id-") for i in ids if i.count(":") > 2):
            earned[name] = earned.get(name, 0) + 5
        assert await self.show.points() == earned


async def happen(show: WatchedStream, step: Step, since: dict[str, datetime]) -> None:
    match step.kind:
        case "pass" | "back":
            show.clock.advance(step.amount if step.kind == "pass" else -step.amount)
        case "live":
            show.live(str(step.amount), since.setdefault(str(step.amount), show.clock.now()))
        case "off":
            show.stream.went_offline()
        case "start":
            show.begin()
        case "fail":
            show.crowd.failures.append(PresenceUnknown("Not now."))
        case "kill":
            await kill(show, after=step.amount)
            show.begin()
        case "come" | "go":
            here = set(show.crowd.names) - {NAMES[step.amount]}
            show.crowd.names = sorted(here | {NAMES[step.amount]} if step.kind == "come" else here)


@asynccontextmanager
async def fresh(template: Path, folder: Path) -> AsyncGenerator[WatchedStream]:
    for old in folder.glob("sandbox.db*"):
        old.unlink()
    shutil.copyfile(template, folder / "sandbox.db")
    clock = SettableClock()
    async with opened(settings_in(folder), "sandbox", clock) as services:
        services.awards.start()
        yield WatchedStream(services, clock, Crowd("alice", "bob", "carol"))
        await services.awards.stop()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database."""
    folder = tmp_path_factory.mktemp("template")

    async def make() -> None:
        async with opened(settings_in(folder), "sandbox", SettableClock()):
            pass

    asyncio.run(make())
    return folder / "sandbox.db"


@pytest.mark.sqlite
@given(program=st.lists(steps, min_size=1, max_size=25))
@example(program=[Step("live"), Step("pass", SLOT), Step("kill", 2), Step("come", 4), Step("start"), Step("pass", 1)])
@example(program=[Step("live"), Step("pass", 50 * SLOT), Step("back", 4 * SLOT), Step("pass", SLOT), Step("start")])
@example(program=[Step("live"), Step("fail"), Step("pass", SLOT), Step("off"), Step("pass", SLOT)])
@settings(modest, max_examples=rounds(3))
def test_whatever_happens_no_slot_is_paid_twice_and_none_offline(
    template: Path, tmp_path: Path, program: list[Step]
) -> None:
    async def play() -> None:
        async with fresh(template, tmp_path) as show:
            witness, since = Witness(show), dict[str, datetime]()
            for step in program:
                await happen(show, step, since)
                await show.watch.look()
                await witness.checks()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_time, "CHUNK", 2)
        asyncio.run(play())
