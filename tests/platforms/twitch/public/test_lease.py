"""The lease with which one process at a time renews tokens."""

from collections.abc import Sequence

import pytest

from pixel_bot.platforms.twitch.accounts import SignInState, no_lease
from pixel_bot.platforms.twitch.signing_in import token_renewal
from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import Harness
from tests.platforms.twitch.public.processes import (
    HOUR,
    SIGNED_IN,
    kill_before_the_write,
    process,
    sign_in,
    states,
)


class Server:
    """A cluster's leader election: what it answers, in order, and who gave the lead back."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)
        self.resigned: list[str] = []

    async def try_to_lead(self, _name: str) -> bool | None:
        return self.answers.pop(0)

    async def resign(self, name: str) -> None:
        self.resigned.append(name)


@pytest.mark.parametrize(
    ("answers", "held"),
    [((True,), True), ((False, False, True), True), ((None,), False), ((False, None), False)],
    ids=["free", "taken for a while", "no answer", "no answer any more"],
)
async def test_the_lease_is_waited_for_and_given_back(
    answers: tuple[bool | None, ...], held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_renewal, "LOOK_SECONDS", 0.0)
    server = Server(*answers)
    async with token_renewal.cluster_lease(server.try_to_lead, server.resign)("bot") as given:
        assert given is held
        assert server.resigned == []
    assert server.answers == []
    assert server.resigned == (["twitch-tokens-bot"] if held else [])


async def test_without_the_lease_a_token_that_works_once_is_not_spent(home: Harness, clock: SettableClock) -> None:
    nobody = Server(None, None, None, None)
    async with process(home, clock) as platform:
        await sign_in(home, platform)
        clock.advance(5 * HOUR)
        platform.accounts.lease = token_renewal.cluster_lease(nobody.try_to_lead, nobody.resign)
        assert not await platform.token_refresh.check()
        assert home.twitch.requests.times("oauth2/token", "POST") == 0
        platform.accounts.lease = no_lease
        assert await platform.token_refresh.check()
        assert states(platform) == SIGNED_IN


def ended_or_not(given_up: bool) -> Sequence[SignInState]:
    """How both accounts are when the bot's renewal was given up, or not yet."""
    return [SignInState.ENDED if given_up else SignInState.SIGNED_IN, SignInState.SIGNED_IN]


async def test_one_that_hung_in_the_middle_of_a_renewal_is_waited_for_and_may_finish_it_late(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(home, clock) as first, process(home, clock) as second:
        await sign_in(home, first)
        await second.accounts.load()
        second.accounts.is_shared = True
        old = first.accounts.tokens_of("bot")
        assert old is not None
        fresh = await kill_before_the_write(first, "bot")
        clock.advance(5 * HOUR)
        assert not await second.token_refresh.check()
        assert states(second) == ended_or_not(given_up=False)
        monkeypatch.setattr(token_renewal, "UNDER_WAY_SECONDS", 0.0)
        assert not await second.token_refresh.check()
        assert states(second) == ended_or_not(given_up=True)
        await first.accounts.reload("bot")
        assert states(first) == ended_or_not(given_up=True)
        # It goes on where it hung, with Twitch's answer in its hands.
        await first.accounts.replace_tokens("bot", fresh, old)
        assert states(first) == SIGNED_IN
        assert await second.token_refresh.check(), "it looks again before an hour has passed"
        assert states(second) == SIGNED_IN
    assert home.world.spent_again == []
