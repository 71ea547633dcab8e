"""Channel points and the power: whenever it goes, each redemption is fulfilled with one effect, or given back."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.bot import BotIdentity, PixelBot
from pixel_bot.bot.channel_points import ADDED, UPDATED, RedemptionHandler, parse_redemption
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import upgrade
from pixel_bot.overlay import overlay as bus
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn, Row
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from pixel_bot.services import build_services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings, rows
from tests.harness.page_model import NearPage
from tests.harness.seed import url_of
from tests.harness.waiting import until
from tests.points.test_ledger_properties import modest
from tests.redeems.test_channel_points import QUICK, REDEMPTIONS, NearTwitch

pytestmark = pytest.mark.sqlite

SECONDS = 15.0
STILL_SECONDS = 0.01
NEVER = 1_000_000
COG = '''
"""An answer in chat, for channel points."""

from pixel_bot.plugin import Cog, Job, Outcome, Run, effect, redeem


class Asks(Cog):
    @redeem()
    async def asks(self, ctx) -> Outcome:
        """Ask."""
        return Outcome("Thinking.", Run("asks"))

    @effect("asks")
    async def answer(self, job: Job) -> None:
        """Answer."""
        await job.say("Because.")


async def setup(bot) -> None:
    await bot.add_component(Asks(bot))
'''


class Power:
    """Goes off at the moment of that number: nothing is written, sent or answered any more."""

    def __init__(self, at: int = NEVER) -> None:
        self._at = at
        self.moments = 0
        self.busy = 0
        """Sessions that are in the hands of the database's driver, which does not stand to be cut off."""
        self.off = asyncio.Event()

    async def moment(self) -> None:
        """The power may go here."""
        self.moments += 1
        if self.moments >= self._at:
            self.off.set()
        await self.there()

    async def there(self) -> None:
        """Goes on only while there is power."""
        if self.off.is_set():
            await asyncio.Event().wait()

    @contextmanager
    def in_use(self) -> Generator[None]:
        """The database is being asked."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    async def gone(self) -> None:
        """It goes off here and now."""
        self.off.set()
        await until(lambda: not self.busy)
        await asyncio.sleep(STILL_SECONDS)


class Life:
    """One run of the bot over a file, until its end or its death. Twitch and the page go on without it."""

    def __init__(self, folder: Path, twitch: NearTwitch, page: NearPage, power: Power) -> None:
        self.folder, self.twitch, self.page, self.power = folder, twitch, page, power
        self.database = Database(url_of(folder / "pixel.db"))
        self._wire()
        self.services = build_services(settings_in(folder, cogs_dir=folder / "own"), self.database, twitch.clock)
        self.bot = PixelBot(self.services, BotIdentity("client", BOT.id, STREAMER.id, limited=False))
        cast(Any, self.bot.http).post_chat_message = self._say
        self.channel_points = channel_points = self.services.channel_points
        desk = RedemptionHandler(self.bot, channel_points)
        self.redemptions = Redemptions(twitch, channel_points, twitch.clock, STREAMER.id, desk, QUICK)
        self._before = asyncio.all_tasks()
        self.said: list[str] = []

    async def begin(self) -> None:
        twitch, power = self.twitch, self.power
        twitch.before = twitch.after = power.moment
        self.services.awards.start()
        # Two cogs are enough here, and hundreds of lives begin.
        cast(Any, self.bot.cogs)._found = lambda: iter(("asks", "sounds"))
        await self.bot.setup_hook()
        await self.page.connect(self.bot.overlay)
        await self.bot.dispatcher.start()
        self._run = asyncio.create_task(self.redemptions.run(), name="redemptions-run")

    async def end(self) -> None:
        """In order."""
        self._run.cancel()
        await asyncio.gather(self._run, return_exceptions=True)
        await self.bot.settled()
        self.page.lose()
        await self.bot.dispatcher.stop()
        await self.services.awards.stop()
        await self._close()

    async def die(self) -> None:
        """Nothing more is written, and nobody says good-bye."""
        self.page.lose()
        await self.power.gone()
        tasks = self._tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What a cancelled one left to be cleaned up ends by itself; to cancel that would leave its connection open.
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*self._tasks(), return_exceptions=True)
        await self._close()

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return {t for t in asyncio.all_tasks() - self._before if t is not asyncio.current_task()}

    async def _close(self) -> None:
        self.twitch.before = self.twitch.after = None
        await self.bot.backends.close()
        await self.bot.close(save_tokens=False)
        await self.database.close()

    def hear(self, kind: str, event: Row) -> None:
        subscription: frames.Json = {"id": "s", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
        heard = parse_redemption(frames.notification(subscription, event, "m", self.twitch.clock.now()))
        assert heard is not None
        self.redemptions.on_event(heard)

    async def settled(self) -> None:
        """Wait until every redemption has its end on Twitch, and the bot knows it."""
        await until(self._is_settled)

    async def _is_settled(self) -> bool:
        open_ = any(r["status"] == "UNFULFILLED" for r in self.twitch.redemptions.values())
        return not open_ and not await self.channel_points.open()

    def _wire(self) -> None:
        real, power = self.database, self.power
        begin, read, look_up = real.write, real.readers, real.look_up

        @asynccontextmanager
        async def write() -> AsyncGenerator[AsyncSession]:
            await power.there()
            async with begin() as session:
                with power.in_use():
                    yield session
                await power.moment()
            await power.moment()

        @asynccontextmanager
        async def readers() -> AsyncGenerator[AsyncSession]:
            await power.there()
            with power.in_use():
                async with read() as session:
                    yield session

        async def look(statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
            await power.there()
            with power.in_use():
                return await look_up(statement, parameters)

        database = cast(Any, real)
        database.write, database.readers, database.look_up = write, readers, look

    async def _say(self, *, message: str, **_: Any) -> Row:
        await self.power.moment()
        self.twitch.chat.append(message)
        await self.power.moment()
        return {"data": [{"message_id": f"sent-{len(self.twitch.chat)}", "is_sent": True, "drop_reason": None}]}


async def holds(life: Life, *, relaxed: set[str]) -> None:
    """What the design promises; ``relaxed`` are redemptions of which effect and refund could meet."""
    twitch, page = life.twitch, life.page
    redeemed = {
        redemption: (token, status, redeem)
        for redemption, token, status, redeem in await rows(
            life.services,
            "SELECT r.id, q.token, q.status, q.redeem FROM redemptions r LEFT JOIN queue_items q ON q.id = r.item_id",
        )
    }
    for redemption, row in twitch.redemptions.items():
        assert twitch.decided[redemption] == 1
        token, status, redeem = redeemed[redemption]
        effects = page.ended[token] if redeem == "sound" else twitch.chat.count(f"@{row['user_name']} Because.")
        effects = 0 if token is None else effects
        if row["status"] == "FULFILLED":
            assert (status, effects) == ("done", 1)
        else:
            assert status in {None, "failed"}
            assert effects == 0 or redemption in relaxed
    assert await rows(life.services, "SELECT * FROM transactions") == []
    assert await rows(life.services, "SELECT id FROM queue_items WHERE status IN ('pending', 'running')") == []
    assert await findings(life.services) == []


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which two redeems are for channel points, and a folder with a cog."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "own").mkdir()
    (folder / "own" / "asks.py").write_text(COG, encoding="utf-8")

    async def make() -> None:
        database = Database(url_of(folder / "pixel.db"))
        await upgrade(database, folder / "backups")
        async with database.write() as session:
            await session.execute(
                text(
                    "INSERT INTO native_rewards (key, reward_id, cost, updated_at) VALUES "
                    "('sound', 'reward-sound', 5, '2026-01-01'), ('asks', 'reward-asks', 5, '2026-01-01')"
                )
            )
        await database.close()

    asyncio.run(make())
    return folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.05)


def new_twitch(template: Path, folder: Path) -> NearTwitch:
    """A fresh world: Twitch with two rewards, and a fresh file."""
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template / "pixel.db", folder / "pixel.db")
    shutil.copytree(template / "own", folder / "own", dirs_exist_ok=True)
    twitch = NearTwitch(SettableClock())
    twitch.rewards = {f"reward-{key}": {"id": f"reward-{key}", "title": key} for key in ("sound", "asks")}
    return twitch


# The power goes at each single moment


async def show(life: Life) -> None:
    """One that plays, one that breaks off, one that is refused, and one that is answered in chat."""
    twitch, page = life.twitch, life.page
    for login, reward, typed, trouble in (
        ("alice", "reward-sound", "ding", ""),
        ("bob", "reward-sound", "ding", "error"),
        ("carol", "reward-sound", "no such sound", ""),
        ("dave", "reward-asks", "", ""),
    ):
        page.trouble = trouble
        life.hear(ADDED, twitch.redeem(sandbox_user(login), reward, typed))
        await life.settled()


async def show_with_a_cut(template: Path, folder: Path, at: int) -> tuple[NearTwitch, int]:
    """The show until the power goes, and then another run of the bot that puts things right."""
    twitch, page, power = new_twitch(template, folder), NearPage(), Power(at)
    life = Life(folder, twitch, page, power)

    async def first() -> None:
        await life.begin()
        await show(life)

    work = {asyncio.create_task(first()), asyncio.create_task(power.off.wait())}
    await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    cut = power.off.is_set()
    await life.die()
    for task in work:
        with suppress(asyncio.CancelledError):
            await task
    answered = {r["id"] for r in twitch.redemptions.values() if r["user_login"] == "dave"}
    life = Life(folder, twitch, page, Power())
    await life.begin()
    await life.settled()
    # An answer in chat and its refund may meet when the power went between the two.
    await holds(life, relaxed=answered if cut else set())
    assert sum("Because." in line for line in twitch.chat) <= 1
    await life.end()
    return twitch, power.moments


@pytest.mark.parametrize("part", range(4))
async def test_whenever_the_power_goes_each_redemption_is_settled_once(
    template: Path, tmp_path: Path, part: int
) -> None:
    twitch, moments = await show_with_a_cut(template, tmp_path, NEVER)
    ends = {row["user_login"]: row["status"] for row in twitch.redemptions.values()}
    assert ends == {"alice": "FULFILLED", "bob": "CANCELED", "carol": "CANCELED", "dave": "FULFILLED"}
    assert moments > 30
    for at in range(1 + part, moments + 1, 4):
        await show_with_a_cut(template, tmp_path, at)


# Whatever happens in whatever order

Kind = Literal[
    "redeem", "ask", "again", "begin", "end", "break", "lose", "come",
    "down", "lost answer", "signed out", "reject", "reject unheard", "done by hand",
    "skip", "refund", "pass", "catch up", "restart", "kill",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # pyright: ignore[reportAttributeAccessIssue]
USERS = ("alice", "bob", "carol")


@dataclass(frozen=True)
class Op:
    """One thing that happens. ``pick`` chooses among what there is; ``spins`` is how long the bot has for it."""

    kind: Kind
    pick: int = 0
    spins: int = 2


def often(*kinds: Kind) -> st.SearchStrategy[Op]:
    return st.builds(Op, st.sampled_from(kinds), st.integers(0, 3), st.integers(0, 3))


programs = st.lists(
    st.one_of(often("redeem", "ask"), often("redeem", "begin", "end"), often(*KINDS)), min_size=4, max_size=18
)


class Story:
    """A life after the other, with Twitch and a page that stay."""

    def __init__(self, folder: Path, twitch: NearTwitch) -> None:
        self.folder, self.twitch = folder, twitch
        self.page = NearPage(by_itself=False)
        self.events: list[Row] = []
        self.relaxed: set[str] = set()
        self.life = Life(folder, twitch, self.page, Power())

    async def do(self, op: Op) -> None:
        event = self.events[op.pick % len(self.events)] if self.events else None
        match op.kind:
            case "redeem" | "ask":
                reward = "reward-sound" if op.kind == "redeem" else "reward-asks"
                # Each question has an asker of its own, so that its answers can be told apart.
                name = USERS[op.pick % len(USERS)] if op.kind == "redeem" else f"fan{len(self.events)}"
                who = sandbox_user(name)
                self.events.append(self.twitch.redeem(who, reward, "ding"))
                self.life.hear(ADDED, self.events[-1])
            case "again" if event:
                self.life.hear(ADDED, event)
            case "reject" | "reject unheard" | "done by hand" if event:
                self._by_hand(event, op.kind)
            case "down":
                self.twitch.fail("PATCH", REDEMPTIONS, HelixError(500, "down"), times=1 + op.pick)
            case "lost answer":
                self.twitch.fail("PATCH", REDEMPTIONS, HelixError(0, "timed out"), when="after")
            case "signed out":
                method = ("PATCH", "GET")[op.pick % 2]
                self.twitch.fail(method, REDEMPTIONS, NotSignedIn("broadcaster"))
            case "skip":
                await self.life.bot.queue.skip()
            case "refund":
                await self._refund(USERS[op.pick % len(USERS)])
            case "pass":
                self.twitch.clock.advance((6, 31, 121, 700)[op.pick])
                self.life.bot.dispatcher.wake()
            case "catch up":
                self.life.redemptions.catch_up()
            case "restart" | "kill":
                await self._again(kill=op.kind == "kill")
            case _:
                await self._on_the_page(op)
        for _ in range((0, 3, 20, 60)[op.spins]):
            await asyncio.sleep(0.0005)

    def _by_hand(self, event: Row, kind: Kind) -> None:
        status = "FULFILLED" if kind == "done by hand" else "CANCELED"
        with suppress(HelixError):
            self.twitch.settle(event["id"], status)
            self.relaxed.add(event["id"])
            if kind != "reject unheard":
                self.life.hear(UPDATED, event | {"status": status.lower()})

    async def _refund(self, login: str) -> None:
        found = await rows(self.life.services, f"SELECT id FROM users WHERE name = '{login}'")
        if found:
            viewer = await self.life.bot.viewers.find(login)
            before = {r["id"]: r["status"] for r in self.twitch.redemptions.values()}
            await self.life.bot.queue.refund(viewer)
            done = [i for i, status in before.items() if status == "FULFILLED"]
            assert all(self.twitch.redemptions[i]["status"] == "FULFILLED" for i in done)

    async def _again(self, *, kill: bool) -> None:
        if kill:
            # What said its answer, or ended on the page, in the moment of the kill may have been given back.
            running = await rows(self.life.services, "SELECT redemption FROM queue_items WHERE status = 'running'")
            self.relaxed |= {i for (i,) in running if self.twitch.redemptions[i]["reward"]["id"] == "reward-asks"}
        there = self.page.connected
        await (self.life.die() if kill else self.life.end())
        self.life = Life(self.folder, self.twitch, self.page, Power())
        await self.life.begin()
        if not there:
            self.page.lose()

    async def _on_the_page(self, op: Op) -> None:
        page = self.page
        playing = list(page.playing)
        token = playing[op.pick % len(playing)] if playing else ""
        match op.kind:
            case "begin" if token:
                page.begin(token)
            case "end" if token:
                if not page.playing[token]:
                    page.begin(token)
                # Ended where no bot hears it, or in the moment in which something else ends it: both may happen.
                found = await rows(
                    self.life.services, f"SELECT redemption, status FROM queue_items WHERE token = '{token}'"
                )
                if not page.connected or found[0][1] != "running":
                    self.relaxed.add(found[0][0])
                if token in page.playing:
                    page.end(token)
            case "break" if token:
                page.fail(token, ("load", "error", "hidden", "blocked")[op.pick])
            case "lose":
                page.lose()
            case "come" if not page.connected:
                await page.connect(self.life.bot.overlay)
            case _:
                return

    async def all_clear(self) -> None:
        """The page is there, Twitch answers, and time passes, until everything has ended."""
        self.twitch.faults.clear()
        if not self.page.connected:
            await self.page.connect(self.life.bot.overlay)
        self.life.redemptions.catch_up()
        async with asyncio.timeout(SECONDS):
            while not await self.life._is_settled() or await self._left():
                for token in list(self.page.playing):
                    await self.do(Op("end", list(self.page.playing).index(token)))
                await asyncio.sleep(0.002)

    async def _left(self) -> bool:
        return bool(await rows(self.life.services, "SELECT 1 FROM queue_items WHERE status IN ('pending', 'running')"))


async def play(template: Path, folder: Path, program: Sequence[Op]) -> None:
    story = Story(folder, new_twitch(template, folder))
    await story.life.begin()
    try:
        for op in program:
            await story.do(op)
        await story.all_clear()
        await holds_in_the_end(story)
    finally:
        await story.life.die()


async def holds_in_the_end(story: Story) -> None:
    """Of what a mod settled on Twitch only that it was settled once; of all others everything."""
    twitch = story.twitch
    by_hand = {i: twitch.redemptions.pop(i) for i in story.relaxed if i in twitch.redemptions}
    assert all(twitch.decided[i] == 1 for i in by_hand)
    await holds(story.life, relaxed=set())
    assert all(count <= 1 for count in story.page.ended.values())


def steps(*kinds: Kind) -> list[Op]:
    return [Op(kind) for kind in kinds]


@given(program=programs)
@example(program=steps("redeem", "begin", "end", "again", "kill", "again"))
@example(program=[*steps("redeem", "begin"), Op("down", 3), Op("end", 0, 0), *steps("kill")])
@example(program=[Op("lost answer"), *steps("ask", "restart", "again")])
@example(program=[Op("redeem", 0, 0), Op("kill", 0, 0), Op("pass", 3), Op("again", 0, 0)])
@example(program=[*steps("lose", "redeem"), Op("pass", 2), *steps("come", "again")])
@example(program=[Op("signed out", 1), *steps("redeem", "skip", "catch up", "refund")])
@example(program=[*steps("lose", "redeem", "reject unheard", "kill", "come", "begin", "end")])
@settings(modest, max_examples=8)
def test_any_story_keeps_its_promises(template: Path, tmp_path: Path, program: list[Op]) -> None:
    asyncio.run(play(template, tmp_path, program))


def test_the_model_of_twitch_refuses_a_second_end() -> None:
    """Without this the tests above could not fail."""
    twitch = NearTwitch(SettableClock())
    event = twitch.redeem(sandbox_user("alice"), "reward-sound")
    twitch.settle(event["id"], "FULFILLED")
    with pytest.raises(HelixError, match="404"):
        twitch.settle(event["id"], "CANCELED")
