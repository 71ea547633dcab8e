"""A bot that takes channel points, and whose power may go at any moment."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.bot import BotIdentity, PixelBot
from pixel_bot.bot.redemptions import RedemptionHandler
from pixel_bot.configuration.cog_files import CogFiles, find_cogs
from pixel_bot.db.engine import Database
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.platforms.twitch.events.redemptions import parse_redemption
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.services import build_services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings, rows
from tests.harness.seed import url_of
from tests.harness.waiting import until
from tests.redeems.near_twitch import QUICK, NearTwitch
from tests.redeems.page_model import NearPage

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
        cast(Any, self.bot.twitch_http).post_chat_message = self._say
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
        found = find_cogs(self.folder / "own", installed=False).cogs
        two = CogFiles({name: found[name] for name in ("asks", "sounds")})
        cast(Any, self.bot.cogs)._found = lambda: two
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

    def hear(self, kind: str, event: Json) -> None:
        subscription: Json = {"id": "s", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
        heard = parse_redemption(frame_of(frames.notification(subscription, event, "m", self.twitch.clock.now())))
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

    async def _say(self, *, message: str, **_: Any) -> Json:
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


def new_twitch(template: Path, folder: Path) -> NearTwitch:
    """A fresh world: Twitch with two rewards, and a fresh file."""
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template / "pixel.db", folder / "pixel.db")
    shutil.copytree(template / "own", folder / "own", dirs_exist_ok=True)
    twitch = NearTwitch(SettableClock())
    twitch.rewards = {f"reward-{key}": {"id": f"reward-{key}", "title": key} for key in ("sound", "asks")}
    return twitch
