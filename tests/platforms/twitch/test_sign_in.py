"""From client id and secret to a bot that greets the channel: the set-up page, two sign-ins, and who is refused."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.subscription_types import BOT_SCOPES, BROADCASTER_SCOPES
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, sandbox_user
from tests.harness.twitch_harness import Harness, house, listening, points, query_of, the_bot

STRANGER = sandbox_user("stranger")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        yield built


async def test_a_streamer_signs_in_twice_and_the_bot_greets_the_channel(home: Harness) -> None:
    async with home.bot() as app:
        status, page = await home.get(app, "/")
        assert status == 200
        assert "Sign in with Twitch" in page
        assert (await home.get(app, "/healthz"))[0] == 503
        status, page = await home.sign_in(app, "bot", BOT)
        assert status == 200
        assert "PixelBot is signed in" in page
        assert app.running_bot is None
        await home.sign_in(app, "broadcaster", STREAMER)
        greeting = await home.said(lambda _: True)
        assert greeting.text == "Hi, I am here! Type !help to see what I can do."
        assert await home.ask("alice", "!points") == "You have 0 points."
        status, page = await home.get(app, "/healthz")
        assert (status, page) == (200, '{"ok":true}')


async def test_after_a_restart_nobody_needs_to_sign_in_and_nobody_is_greeted_again(home: Harness) -> None:
    async with home.signed_in():
        await home.said(lambda _: True)
    async with home.bot() as app:
        await listening(app)
        assert await home.ask("alice", "!points") == "You have 0 points."
    assert [line.text for line in home.lines if line.reply_id is None] == [home.lines[0].text]


@pytest.mark.parametrize(("account", "scopes"), [("bot", BOT_SCOPES), ("broadcaster", frozenset(BROADCASTER_SCOPES))])
async def test_each_account_is_asked_for_exactly_what_it_needs(
    home: Harness, account: str, scopes: frozenset[str]
) -> None:
    async with home.bot() as app:
        asked = query_of(await home.begin(app, account))
        assert set(asked["scope"].split()) == set(scopes)
        assert asked["redirect_uri"] == f"http://localhost:{app.web.port}/oauth/callback"
        assert asked["response_type"] == "code"
        assert asked["force_verify"] == "true"
        assert len(asked["state"]) >= 20
        assert query_of(await home.begin(app, account))["state"] != asked["state"]


async def test_an_account_that_nobody_named_is_kept_only_after_a_yes(home: Harness) -> None:
    async with home.bot() as app:
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), STRANGER))
        assert "stranger" in page
        assert app.platform.accounts.get("bot") is None
        await home.answer(app, "decline", "bot", page)
        assert app.platform.accounts.get("bot") is None
        _, page = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        await home.answer(app, "accept", "bot", page)
        assert app.platform.accounts.id_of("bot") == BOT.id


async def test_other_accounts_than_those_of_the_settings_are_refused(home: Harness) -> None:
    async with home.bot(twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id) as app:
        for account in ("bot", "broadcaster"):
            status, page = await home.come_back(await home.agree(await home.begin(app, account), STRANGER))
            assert status == 403
            assert "stranger" in page
        status, page = await home.sign_in(app, "bot", BOT)
        assert status == 200
        assert "PixelBot is signed in" in page


async def test_an_account_that_was_chosen_keeps_others_out(home: Harness) -> None:
    async with home.signed_in() as app:
        status, _ = await home.come_back(await home.agree(await home.begin(app, "bot"), STRANGER))
        assert status == 403
        assert app.platform.accounts.id_of("bot") == BOT.id
        assert await home.ask("alice", "!points") == "You have 0 points."


async def test_one_account_may_be_both(home: Harness) -> None:
    async with home.bot() as app:
        await home.sign_in(app, "bot", STREAMER)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        assert app.platform.eventsub.refusals == []
        await home.say("alice", "hello", message_id="m1")
        await the_bot(app).notifications.received(1)
        assert await points(app, "alice") == 1
        assert await home.ask("", "!points add @alice 5", "broadcaster") == "Added 5 points: alice has 6."


@pytest.mark.parametrize(
    "change",
    ["state=wrong", "", "state="],
    ids=["another state", "no state", "an empty state"],
)
async def test_whoever_comes_back_without_the_right_state_is_refused(home: Harness, change: str) -> None:
    async with home.bot() as app:
        address = await home.agree(await home.begin(app, "bot"), BOT)
        wrong = re.sub(r"&?state=[^&]*", f"&{change}" if change else "", address)
        assert wrong != address
        status, page = await home.come_back(wrong)
        assert status == 400
        assert "set-up page" in page
        assert app.platform.accounts.get("bot") is None


async def test_a_state_works_once(home: Harness) -> None:
    async with home.bot(twitch_bot_id=BOT.id) as app:
        address = await home.agree(await home.begin(app, "bot"), BOT)
        assert (await home.come_back(address))[0] == 200
        assert (await home.come_back(address))[0] == 400


async def test_a_state_of_one_account_does_not_make_another(home: Harness) -> None:
    async with home.bot(twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id) as app:
        address = await home.agree(await home.begin(app, "bot"), STREAMER)
        assert (await home.come_back(address))[0] == 403
        assert app.platform.accounts.get("broadcaster") is None


async def test_who_does_not_agree_comes_back_to_a_friendly_page(home: Harness) -> None:
    async with home.bot() as app:
        home.world.refuses = True
        status, page = await home.come_back(await home.agree(await home.begin(app, "bot"), BOT))
        assert status == 400
        assert "nobody agreed" in page


async def test_an_account_can_be_changed_before_the_bot_runs(home: Harness) -> None:
    async with home.bot() as app:
        await home.sign_in(app, "bot", STRANGER)
        await home.answer(app, "forget", "bot", "")
        assert app.platform.accounts.get("bot") is None
        await home.sign_in(app, "bot", BOT)
        assert app.platform.accounts.id_of("bot") == BOT.id


async def test_a_revoked_sign_in_is_a_step_to_do_and_the_rest_goes_on(home: Harness) -> None:
    async with home.signed_in() as app:
        home.world.revoke_user(STREAMER.id)
        async with asyncio.timeout(10):
            while app.platform.accounts.tokens_of("broadcaster") is not None:
                await app.platform.accounts.next_change()
        _, page = await home.get(app, "/setup")
        assert "The sign-in of Pixel_Street has ended" in page
        assert await home.ask("alice", "!points") == "You have 0 points."
        status, _ = await home.sign_in(app, "broadcaster", STREAMER)
        assert status == 200
        await listening(app)
        assert app.platform.eventsub.refusals == []


async def test_without_its_key_the_bot_starts_and_asks_to_sign_in_again(home: Harness) -> None:
    async with home.signed_in():
        pass
    (home.folder / "secret.key").unlink()
    async with home.bot() as app:
        _, page = await home.get(app, "/setup")
        assert page.count("Sign in again") >= 2
        await home.sign_in(app, "bot", BOT)
        await home.sign_in(app, "broadcaster", STREAMER)
        await listening(app)
        assert await home.ask("alice", "!points") == "You have 0 points."
