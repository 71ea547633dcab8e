"""Subscriptions and sign-ins that Twitch revokes."""

import asyncio
from datetime import UTC, datetime

import pytest

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT
from tests.harness.twitch_harness import CHEERS, Harness, all_paid, listening
from tests.platforms.twitch.sockets.socket_helpers import Till, signed_in


async def test_a_type_that_twitch_ends_is_told_and_the_others_go_on(
    home: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    till = Till(home)
    async with signed_in(home) as app:
        eventsub = app.platform.eventsub
        for status in ("user_removed", "version_removed", "moderator_removed", None):
            await till.ring(app)
            caplog.clear()
            ended = next(s for s in home.twitch.subscriptions.values() if s["type"] == "channel.follow")
            home.twitch.drop(ended["id"])
            former = home.session(CHEERS)
            for _ in range(2):
                await former.send(frames.revocation(ended | {"status": status}, datetime.now(UTC)))
            await till.ring(app)
            (refusal,) = eventsub.refusals
            assert str(status or "no reason") in str(refusal)
            assert str(refusal) in (await home.get(app, "/setup"))[1]
            assert sum("Twitch sends no" in record.message for record in caplog.records) == 1
            # On the next connection it is tried again.
            await former.close(4000)
            await home.all_heard(former)
            await listening(app)
            assert eventsub.refusals == []


async def test_a_sign_in_that_is_revoked_is_a_step_to_do_and_the_other_account_goes_on(home: Harness) -> None:
    async with signed_in(home) as app:
        home.world.revoke_user(BOT.id)
        async with asyncio.timeout(10):
            while app.platform.accounts.tokens_of("bot") is not None:
                await app.platform.accounts.next_change()
        assert "The sign-in of PixelBot has ended" in (await home.get(app, "/setup"))[1]
        status, page = await home.get(app, "/healthz")
        assert (status, "not signed in" in page) == (503, True)
        await home.cheer("alice", 10, "while-the-bot-is-away")
        await all_paid(app, 10)
        await home.sign_in(app, "bot", BOT)
        await home.all_heard()
        await home.say("alice", "hello")
        await all_paid(app, 11)
