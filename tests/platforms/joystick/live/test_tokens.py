"""A live bot on Joystick: its tokens."""

import asyncio

import pytest

from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.security.cipher import load_cipher
from tests.harness.joystick_harness import Harness, platform, rows, until
from tests.platforms.joystick.live.live_helpers import is_quiet


async def test_ten_who_need_a_token_cause_one_refresh(home: Harness) -> None:
    async with home.installed() as app:
        asked = home.joystick.requests.times("api/oauth/token", "POST")
        home.joystick.expire_tokens()
        found = await asyncio.gather(*(platform(app).api.identity() for _ in range(10)))
        assert {identity.username for identity in found} == {"Pixel_Street"}
        assert home.joystick.requests.times("api/oauth/token", "POST") == asked + 1
        assert home.joystick.grants.withdrawn == 0


async def test_a_new_pair_is_in_the_database_before_it_is_used(home: Harness) -> None:
    async with home.installed() as app:
        cipher = load_cipher(app.services.settings)
        home.joystick.expire_tokens()
        await platform(app).api.identity()
        (row,) = await rows(app)
        token = await platform(app).installations.token()
        assert cipher.unseal(row.access_token) == token
        assert home.joystick.grants.is_good(token)


async def test_who_gives_up_waiting_does_not_lose_the_new_pair(home: Harness) -> None:
    async with home.installed() as app:
        home.joystick.faults.add("api/oauth/token", delay=0.3)
        home.joystick.expire_tokens()
        token = await platform(app).installations.token()
        asking = asyncio.create_task(platform(app).installations.refresh(token))
        await home.joystick.requests.times_requested("api/oauth/token", "POST", 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await platform(app).api.identity()).username == "Pixel_Street"
        assert home.joystick.grants.withdrawn == 0


async def test_a_refresh_token_used_twice_ends_the_installation_and_the_bot_says_so(home: Harness) -> None:
    async with home.installed() as app:
        install = platform(app).installations.current
        assert install is not None
        assert install.grant is not None
        home.joystick.grants.refresh(install.grant.refresh)
        home.joystick.expire_tokens()
        with pytest.raises(NotInstalled):
            await platform(app).api.identity()
        assert home.joystick.grants.withdrawn == 1
        assert platform(app).problems() == [WITHDRAWN]
        _, text = await home.get(app, "/setup")
        assert WITHDRAWN in text
        status, text = await home.get(app, "/healthz")
        assert status == 503
        assert "withdrawn" in text
        (row,) = await rows(app)
        assert (row.access_token, row.refresh_token, row.problem) == ("", None, WITHDRAWN)
        await is_quiet(home, app)


async def test_an_uninstalled_bot_says_so_and_does_not_ask_on(home: Harness) -> None:
    async with home.installed() as app:
        await home.joystick.uninstall()
        await until(platform(app).problems)
        await until(lambda: "withdrawn" in platform(app).problems()[0])
        await is_quiet(home, app)
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
        assert platform(app).problems() == []
