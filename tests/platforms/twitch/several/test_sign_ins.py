"""What one process learns of the sign-ins of another, without a restart."""

from contextlib import AsyncExitStack

from pixel_bot.platforms.twitch.accounts import ROLES, SignInState
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.harness.twitch_harness import listening
from tests.harness.waiting import until
from tests.platforms.twitch.several.processes import Processes, stands_by, takes_over


async def are(app: LiveApp, state: SignInState) -> None:
    await until(lambda: {app.platform.accounts.state_of(role) for role in ROLES} == {state})


async def test_one_that_waits_for_a_sign_in_learns_of_another_s(processes: Processes) -> None:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(processes.one(name)) for name in ("one", "two")]
        await are(second, SignInState.MISSING)
        for account, who in (("bot", BOT), ("broadcaster", STREAMER)):
            await processes.home.sign_in(first, account, who)
        await are(second, SignInState.SIGNED_IN)
        # Both learn of it at about the same time, so either may be the one that listens.
        listener = await takes_over(first, second)
        other = second if listener is first else first
        await stands_by(other)
        assert await processes.check([first, second]) is listener
        await listener.platform.eventsub.close()
        await takes_over(other)


async def test_a_sign_in_that_ended_is_over_for_both_and_a_new_one_is_good_for_both(processes: Processes) -> None:
    home = processes.home
    async with AsyncExitStack() as stack:
        apps = await processes.start(stack, "one", "two")
        for who in (BOT, STREAMER):
            home.world.revoke_user(who.id)
        for app in apps:
            await are(app, SignInState.ENDED)
            assert "Sign in again" in (await home.get(app, "/setup"))[1]
        for account, who in (("bot", BOT), ("broadcaster", STREAMER)):
            await home.sign_in(apps[1], account, who)
        for app in apps:
            await are(app, SignInState.SIGNED_IN)
        await until(lambda: any(app.platform.eventsub.listens for app in apps))
        (listener,) = [app for app in apps if app.platform.eventsub.listens]
        await listening(listener)
        await processes.check(apps)
