"""Settings and web pages of a bot on Twitch in unusual cases."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.errors import StartError
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.sandbox.twitch.users import BOT, sandbox_user
from pixel_bot.testing import settings_in
from tests.harness.live_harness import cookie_of
from tests.harness.twitch_harness import (
    Harness,
    the_bot,
)
from tests.harness.waiting import until


@pytest.mark.parametrize("factors", [{"vip": 2}, {"sub": 0.5}, {"mod": 0.5}])
def test_vips_are_asked_about_where_they_matter(tmp_path: Path, factors: dict[str, float]) -> None:
    settings = settings_in(tmp_path, **{f"points_watch_{role}_factor": factor for role, factor in factors.items()})
    assert "channel:read:vips" in scopes_for("broadcaster", settings)
    assert "channel:read:vips" not in scopes_for("broadcaster", settings_in(tmp_path, points_watch_sub_factor=2))


async def test_a_wrong_application_is_named_before_anybody_signs_in(home: Harness) -> None:
    async with home.bot(twitch_client_id="nosuchclient") as app:
        await until(lambda: app.platform.http.app_problem)
        _, page = await home.get(app, "/setup")
        assert "TWITCH_CLIENT_ID" in page


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_page_cannot_use_up_the_sign_in_under_way(home: Harness, site: str) -> None:
    async with home.bot() as app:
        where = await home.begin(app, "bot")
        image = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        for _ in range(60):
            status, _ = await home.get(app, "/oauth?account=bot", headers=image, allow_redirects=False)
            assert status == 403
        status, _ = await home.come_back(await home.agree(where, BOT))
        assert status == 200


async def test_with_an_address_of_its_own_the_way_back_from_twitch_works(home: Harness) -> None:
    async with home.bot(web_host="127.0.0.2") as app:
        assert (await home.get(app, "/setup"))[0] == 200
        cookie = await cookie_of(app)
        async with home.http.get(f"http://127.0.0.2:{app.web.port}/setup", headers=cookie) as answer:
            assert answer.status == 200


async def test_a_key_that_cannot_be_read_is_a_sentence(home: Harness, tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(StartError, match=r"secret\.key cannot be read"):
        async with home.bot():
            pass


async def test_a_redemption_that_twitch_completed_itself_promises_nothing_back(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        await home.ask("", "!redeem native on tts 100", "broadcaster")
        (native,) = await app.services.channel_points.all()
        taken = home.twitch.points.redeem(home.world.settle(sandbox_user("alice")), native.reward_id or "", "hello")
        kind = "channel.channel_points_custom_reward_redemption.add"
        await home.twitch.emit(kind, taken.as_event() | {"status": "fulfilled", "user_input": ""})
        said = await home.said(lambda said: "@alice" in said.text)
        assert "cannot give the channel points back" in said.text
        assert "are back" not in said.text


async def test_who_waits_for_a_place_in_chat_is_not_told_that_it_failed(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.bot.command_runner.COMMAND_SECONDS", 0.2)
    async with home.signed_in(greeting="off") as app:
        await home.ask("alice", "!points")
        await home.ask("", "!points add @alice 100", "broadcaster")
        gate = asyncio.Event()
        sender = the_bot(app).notifications._sender
        assert sender is not None
        send = sender._send

        async def slow(message: Any) -> Any:
            await gate.wait()
            return await send(message)

        monkeypatch.setattr(sender, "_send", slow)
        line = await home.say("alice", "!tts hello")
        await until(lambda: the_bot(app).notifications.count == home.twitch.notified)
        await asyncio.sleep(0.5)
        gate.set()
        answer = await home.said(lambda said: said.reply_id == line.id)
        assert "75 points left" in answer.text
