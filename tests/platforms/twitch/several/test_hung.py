"""A listener that hangs: another process takes over, and when it wakes up it notices, and does nothing twice."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urljoin

from pixel_bot.run.live_app import LiveApp
from tests.harness.process import BotProcess
from tests.harness.twitch_harness import CHAT, CHEERS, TYPES, Harness, all_paid
from tests.harness.waiting import until
from tests.platforms.twitch.several.processes import Processes, stands_by, takes_over

LISTENS_ELSEWHERE = "Another process of this bot listens to Twitch."


@asynccontextmanager
async def listening_child(processes: Processes) -> AsyncGenerator[BotProcess]:
    """A listener in a process of its own, which a signal can stop."""
    home = processes.home
    async with processes.one("first") as app:
        await processes.sign_in(app)
    child = BotProcess(home.folder, data_dir=home.folder / "child", **processes.settings())
    await child.start("Open: ")
    try:
        async with asyncio.timeout(60):
            await home.twitch.subscribed(TYPES)
        await home.open_link(child.link)
        yield child
    finally:
        child.running.send_signal(signal.SIGCONT)
        await child.kill()


async def page_of(home: Harness, child: BotProcess, path: str) -> str:
    async with home.http.get(urljoin(child.address, path)) as answer:
        return await answer.text()


async def hear_while_it_hangs(processes: Processes, heir: LiveApp) -> None:
    """The heir hears it, and the one that hangs has its own copy in its socket."""
    await processes.home.cheer("bob", 100, "while it hung")
    await processes.home.ask("alice", "!help")
    processes.paid += 100
    await all_paid(heir, processes.paid)


async def test_another_one_takes_over_and_it_notices_when_it_wakes_up(processes: Processes) -> None:
    home = processes.home
    home.twitch.linger = 3_600.0
    async with listening_child(processes) as child, processes.one("heir") as heir:
        await stands_by(heir)
        stopped = [home.session(CHAT), home.session(CHEERS)]
        child.running.send_signal(signal.SIGSTOP)
        await takes_over(heir)
        await hear_while_it_hangs(processes, heir)
        said = len(home.lines)
        child.running.send_signal(signal.SIGCONT)

        async def noticed() -> bool:
            return LISTENS_ELSEWHERE in await page_of(home, child, "/setup")

        await until(noticed)
        assert "This one stands by." in await page_of(home, child, "/healthz")
        for session in stopped:
            await asyncio.wait_for(session.ended.wait(), 20)
        assert heir.platform.eventsub.listens
        await processes.check([heir])
        await all_paid(heir, processes.paid)
        answers = [line for line in home.lines[said:] if line.reply_id is not None]
        assert len(answers) == 1, "the one of the check"
        # It is a good successor, too.
        child_session = home.session(CHAT)
        await heir.platform.eventsub.close()
        await child_session.ended.wait()
        async with asyncio.timeout(20):
            await home.twitch.subscribed(TYPES)


async def test_alone_it_goes_on_where_it_hung_and_loses_nothing(processes: Processes) -> None:
    home = processes.home
    async with listening_child(processes) as child:
        child.running.send_signal(signal.SIGSTOP)
        await home.cheer("bob", 100, "while it hung")
        asked = await home.say("alice", "!help")
        await asyncio.sleep(11)  # longer than the server leaves it its lease
        child.running.send_signal(signal.SIGCONT)
        await home.said(lambda line: line.reply_id == asked.id)
        async with processes.one("heir") as heir:
            await stands_by(heir)
            await all_paid(heir, 100)
