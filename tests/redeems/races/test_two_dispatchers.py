"""Two dispatchers, shops or bots on one file."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.errors import OnCooldown, SecondInstance
from pixel_bot.model.outcome import PlaySound, Run
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.limits import Limits
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, live, settings_in
from tests.harness.database import findings, rows
from tests.redeems.page_model import NearPage
from tests.redeems.races.scene import SECONDS, Gate, hears, prizes, scene

pytestmark = pytest.mark.repeated

# Stock, and two dispatchers


async def test_ten_spins_at_once_never_take_more_than_there_is(tmp_path: Path) -> None:
    prizes(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 5, "stock": 3}])
    async with scene(tmp_path, NearPage()) as show:
        for number in range(10):
            await show.chat.viewer(f"fan{number}", points=100)
        for number in range(10):
            hears(show.chat, f"fan{number}", "!spin", f"m{number}")
        await show.ended()
        assert await show.scalar("SELECT COUNT(*) FROM draws WHERE cancelled_at IS NULL") == 3
        assert sum(line == "All prizes of the wheel are gone. Nothing was charged." for line in show.chat.sent) == 7


class Worker:
    """A dispatcher with services, a page and an effect of its own, on a file that it shares."""

    def __init__(self, services: Services, name: str) -> None:
        self.services = services
        self.page = NearPage(name, by_itself=False)
        self.ran: list[int] = []
        self.said: list[str] = []
        self.jobs = Dispatcher(services, Gate(), self._say, Limits(grace=1.0))
        self.jobs.effects.add(self)

    @effect("count")
    async def count(self, job: Job) -> None:
        self.ran.append(job.args["number"])
        await asyncio.sleep(0)

    async def _say(self, text: str, reply_to: str | None, platform: Platform, viewer: str = "") -> bool:
        self.said.append(text)
        return True


@asynccontextmanager
async def workers(folder: Path, clock: SettableClock) -> AsyncGenerator[list[Worker]]:
    async with AsyncExitStack() as stack:
        built: list[Worker] = []
        for name in ("one", "two"):
            services = await stack.enter_async_context(opened(settings_in(folder), "sandbox", clock))
            worker = Worker(services, name)
            await services.redeems.offer([COUNT, DING])
            await worker.page.connect(services.overlay)
            await worker.jobs.start()
            stack.push_async_callback(worker.jobs.stop)
            built.append(worker)
        yield built


COUNT = Offer("count", "Count", cost=1)
DING = Offer("ding", "Ding", cost=1)


async def test_two_dispatchers_on_one_file_run_each_item_once(tmp_path: Path, clock: SettableClock) -> None:
    """And no two sounds at once, whichever page they play on."""
    async with workers(tmp_path, clock) as (one, two):
        for number in range(8):
            viewer = await fan(one.services, f"fan{number}")
            shop = (one, two)[number % 2].services.shop
            await shop.buy(Order(COUNT, viewer, Run("count", {"number": number})))
            await shop.buy(Order(DING, viewer, PlaySound("ding")))
        async with asyncio.timeout(SECONDS):
            while await waiting(one.services):
                for worker in (one, two):
                    worker.jobs.wake()
                    for token in tuple(worker.page.playing):
                        assert len(one.page.playing) + len(two.page.playing) == 1
                        worker.page.begin(token)
                        worker.page.end(token)
                await asyncio.sleep(0.01)
        assert sorted(one.ran + two.ran) == list(range(8))
        assert sorted((one.page.ended + two.page.ended).values()) == [1] * 8
        assert await findings(one.services) == []
        assert await rows(one.services, "SELECT COUNT(*) FROM queue_items WHERE attempts <> 0") == [(0,)]


@pytest.mark.sqlite
async def test_a_second_bot_on_one_file_is_refused(tmp_path: Path) -> None:
    """It would take what the first one works for the leftovers of a crash."""
    async with live(tmp_path):
        with pytest.raises(SecondInstance):
            async with live(tmp_path):
                pass
    async with live(tmp_path) as again:
        assert await again.ask("alice", "!points") == "You have 0 points."


async def test_two_shops_on_one_file_keep_one_cooldown(tmp_path: Path, clock: SettableClock) -> None:
    async with workers(tmp_path, clock) as (one, two):
        viewer = await fan(one.services, "fan")
        await one.services.redeems.set_cooldown("ding", 30)
        orders = [w.services.shop.buy(Order(DING, viewer, PlaySound("ding"))) for w in (one, two) * 4]
        results = await asyncio.gather(*orders, return_exceptions=True)
        assert sum(isinstance(r, OnCooldown) for r in results) == 7
        assert (await one.services.viewers.find("fan")).points == 99


async def fan(services: Services, login: str) -> Viewer:
    streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
    viewer = await services.viewers.meet(Person(secrets.token_hex(4), login, login))
    await services.economy.add(streamer, viewer, 100)
    return viewer


async def waiting(services: Services) -> int:
    async with services.database.readers() as session:
        query = "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')"
        return (await session.execute(text(query))).scalar_one()
