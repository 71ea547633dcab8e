"""Shares of a balance, decided in the transaction that moves the points."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.accounts.economy import Given, Taken
from pixel_bot.errors import BadAmount
from pixel_bot.model.people import Viewer
from pixel_bot.points.amounts import ALL, HALF, amount_or_share
from pixel_bot.services import Services
from pixel_bot.testing import Stage, stage
from tests.harness.database import findings
from tests.harness.rounds import modest, rounds
from tests.points.funded import history, points, posted
from tests.points.test_amounts import spellings


async def test_a_share_is_one_of_the_balance_of_now(services: Services, alice: Viewer, bob: Viewer) -> None:
    await posted(services, [(alice, 100)])
    assert alice.points == 100
    assert await services.economy.give(alice, bob, HALF) == Given(100, 100, 100)
    assert await services.economy.give(alice, bob, ALL) == Given(100, 0, 200)


@pytest.mark.repeated
async def test_halves_at_once_each_take_half_of_what_is_left(
    services: Services, duplicate: Services, alice: Viewer, bob: Viewer
) -> None:
    sides = [services, duplicate] * 10
    done = await asyncio.gather(*(side.economy.give(alice, bob, HALF) for side in sides), return_exceptions=True)
    given_amounts = sorted((d.amount for d in done if isinstance(d, Given)), reverse=True)
    assert given_amounts == [50, 25, 12, 6, 3, 2, 1]
    assert sum(isinstance(d, BadAmount) for d in done) == 13
    assert (await points(services, alice), await points(services, bob)) == (1, 99)
    assert await findings(services) == []


@pytest.mark.repeated
async def test_a_mod_and_the_viewer_at_once(
    services: Services, duplicate: Services, mod: Viewer, alice: Viewer, bob: Viewer
) -> None:
    taken, gave = await asyncio.gather(
        services.economy.take(mod, alice, HALF), duplicate.economy.give(alice, bob, HALF)
    )
    assert {taken.amount, gave.amount} == {50, 25}
    assert await points(services, alice) == 25
    assert await findings(services) == []


async def test_what_a_mod_took_is_undone(services: Services, mod: Viewer, alice: Viewer) -> None:
    assert await services.economy.take(mod, alice, amount_or_share("30%"), "spam") == Taken(30, 70)
    assert (await history(services, alice))[-1] == (-30, "mod:remove", 70)
    undone = await services.economy.undo(mod)
    assert undone.summary == "remove 30 points from alice"
    assert await points(services, alice) == 100


async def test_a_command_that_is_delivered_twice_gives_once(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob")
    for _ in range(2):
        await chat.say("alice", "!give half @bob", message_id="same")
    assert (await chat.points("alice"), await chat.points("bob")) == (50, 50)


# Any spelling has the same effect

names = st.sampled_from(["bob", "@bob", "@BOB,", "@@bob", "＠ｂｏｂ", "@bob:"])
prefixes = st.sampled_from(["!give", "！give", "!give@pixelbot", "!GIVE!", "@pixelbot !give", "\x01ACTION !give"])
numbers = st.integers(1, 5_000).flatmap(lambda n: st.sampled_from(spellings(n)).map(lambda typed: (typed, n)))
shares = st.sampled_from(["half", "all", "50%", "１００％", "12.5%", "HALF", "25 %"]).map(lambda typed: (typed, None))


@settings(modest, max_examples=rounds(3))
@given(st.lists(st.tuples(prefixes, names, st.one_of(numbers, shares), st.booleans()), min_size=1, max_size=12))
async def test_whatever_the_spelling(
    tmp_path_factory: pytest.TempPathFactory, gifts: list[tuple[str, str, tuple[str, int | None], bool]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("spelling")
    async with stage(folder) as chat:
        await chat.viewer("alice", 10_000)
        await chat.viewer("bob")
        left = 10_000
        for prefix, name, (typed, value), turned in gifts:
            words = f"{typed} {name}" if turned else f"{name} {typed}"
            if value is None:
                share = amount_or_share(typed.replace(" ", ""))
                assert not isinstance(share, int)
                value = share.of(left)
            left -= value if value <= left else 0
            await chat.say("alice", f"{prefix} {words}")
            assert (await chat.points("alice"), await chat.points("bob")) == (left, 10_000 - left)
        assert await findings(chat.services) == []
