"""Two and four real processes, killed one after the other: each message is paid and answered once, by who is left."""

import asyncio
import signal
from contextlib import AsyncExitStack
from urllib.parse import urljoin

from tests.harness.process import BotProcess
from tests.harness.seed import query
from tests.harness.twitch_harness import CHAT, CHEERS, TYPES, Harness
from tests.harness.waiting import until
from tests.platforms.twitch.several.processes import SECONDS, Processes

NAMES = ("one", "two", "three", "four")
PAID = "SELECT coalesce(sum(amount), 0) FROM transactions"


async def status_of(home: Harness, child: BotProcess) -> str:
    """``listens``, ``stands by``, or neither yet."""
    async with home.http.get(urljoin(child.address, "/setup")) as answer:
        text = await answer.text()
    if "Another process of this bot listens to Twitch." in text:
        return "stands by"
    async with home.http.get(urljoin(child.address, "/healthz")) as answer:
        return "listens" if answer.status == 200 else ""


async def listener_of(home: Harness, children: list[BotProcess]) -> BotProcess:
    """The one that listens, as soon as all others stand by."""
    found: list[BotProcess] = []

    async def is_decided() -> bool:
        states = [await status_of(home, child) for child in children]
        found[:] = [child for child, state in zip(children, states, strict=True) if state == "listens"]
        return len(found) == 1 and states.count("stands by") == len(children) - 1

    await until(is_decided, 60)
    return found[0]


async def heard_once(processes: Processes, children: list[BotProcess]) -> None:
    home = processes.home
    processes.paid += 11
    asked = await home.ask("streamer", "!status", "broadcaster")
    assert "2 sockets connected" in asked
    await home.say("bob", "hello", message_id=f"hello-{processes.paid}")
    await home.cheer("bob", 10, f"cheer-{processes.paid}")
    await until(lambda: query(processes.url, PAID)[0][0] >= processes.paid)
    await asyncio.sleep(0.5)  # for a second one, which must not come
    assert query(processes.url, PAID)[0][0] == processes.paid
    assert len({line.reply_id for line in home.lines}) == len(home.lines)
    assert len(home.twitch.sessions) == 2, "one for each account"
    assert len(children) == 1 or await listener_of(home, children)


async def test_each_that_is_killed_is_replaced(processes: Processes) -> None:
    home = processes.home
    async with processes.one("first") as app:
        await processes.sign_in(app)
    home.twitch.linger = 3_600.0
    settings = processes.settings()
    async with AsyncExitStack() as stack:
        children: list[BotProcess] = []
        for name in NAMES if home.twitch.equal_subscriptions > 1 else NAMES[:2]:
            child = BotProcess(home.folder, data_dir=home.folder / name, **settings)
            await child.start("Open: ")
            await home.open_link(child.link)
            children.append(await stack.enter_async_context(child))
        async with asyncio.timeout(60):
            await home.twitch.subscribed(TYPES)
        listener = await listener_of(home, children)
        await heard_once(processes, children)
        while len(children) > 1:
            children.remove(listener)
            former = [home.session(CHAT), home.session(CHEERS)]
            listener.running.send_signal(signal.SIGKILL)
            async with asyncio.timeout(SECONDS):
                for session in former:
                    await session.ended.wait()
                await home.twitch.subscribed(TYPES)
            listener = await listener_of(home, children)
            await heard_once(processes, children)
