"""One of several processes listens to Twitch. However it ends, another one takes over."""

import asyncio
import json
import signal
from contextlib import AsyncExitStack

import pytest

from pixel_bot.run.live_app import STANDS_BY, LiveApp
from tests.harness.process import BotProcess
from tests.harness.twitch_harness import CHAT, CHEERS, DOUBLE, TYPES, the_bot
from tests.platforms.twitch.several.processes import SECONDS, Processes, stands_by, takes_over

NAMES = ("one", "two", "three", "four")


async def test_one_of_four_listens_and_the_others_are_healthy_and_say_so(processes: Processes) -> None:
    async with AsyncExitStack() as stack:
        first, *others = await processes.start(stack, *NAMES)
        assert await processes.check([first, *others]) is first
        for app in others:
            status, page = await processes.home.get(app, "/healthz")
            assert (status, json.loads(page)) == (200, {"ok": True, "notes": [STANDS_BY]})
            assert "Another process of this bot listens to Twitch." in (await processes.home.get(app, "/setup"))[1]
            assert "standing by, another process listens" in await the_bot(app).status.words()
        assert await processes.home.get(first, "/healthz") == (200, '{"ok":true}')
        assert "2 sockets connected" in await the_bot(first).status.words()


async def test_when_one_ends_another_one_goes_on_down_to_the_last(processes: Processes) -> None:
    async with AsyncExitStack() as stack:
        apps: list[LiveApp] = []
        ends = [await stack.enter_async_context(AsyncExitStack()) for _ in NAMES]
        for name, end in zip(NAMES, ends, strict=True):
            apps += [await end.enter_async_context(processes.one(name))]
            await (stands_by(apps[-1]) if len(apps) > 1 else processes.sign_in(apps[-1]))
        while True:
            listener = apps.index(await processes.check(apps))
            del apps[listener]
            await ends.pop(listener).aclose()
            if not apps:
                break
            await takes_over(*apps)


async def test_a_killed_one_is_replaced_although_twitch_has_not_noticed(processes: Processes) -> None:
    home = processes.home
    async with processes.one("first") as app:
        await processes.sign_in(app)
    home.twitch.linger = 3_600.0
    child = BotProcess(home.folder, data_dir=home.folder, **processes.settings())
    await child.start(ready="")
    async with child:
        async with asyncio.timeout(60):
            await home.twitch.subscribed(TYPES)
        dead = [home.session(CHAT), home.session(CHEERS)]
        async with processes.one("heir") as heir:
            await stands_by(heir)
            child.running.send_signal(signal.SIGKILL)
            await takes_over(heir)
            await home.all_heard(*dead)
            await processes.check([heir])
            heir.platform.eventsub.reconcile_soon()
            async with asyncio.timeout(SECONDS):
                while home.on_session(*dead):
                    await asyncio.sleep(0.01)


async def test_what_moves_in_one_deletes_nothing_of_it(processes: Processes) -> None:
    home = processes.home
    async with AsyncExitStack() as stack:
        apps = await processes.start(stack, "one", "two")
        for app in apps:
            app.platform.eventsub.reconcile_soon()
        former, deleted = home.session(CHAT), home.twitch.requests.times("eventsub/subscriptions", "DELETE")
        await home.twitch.ask_to_move(former, f"ws://{home.web.address}{DOUBLE}/ws")
        await home.all_heard(former)
        assert await processes.check(apps) is apps[0]
        assert home.twitch.requests.times("eventsub/subscriptions", "DELETE") == deleted == 0


async def test_one_that_cannot_reach_twitch_is_replaced_although_it_lives(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("LOOK_SECONDS", 0.02), ("DEAF_SECONDS", 0.3)):
        monkeypatch.setattr(f"pixel_bot.platforms.twitch.eventsub.subscription_monitor.{name}", seconds)
    home = processes.home
    async with AsyncExitStack() as stack:
        cut_off, other = await processes.start(stack, "one", "two")
        for connection in cut_off.platform.eventsub._connections:
            connection._url = "ws://127.0.0.1:1/ws"
        lost = [home.session(CHAT), home.session(CHEERS)]
        for session in lost:
            await home.twitch.lose(session)
        await takes_over(other)
        await home.all_heard(*lost)
        assert await processes.check([cut_off, other]) is other
        assert cut_off.platform.problems() == []
