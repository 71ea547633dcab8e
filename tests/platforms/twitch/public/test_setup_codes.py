"""Sign-in without a secret on the set-up page: a code for each account, to be typed at Twitch."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.signing_in import device_sign_in
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, sandbox_user
from tests.harness.twitch_harness import Harness, house, listening
from tests.harness.waiting import until

CODE = re.compile(r'id="(bot|broadcaster)-code">([A-Z]{8})<')


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        built.world.is_public = True
        yield built


async def page(home: Harness, app: LiveApp) -> str:
    status, text = await home.get(app, "/setup/state")
    assert status == 200
    return text


async def codes(home: Harness, app: LiveApp, *accounts: str) -> dict[str, str]:
    """The codes that the page shows, as soon as it shows one for each of these accounts."""
    found: dict[str, str] = {}

    async def all_there() -> bool:
        found.clear()
        found.update(CODE.findall(await page(home, app)))
        return found.keys() == set(accounts)

    await until(all_there)
    return found


async def types(home: Harness, app: LiveApp, code: str, who: SandboxUser, account: str) -> None:
    """Somebody types a code at Twitch, and says on the page that this is the account."""
    assert home.world.approve(code, who)
    text = ""

    async def asked() -> bool:
        nonlocal text
        text = await page(home, app)
        return f"You signed in as <strong><bdi>{who.name}" in text

    await until(asked)
    await home.answer(app, "accept", account, text)


async def test_both_accounts_sign_in_by_codes_and_the_bot_greets(home: Harness) -> None:
    async with home.bot() as app:
        shown = await codes(home, app, "bot", "broadcaster")
        assert shown["bot"] != shown["broadcaster"]
        await types(home, app, shown["bot"], BOT, "bot")
        assert await codes(home, app, "broadcaster") == {"broadcaster": shown["broadcaster"]}
        await types(home, app, shown["broadcaster"], STREAMER, "broadcaster")
        await home.said(lambda _: True)
        assert await home.ask("alice", "!points") == "You have 0 points."
        await listening(app)
        assert app.platform.eventsub.refusals == []
        assert app.platform.http.app_problem == ""
        text = await page(home, app)
        assert CODE.findall(text) == []
        assert "TWITCH_CLIENT_SECRET, Twitch also lists the bot as a chat bot and shows the bot badge" in text
        assert "oauth/callback" not in text
    grants = [request.body for request in home.twitch.requests if request.path == "oauth2/token"]
    assert "client_credentials" not in {form["grant_type"] for form in grants}
    assert [form for form in grants if "client_secret" in form] == []
    async with home.bot() as app:
        await listening(app)
        assert await home.ask("bob", "!points") == "You have 0 points."


async def test_a_code_that_lapses_is_replaced_while_somebody_looks(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with home.bot() as app:
        first = await codes(home, app, "bot", "broadcaster")
        home.world.devices.expire(first["bot"])
        await until(lambda: home.twitch.requests.times("oauth2/device", "POST") == 3)
        second = await codes(home, app, "bot", "broadcaster")
        assert second["bot"] != first["bot"]
        assert second["broadcaster"] == first["broadcaster"]
        await types(home, app, second["bot"], BOT, "bot")
        # Nobody looks any more: no code is asked for until somebody does.
        monkeypatch.setattr(device_sign_in, "WATCHED_SECONDS", 0.0)
        home.world.devices.expire(second["broadcaster"])
        times = home.twitch.requests.times
        polls = times("oauth2/token", "POST")
        await home.twitch.request_count("oauth2/token", "POST", polls + 1)
        await until(lambda: "sign-in-broadcaster" not in _tasks())
        assert times("oauth2/device", "POST") == 3
        assert (await codes(home, app, "broadcaster"))["broadcaster"] != second["broadcaster"]


def _tasks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


async def test_the_link_leads_to_twitch_with_the_code(home: Harness) -> None:
    async with home.bot() as app:
        address = await home.begin(app, "bot")
        (code,) = re.findall(r"^https://www\.twitch\.tv/activate\?public=true&device-code=([A-Z]{8})$", address)
        assert (await codes(home, app, "bot", "broadcaster"))["bot"] == code
        assert await home.begin(app, "bot") == address
        for path in ("/oauth?account=god", "/oauth/callback?state=x&code=y"):
            assert (await home.get(app, path))[0] == 400


async def test_another_account_than_the_settings_name_is_refused_and_given_back(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_sign_in, "RETRY_SECONDS", 0.05)
    async with home.bot(twitch_bot_id=BOT.id) as app:
        shown = await codes(home, app, "bot", "broadcaster")
        assert home.world.approve(shown["bot"], sandbox_user("stranger"))
        await home.twitch.request_count("oauth2/revoke", "POST")

        async def told() -> bool:
            return "You signed in as stranger" in await page(home, app)

        await until(told)
        again = await codes(home, app, "bot", "broadcaster")
        assert home.world.approve(again["bot"], BOT)
        await until(lambda: app.platform.accounts.tokens_of("bot") is not None)
        assert "You signed in as stranger" not in await page(home, app)


async def test_while_twitch_is_away_the_page_says_so_and_goes_on(
    home: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_sign_in, "RETRY_SECONDS", 0.05)
    for _ in range(2):
        home.twitch.faults.add("oauth2/device", status=500)
    async with home.bot() as app:

        async def told() -> bool:
            return "sign-in server refused" in await page(home, app)

        await until(told)
        assert len(await codes(home, app, "bot", "broadcaster")) == 2
        assert "sign-in server refused" not in await page(home, app)


async def test_a_button_does_not_wait_for_the_next_try(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_sign_in, "RETRY_SECONDS", 3_600.0)
    for _ in range(2):
        home.twitch.faults.add("oauth2/device", status=500)
    async with home.bot() as app:

        async def both_wait() -> bool:
            return (await page(home, app)).count("sign-in server refused") == 2

        await until(both_wait)
        assert CODE.findall(await page(home, app)) == []
        assert "/activate" in await home.begin(app, "bot")
        assert (await codes(home, app, "bot")).keys() == {"bot"}
        home.twitch.faults.add("oauth2/device", status=500)
        status, text = await home.get(app, "/oauth?account=broadcaster")
        assert status == 502
        assert "sign-in server refused" in text


async def test_who_has_to_sign_in_again_has_a_code_at_once(home: Harness) -> None:
    async with home.bot(twitch_bot_id=BOT.id, twitch_owner_id=STREAMER.id) as app:
        for account, code in (await codes(home, app, "bot", "broadcaster")).items():
            assert home.world.approve(code, BOT if account == "bot" else STREAMER)
        await listening(app)
        home.world.revoke_user(STREAMER.id)

        async def says_so() -> bool:
            return "The sign-in of Pixel_Street has ended. Sign in again." in await page(home, app)

        await until(lambda: app.platform.accounts.tokens_of("broadcaster") is None)
        await until(says_so)
        shown = await codes(home, app, "broadcaster")
        assert home.world.approve(shown["broadcaster"], STREAMER)
        await until(lambda: app.platform.accounts.tokens_of("broadcaster") is not None)
        await listening(app)
        assert CODE.findall(await page(home, app)) == []


async def test_the_end_of_the_bot_ends_what_waits(home: Harness) -> None:
    async with home.bot() as app:
        await codes(home, app, "bot", "broadcaster")
    assert not {"sign-in-bot", "sign-in-broadcaster"} & _tasks()
