"""Watch time: who is there when a slot ends earns for it, once, whatever happens to the bot, the clock and Twitch."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pixel_bot.earning import watch_time
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.watch_time import CHUNK, PresenceUnknown, WatchRole, WatchTime
from pixel_bot.errors import PixelError
from pixel_bot.model.people import Person
from pixel_bot.model.stream_state import Broadcast, Stream, check_when_due
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn
from pixel_bot.platforms.twitch.presence import TwitchPresence
from pixel_bot.points import processed_ids
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.check import check

SLOT = 600
BOT, STREAMER = "900", "901"


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name.title())


class Crowd:
    """Who is there, as the test has it."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.roles_of: dict[str, set[WatchRole]] = {}
        self.failures: list[PresenceUnknown] = []
        self.no_roles = False
        self.asked = 0
        self.wanted: list[set[WatchRole]] = []
        self.was_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def here(self) -> Sequence[Person]:
        self.asked += 1
        self.was_asked.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return [person(name) for name in self.names]

    async def roles(self, people: Sequence[Person], wanted: Collection[WatchRole]) -> Mapping[str, set[WatchRole]]:
        self.wanted.append(set(wanted))
        if self.no_roles:
            raise PresenceUnknown("Twitch cannot be reached: no answer.")
        return {p.platform_id: self.roles_of[p.login] & set(wanted) for p in people if p.login in self.roles_of}


class Show:
    """A stream of a test, and the watch time of one run of the bot after the other."""

    def __init__(self, services: Services, clock: SettableClock, crowd: Crowd) -> None:
        self.services = services
        self.clock = clock
        self.crowd = crowd
        self.stream = Stream()
        self.options = services.settings
        self.paid: list[EventAward] = []
        self.begin()

    def begin(self, **options: Any) -> None:
        """The bot starts, and remembers nothing of before but what is in the database."""
        if options:
            self.options = settings_in(self.services.settings.data_dir, **options)
        self.watch = self.another()

    def another(self, services: Services | None = None) -> WatchTime:
        """One more bot on the same database."""
        of = services or self.services
        return WatchTime(self.options, self.clock, self.stream, of.database, self.pay, self.crowd, (BOT, STREAMER))

    async def pay(self, award: EventAward) -> bool:
        self.paid.append(award)
        return await self.services.awards.event(award)

    def live(self, stream_id: str = "1", since: datetime | None = None) -> None:
        self.stream.went_live(Broadcast(stream_id, since or self.clock.now()))

    async def passes(self, seconds: float) -> float | None:
        self.clock.advance(seconds)
        return await self.watch.look()

    async def points(self) -> dict[str, int]:
        """What everybody earned by watching, as it stands in the ledger."""
        async with self.services.database.readers() as session:
            assert await check(session, self.services.levels.curve.level_of) == []
            rows = await session.execute(
                text(
                    "SELECT u.name, SUM(t.amount) FROM transactions t JOIN users u ON u.id = t.user_id "
                    "WHERE t.reason = 'watch' GROUP BY u.name"
                )
            )
            return {name: int(amount) for name, amount in rows}


@pytest.fixture
async def show(services: Services, clock: SettableClock) -> Show:
    return Show(services, clock, Crowd("alice", "bob"))


async def test_whoever_is_there_when_a_slot_ends_earns_for_it(show: Show) -> None:
    show.live()
    await show.passes(SLOT - 1)
    assert await show.points() == {}
    show.crowd.names = ["alice", "carol"]
    await show.passes(1)
    assert await show.points() == {"alice": 5, "carol": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "carol": 10}
    assert {award.kind for award in show.paid} == {"watch"}
    assert show.paid[0].event_id == "watch:1:1:twitch:id-alice"


async def test_it_sleeps_until_the_end_of_the_slot_but_not_for_long(show: Show) -> None:
    show.live()
    assert await show.watch.look() == 60
    assert await show.passes(SLOT - 12.5) == 12.5
    assert await show.passes(12.5) == 60
    show.stream.went_offline()
    assert await show.watch.look() is None


async def test_a_stream_that_begins_in_the_future_pays_nothing(show: Show) -> None:
    show.live(since=show.clock.now() + timedelta(hours=1))
    assert await show.watch.look() == 60
    assert show.crowd.asked == 0


async def test_a_slot_is_paid_once(show: Show) -> None:
    show.live()
    await show.passes(SLOT)
    await show.watch.look()
    await show.passes(10)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.crowd.asked == 1


async def test_a_restart_pays_nobody_again_and_nobody_who_came_later(show: Show) -> None:
    show.live()
    await show.passes(SLOT)
    show.crowd.names.append("carol")
    show.begin()
    await show.passes(100)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.crowd.asked == 1
    await show.passes(SLOT - 100)
    assert await show.points() == {"alice": 10, "bob": 10, "carol": 5}


async def test_a_bot_that_comes_back_pays_the_slot_that_ended_last_and_no_older_one(show: Show) -> None:
    show.live(since=show.clock.now() - timedelta(seconds=5 * SLOT + 100))
    await show.watch.look()
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.paid[0].event_id == "watch:1:5:twitch:id-alice"


async def test_the_next_stream_has_slots_of_its_own(show: Show) -> None:
    show.live("1")
    await show.passes(SLOT)
    show.stream.went_offline()
    await show.passes(SLOT)
    show.live("2")
    await show.passes(SLOT - 1)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(1)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_a_stream_that_was_only_gone_for_a_moment_goes_on_counting(show: Show) -> None:
    began = show.clock.now()
    show.live(since=began)
    await show.passes(SLOT)
    show.stream.went_offline()
    await show.passes(5)
    show.live(since=began)
    await show.passes(5)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_a_kill_in_the_middle_pays_the_rest_after_the_restart(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_time, "CHUNK", 3)
    show.crowd.names = [f"viewer{i}" for i in range(10)]
    show.live()
    show.clock.advance(SLOT)
    await kill(show, after=5)
    some = await show.points()
    assert 3 <= len(some) <= 6
    show.begin()
    await show.watch.look()
    assert await show.points() == {f"viewer{i}": 5 for i in range(10)}


async def kill(show: Show, after: int) -> None:
    """The bot ends while it pays, after so many people were handed over."""
    left = after
    reached = asyncio.Event()

    async def pay(award: EventAward) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            reached.set()
            await asyncio.Event().wait()
        return await show.pay(award)

    show.watch._pay = pay
    looking = asyncio.create_task(show.watch.look())
    stopped = asyncio.create_task(reached.wait())
    await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (looking, stopped):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await show.services.awards.drained()


async def test_two_bots_at_once_pay_once(show: Show, tmp_path: Path) -> None:
    show.live()
    show.clock.advance(SLOT)
    async with opened(settings_in(tmp_path), "sandbox", show.clock) as services:
        services.awards.start()
        one, other = show.watch, show.another(services)
        other._pay = services.awards.event
        show.crowd.gate.clear()
        looks = [asyncio.create_task(w.look()) for w in (one, other)]
        while show.crowd.asked < 2:
            show.crowd.was_asked.clear()
            await show.crowd.was_asked.wait()
        show.crowd.gate.set()
        await asyncio.gather(*looks)
        await services.awards.stop()
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_a_clock_that_jumps_ahead_pays_one_slot(show: Show) -> None:
    show.live()
    await show.passes(40 * SLOT + 7)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert await show.watch.look() == 60
    assert show.crowd.asked == 1


async def test_a_clock_that_is_set_back_pays_nothing_twice_and_goes_on(show: Show) -> None:
    show.live()
    await show.passes(10 * SLOT)
    await show.passes(-8 * SLOT)
    await show.passes(-SLOT - 50)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}
    for _ in range(9):  # up to the slot that was paid before the clock was set, and it is not paid again
        await show.passes(SLOT)
    assert await show.points() == {"alice": 50, "bob": 50}


async def test_nothing_is_earned_offline(show: Show) -> None:
    for _ in range(3):
        assert await show.passes(SLOT) is None
    assert show.crowd.asked == 0


async def test_with_the_setting_the_offline_chat_earns_by_the_clock(show: Show) -> None:
    show.begin(points_watch_offline=True)
    assert await show.passes(SLOT // 2) == 60
    await show.passes(SLOT // 2)
    assert await show.points() == {"alice": 5, "bob": 5}
    show.begin()
    await show.passes(1)
    assert await show.points() == {"alice": 5, "bob": 5}
    minutes = int(show.clock.now().timestamp()) // SLOT
    assert show.paid[0].event_id == f"watch:offline:{minutes}:twitch:id-alice"


async def test_offline_time_from_before_the_end_of_the_stream_or_the_start_of_the_bot_is_not_paid(show: Show) -> None:
    show.begin(points_watch_offline=True)
    show.live(since=show.clock.now() - timedelta(seconds=SLOT - 120))
    await show.passes(120)
    assert await show.points() == {"alice": 5, "bob": 5}
    show.stream.went_offline()
    await show.passes(1)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}
    await show.passes(10)
    show.crowd.names.append("carol")
    show.begin()
    await show.passes(1)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_without_an_amount_nobody_is_asked(show: Show) -> None:
    show.begin(points_watch_amount=0, points_watch_offline=True)
    assert await show.passes(SLOT) is None
    show.live()
    assert await show.passes(SLOT) is None
    assert show.crowd.asked == 0


async def test_bot_and_streamer_do_not_earn(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = [Person(BOT, "pixelbot", "PixelBot"), person("alice"), Person(STREAMER, "pixel_street", "Pixel_Street")]

    async def here() -> Sequence[Person]:
        return everybody

    monkeypatch.setattr(show.crowd, "here", here)
    show.live()
    await show.passes(SLOT)
    assert await show.points() == {"alice": 5}


SUB, VIP, MOD = "points_watch_sub_factor", "points_watch_vip_factor", "points_watch_mod_factor"


@pytest.mark.parametrize(
    ("factors", "roles", "amount", "earned"),
    [
        ({SUB: 2}, {"sub"}, 5, 10),
        ({SUB: 2, VIP: 3, MOD: 1.5}, {"sub", "vip", "mod"}, 5, 15),
        ({SUB: 1.5}, {"sub"}, 5, 7),
        ({SUB: 0.29}, {"sub"}, 100, 29),
        ({SUB: 1.1}, {"sub"}, 10, 11),
        ({SUB: 0.5}, {"sub"}, 5, 2),
        ({SUB: 0}, {"sub"}, 5, 0),
        ({MOD: 0, SUB: 2}, {"mod", "sub"}, 5, 10),
        ({MOD: 0}, {"mod", "vip"}, 5, 5),
        ({MOD: 0}, set[str](), 5, 5),
    ],
)
async def test_the_highest_factor_that_applies_counts(
    show: Show, factors: dict[str, float], roles: set[WatchRole], amount: int, earned: int
) -> None:
    show.begin(points_watch_amount=amount, **factors)
    show.crowd.roles_of = {"alice": roles}
    show.live()
    await show.passes(SLOT)
    assert (await show.points()).get("alice", 0) == earned
    assert (await show.points())["bob"] == amount


@pytest.mark.parametrize(
    ("factors", "wanted"),
    [
        ({}, []),
        ({SUB: 2}, [{"sub"}]),
        ({VIP: 1.2, MOD: 3}, [{"vip", "mod"}]),
        ({MOD: 0}, [{"sub", "vip", "mod"}]),
    ],
)
async def test_only_roles_that_make_a_difference_are_asked_for(
    show: Show, factors: dict[str, float], wanted: list[set[WatchRole]]
) -> None:
    show.begin(**factors)
    show.live()
    await show.passes(SLOT)
    assert show.crowd.wanted == wanted


async def test_an_empty_chat_asks_for_no_roles(show: Show) -> None:
    show.begin(points_watch_sub_factor=2)
    show.crowd.names = []
    show.live()
    await show.passes(SLOT)
    assert show.crowd.wanted == []


async def test_a_failure_is_told_once_and_tried_again(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    show.crowd.failures = [PresenceUnknown("Twitch answered 500: oops.") for _ in range(3)]
    show.live()
    with caplog.at_level(logging.INFO, "pixel_bot.earning.watch_time"):
        assert await show.passes(SLOT) == 30
        assert await show.passes(30) == 30
        assert await show.passes(30) == 30
        assert await show.points() == {}
        assert await show.passes(30) == 60
    assert await show.points() == {"alice": 5, "bob": 5}
    assert [r.getMessage() for r in caplog.records] == [
        "Watch time cannot be paid right now. Twitch answered 500: oops. It is tried again every 30 seconds.",
        "Watch time: 2 viewers earned points.",
        "Watch time is paid again.",
    ]


async def test_it_is_tried_until_the_next_slot_ends(show: Show) -> None:
    show.crowd.failures = [PresenceUnknown("Not now.") for _ in range(2)]
    show.live()
    assert await show.passes(SLOT) == 30
    assert await show.passes(SLOT - 10) == 10
    await show.passes(10)
    assert {award.event_id.split(":")[2] for award in show.paid} == {"2"}
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_without_the_roles_nobody_is_paid_yet(show: Show) -> None:
    show.begin(points_watch_sub_factor=2)
    show.crowd.roles_of = {"alice": {"sub"}}
    show.crowd.no_roles = True
    show.live()
    assert await show.passes(SLOT) == 30
    assert await show.points() == {}
    show.crowd.no_roles = False
    await show.passes(30)
    assert await show.points() == {"alice": 10, "bob": 5}


async def test_a_database_that_is_away_is_waited_for(
    show: Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object) -> dict[str, tuple[int, int]]:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    show.live()
    with monkeypatch.context() as patch:
        patch.setattr(processed_ids, "awards_of", away)
        assert await show.passes(SLOT) == 30
    assert "The database cannot be used (disk I/O error)." in caplog.text
    assert await show.passes(30) == 60
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_one_who_cannot_be_paid_does_not_keep_out_the_others(show: Show) -> None:
    async def pay(award: EventAward) -> bool:
        if award.person is not None and award.person.login == "alice":
            raise PixelError("That is more than one balance can hold.")
        return await show.pay(award)

    show.watch._pay = pay
    show.live()
    assert await show.passes(SLOT) == 60
    assert await show.points() == {"bob": 5}


async def test_many_people_are_paid_in_chunks(show: Show) -> None:
    under_way = most = 0

    async def pay(award: EventAward) -> bool:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        new = await show.services.awards.event(award)
        under_way -= 1
        return new

    show.watch._pay = pay
    show.crowd.names = [f"viewer{i}" for i in range(2 * CHUNK + 10)]
    show.live()
    await show.passes(SLOT)
    assert sum((await show.points()).values()) == 5 * (2 * CHUNK + 10)
    assert most == CHUNK


async def test_it_runs_by_itself_and_the_stream_wakes_it(show: Show) -> None:
    running = asyncio.create_task(show.watch.run())
    await asyncio.sleep(0)
    assert show.crowd.asked == 0
    show.live(since=show.clock.now() - timedelta(seconds=SLOT))
    await asyncio.wait_for(show.crowd.was_asked.wait(), 5)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert show.stream.changed == set()


async def test_looking_goes_on_when_the_time_has_come_or_the_stream_changes() -> None:
    stream = Stream()
    pauses: list[float | None] = [0.0, 0.001, None]
    looks = 0
    at_rest, woken = asyncio.Event(), asyncio.Event()

    async def look() -> float | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            at_rest.set()
        if looks == 4:
            woken.set()
        return pauses[min(looks, 3) - 1]

    looking = asyncio.create_task(check_when_due(stream, look))
    await asyncio.wait_for(at_rest.wait(), 5)
    assert not woken.is_set()
    stream.went_live(Broadcast("1", datetime.now().astimezone()))
    await asyncio.wait_for(woken.wait(), 5)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


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

modest = settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass
class Witness:
    """Looks at the database after each look of the bot, and knows what may have changed."""

    show: Show
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


async def happen(show: Show, step: Step, since: dict[str, datetime]) -> None:
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
async def fresh(template: Path, folder: Path) -> AsyncGenerator[Show]:
    for old in folder.glob("sandbox.db*"):
        old.unlink()
    shutil.copyfile(template, folder / "sandbox.db")
    clock = SettableClock()
    async with opened(settings_in(folder), "sandbox", clock) as services:
        services.awards.start()
        yield Show(services, clock, Crowd("alice", "bob", "carol"))
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
@modest
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


# As Twitch tells it


class FakeHelix:
    """Answers with the rows of the test, and notes what it was asked."""

    def __init__(self, **rows: Sequence[Any]) -> None:
        self.rows = rows
        self.asked: list[tuple[str, str | None, dict[str, Any]]] = []
        self.error: HelixError | None = None

    async def get(self, path: str, role: str | None, **params: Any) -> list[Any]:
        self.asked.append((path, role, params))
        if self.error is not None:
            raise self.error
        return list(self.rows.get(path.rpartition("/")[2], ()))

    async def call(self, method: str, path: str, role: str | None, body: Any = None, **params: Any) -> list[Any]:
        raise AssertionError("nothing is to be changed")


async def test_chatters_are_read_and_odd_rows_left_out() -> None:
    helix = FakeHelix(
        chatters=[
            {"user_id": "1", "user_login": "alice", "user_name": "Alice", "new_field": None},
            {"user_id": "2", "user_login": "Bob", "user_name": None},
            {"user_id": "3", "user_login": "carol"},
            {"user_id": "", "user_login": "nobody", "user_name": "Nobody"},
            {"user_id": 4, "user_login": "dan", "user_name": "Dan"},
            {"user_id": "5", "user_login": None, "user_name": "Eve"},
            {"user_id": "6", "user_login": "no such@login", "user_name": "Odd"},
            {"user_name": "Frank"},
            {},
            {"user_id": "1", "user_login": "alice", "user_name": "Alice"},
        ]
    )
    assert await TwitchPresence(helix, "77").here() == [
        Person("1", "alice", "Alice"),
        Person("2", "bob", "Bob"),
        Person("3", "carol", "carol"),
    ]
    assert helix.asked == [
        ("chat/chatters", "broadcaster", {"broadcaster_id": "77", "moderator_id": "77", "first": 1000})
    ]


async def test_roles_are_asked_for_a_hundred_people_at_a_time() -> None:
    people = [Person(str(i), f"user{i}", f"user{i}") for i in range(250)]
    helix = FakeHelix(
        subscriptions=[{"user_id": "1"}, {"user_id": "2"}, {"user_id": "999"}, {"user_id": 3}, {"user_id": None}, {}],
        moderators=[{"user_id": "2"}],
    )
    found = await TwitchPresence(helix, "77").roles(people, ["sub", "mod"])
    assert {user_id: roles for user_id, roles in found.items() if roles} == {"1": {"sub"}, "2": {"sub", "mod"}}
    assert [(path, role, len(params["user_id"])) for path, role, params in helix.asked] == [
        (path, "broadcaster", n) for path in ("subscriptions", "moderation/moderators") for n in (100, 100, 50)
    ]
    assert [i for _, _, params in helix.asked[:3] for i in params["user_id"]] == [p.platform_id for p in people]
    assert {params["broadcaster_id"] for _, _, params in helix.asked} == {"77"}
    await TwitchPresence(helix, "77").roles(people[:1], ["vip"])
    assert helix.asked[-1][0] == "channels/vips"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (HelixError(403, "Missing scope"), "Twitch answered 403: Missing scope."),
        (HelixError(0, "no answer."), "Twitch cannot be reached: no answer."),
        (NotSignedIn("broadcaster"), "Twitch answered 401: the broadcaster account is not signed in."),
    ],
)
async def test_what_twitch_does_not_say_is_unknown(error: HelixError, sentence: str) -> None:
    helix = FakeHelix()
    helix.error = error
    presence = TwitchPresence(helix, "77")
    for asking in (presence.here(), presence.roles([person("alice")], ["sub"])):
        with pytest.raises(PresenceUnknown) as raised:
            await asking
        assert str(raised.value) == sentence
