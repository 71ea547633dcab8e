"""A live bot on Joystick: its connection ends and comes back."""

import asyncio

import pytest

from tests.harness.joystick_harness import Harness, platform, until
from tests.platforms.joystick.live.live_helpers import is_quiet


async def test_it_comes_back_after_a_cut(home: Harness) -> None:
    async with home.installed() as app:
        for cut in (home.joystick.gateway.cut, home.joystick.gateway.fall_silent):
            opened = home.joystick.gateway.opened
            cut()
            await home.opened(opened + 1)
            await home.listening(app)
            await home.joystick.tip("Jules", 5)
        opened = home.joystick.gateway.opened
        await home.joystick.gateway.cut_in_a_frame()
        await home.opened(opened + 1)
        await home.listening(app)
        assert await home.ask("Jules", "!points") == "@Jules You have 10 points."


async def test_it_comes_back_when_joystick_was_away(home: Harness) -> None:
    async with home.installed() as app:
        await home.leave()
        await until(lambda: platform(app).connection.down_since)
        assert "It is tried again by itself" in platform(app).problems()[0]
        await asyncio.sleep(0.3)
        await home.return_()
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
        assert platform(app).problems() == []


async def test_a_server_that_restarts_asks_it_to_come_back(home: Harness) -> None:
    async with home.installed() as app:
        opened = home.joystick.gateway.opened
        await home.joystick.gateway.disconnect(reconnect=True)
        await home.opened(opened + 1)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_asked_not_to_come_back_it_stays_away(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.gateway.disconnect(reconnect=False, reason="remote")
        await until(lambda: platform(app).connection.problem)
        assert "asked the bot not to come back" in platform(app).problems()[0]
        await is_quiet(home, app)
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_unauthorized_leads_to_one_refresh_and_then_to_the_page(home: Harness) -> None:
    async with home.installed() as app:
        asked = home.joystick.requests.times("api/oauth/token", "POST")
        home.joystick.accepts.clear()
        await home.joystick.gateway.close_all(4401)
        await until(lambda: platform(app).connection.problem)
        assert home.joystick.requests.times("api/oauth/token", "POST") == asked + 1
        assert "does not let the bot listen" in (await home.get(app, "/setup"))[1]
        await is_quiet(home, app)


@pytest.mark.parametrize("key", ["jwt", "basic"])
async def test_either_key_opens_the_socket(home: Harness, key: str) -> None:
    home.joystick.accepts = {key}
    async with home.installed():
        assert "points" in await home.ask("Jules", "!points")
        assert home.joystick.requests.times("api/oauth/token", "POST") == 0


async def test_a_subscription_that_is_not_confirmed_is_asked_for_again(home: Harness) -> None:
    home.joystick.gateway.unconfirmed = 1
    async with home.installed():
        assert "points" in await home.ask("Jules", "!points")
        assert home.joystick.gateway.opened == 1


async def test_a_subscription_that_is_rejected_falls_back_and_else_waits(home: Harness) -> None:
    home.joystick.gateway.versions = {"v1"}
    async with home.installed() as app:
        assert "points" in await home.ask("Jules", "!points")
        home.joystick.gateway.versions.clear()
        home.joystick.gateway.cut()
        await until(lambda: "rejected" in platform(app).connection.down_reason)
        home.joystick.gateway.versions.add("v2")
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_server_that_welcomes_nobody(home: Harness) -> None:
    home.joystick.gateway.welcomes = False
    async with home.bot() as app:
        await home.install(app)
        await until(lambda: "no welcome" in platform(app).connection.down_reason)
        home.joystick.gateway.welcomes = True
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
