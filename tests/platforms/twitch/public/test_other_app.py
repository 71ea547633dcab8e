"""Another client id: sign-ins and rewards of the former application are told, and neither used nor retried for ever."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli import command_line
from pixel_bot.platforms.twitch.accounts import SignInState
from pixel_bot.platforms.twitch.signing_in import default_app
from pixel_bot.platforms.twitch.token_store import OTHER_APP
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.channel_points import Reward
from pixel_bot.settings import Settings
from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import Harness, house, listening
from tests.harness.waiting import until
from tests.platforms.twitch.public.processes import SIGNED_IN, process, settings_of, sign_in, states, works


def ours(home: Harness) -> list[Reward]:
    """Rewards that an application made."""
    return [reward for reward in home.twitch.points.rewards.values() if reward.client_id]


@pytest.fixture
async def house_with_secret(tmp_path: Path) -> AsyncGenerator[Harness]:
    async with house(tmp_path) as built:
        yield built


async def test_tokens_of_another_application_are_not_used_and_not_lost(home: Harness, clock: SettableClock) -> None:
    first = home.world.client_id
    async with process(home, clock) as platform:
        await sign_in(home, platform)
    home.world.client_id = "another-application"
    before = len(list(home.twitch.requests))
    async with process(home, clock) as platform:
        assert await platform.token_refresh.check()
        assert states(platform) == [SignInState.ENDED] * 2
        account = platform.accounts.get("bot")
        assert account is not None
        assert account.why == OTHER_APP
    assert len(list(home.twitch.requests)) == before, "they were sent to Twitch"
    home.world.client_id = first
    async with process(home, clock) as platform:
        assert states(platform) == SIGNED_IN
        assert await works(home, platform)
        await sign_in(home, platform)


async def test_tokens_of_an_older_version_tell_by_themselves_whose_they_are(
    home: Harness, clock: SettableClock
) -> None:
    for now, expected in ((home.world.client_id, SIGNED_IN), ("another-application", [SignInState.ENDED] * 2)):
        async with process(home, clock) as platform:
            await sign_in(home, platform)
        home.world.client_id = now
        async with process(home, clock) as platform:
            await _forget_the_application(home, clock)
            await platform.accounts.load()
            assert states(platform) == SIGNED_IN
            await platform.token_refresh.check()
            assert states(platform) == expected


async def _forget_the_application(home: Harness, clock: SettableClock) -> None:
    async with opened(settings_of(home), "live", clock) as services, services.database.write() as session:
        await session.execute(text("UPDATE accounts SET client_id = NULL"))


async def test_rewards_of_another_application_are_told_once_and_made_anew_when_they_are_gone(
    house_with_secret: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    home = house_with_secret
    async with home.signed_in():
        answer = await home.ask("", "!redeem native on sound 100", "broadcaster")
        assert "is a reward now" in answer
    (reward,) = ours(home)
    await home.twitch.redeem(home.world.by_login("alice") or pytest.fail("nobody"), reward.id, "ding")
    home.world.client_id = "another-application"
    async with home.signed_in() as app:

        async def told() -> bool:
            return "Another application made these rewards" in (await home.get(app, "/setup"))[1]

        await until(told)
        assert reward.title in (await home.get(app, "/setup"))[1]
        assert caplog.text.count("belongs to another application. Delete it on Twitch") == 1
        assert "Channel Points: Twitch answered 403" not in caplog.text, "it is tried for ever"
        refused = await home.ask("", "!redeem native on sound 50", "broadcaster")
        assert "Another application made the reward" in refused
        await listening(app)
    assert ours(home) == [reward]
    home.twitch.points.remove(reward)
    async with home.signed_in() as app:
        await until(lambda: [r.client_id for r in ours(home)] == ["another-application"])
        assert "Another application made" not in (await home.get(app, "/setup"))[1]


# The built-in application


def test_there_is_no_built_in_application_yet() -> None:
    assert default_app.CLIENT_ID == ""


async def test_a_built_in_application_leaves_the_sandbox_only_by_a_sign_in(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_app, "CLIENT_ID", home.world.client_id)
    unset = settings_of(home, twitch_client_id="")
    assert not (await default_app.with_app_of_sign_ins(unset)).live
    assert default_app.with_default_app(unset).twitch_client_id == home.world.client_id
    async with process(home, clock) as platform:
        assert not (await default_app.with_app_of_sign_ins(unset)).live
        await sign_in(home, platform)
    assert (await default_app.with_app_of_sign_ins(unset)).twitch_client_id == home.world.client_id
    named = settings_of(home, twitch_client_id="my-own")
    assert (await default_app.with_app_of_sign_ins(named)).twitch_client_id == "my-own"
    monkeypatch.setattr(default_app, "CLIENT_ID", "of-the-next-version")
    assert not (await default_app.with_app_of_sign_ins(unset)).live


def test_the_command_line_looks_for_such_a_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    async def found(settings: Settings) -> Settings:
        return settings.model_copy(update={"twitch_client_id": "built-in"})

    async def run_live(settings: Settings) -> None:
        started.append(settings.twitch_client_id)
        await asyncio.sleep(0)

    monkeypatch.setattr(default_app, "with_app_of_sign_ins", found)
    monkeypatch.setattr("pixel_bot.run.runner.run_live", run_live)
    assert command_line.main([]) == 0
    assert started == ["built-in"]
