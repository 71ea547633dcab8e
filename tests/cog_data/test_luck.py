"""Draws, limits, claims and shares of a transaction."""

import hashlib
from typing import Any

import pytest

from pixel_bot.cog_data.draws import pick, stored_draw, stored_promise
from pixel_bot.cog_data.limits import LimitReached
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services
from tests.harness.database import rows


async def test_a_draw_keeps_what_it_can_be_verified_with(services: Services) -> None:
    async with services.transactions.open("k", "slots", "slots") as tx:
        drawn = [await tx.draw({"cherry": 3, "bell": 1, "never": 0}) for _ in range(40)]
        bad: dict[Any, float]
        for bad in ({}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {1: 1.0, "1": 1.0}):
            with pytest.raises(ValueError, match="draw"):
                await tx.draw(bad)
    assert {draw.choice for draw in drawn} == {"cherry", "bell"}
    stored = await rows(services, "SELECT id, cog, reason, choice, seed FROM fair_draws ORDER BY id")
    assert stored == [(draw.id, "slots", "slots", draw.choice, draw.seed) for draw in drawn]


async def test_a_promised_seed_is_told_once_it_was_used(services: Services) -> None:
    async with services.transactions.open("k", "giveaway", "giveaway") as tx:
        promise = await tx.promise()
    kept = await stored_promise(services.database, promise.id)
    assert kept is not None
    assert promise.seed_hash == hashlib.sha256(kept.seed.encode()).hexdigest()
    assert await stored_draw(services.database, promise.id) is None
    tickets = {"alice": 3.0, "bob": 1.0}
    async with services.transactions.open("draw", "giveaway", "giveaway") as tx:
        drawn = [await tx.draw(tickets, promise=promise.id) for _ in range(2)]
        with pytest.raises(ValueError, match="no promise"):
            await tx.draw(tickets, promise=drawn[0].id)
    async with services.transactions.open("draw", "slots", "slots") as tx:
        with pytest.raises(ValueError, match="no promise"):
            await tx.draw(tickets, promise=promise.id)  # another cog's
    assert [draw.seed for draw in drawn] == [f"{kept.seed}-1", f"{kept.seed}-2"]
    assert [draw.choice for draw in drawn] == [list(tickets)[pick(draw.seed, list(tickets.items()))] for draw in drawn]
    for number in (promise.id, drawn[1].id):
        kept = await stored_promise(services.database, number)
        assert kept is not None
        assert [draw.id for draw in kept.draws] == [draw.id for draw in drawn]


async def test_a_limit_counts_for_each_viewer_and_period(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("k", "catch", "catch") as tx:
        assert [await tx.limit(alice, "catch", 2), await tx.limit(alice, "catch", 2)] == [1, 0]
        with pytest.raises(LimitReached, match="2 times today"):
            await tx.limit(alice, "catch", 2)
        assert await tx.limit(bob, "catch", 2) == 1
        assert await tx.limit(alice, "throw", 1, "stream") == 0
        with pytest.raises(LimitReached):
            await tx.limit(alice, "nothing", 0)
        with pytest.raises(ValueError, match="per hour"):
            await tx.limit(alice, "catch", 2, "year")  # pyright: ignore[reportArgumentType]


async def claimed_and_failed(services: Services) -> None:
    async with services.transactions.open("a", "catch", "catch") as tx:
        assert [await tx.claim("spawn:7"), await tx.claim("spawn:7")] == [True, False]
        raise KeyError


async def test_the_first_claim_wins_and_an_error_frees_it(services: Services) -> None:
    with pytest.raises(KeyError):
        await claimed_and_failed(services)
    async with services.transactions.open("b", "catch", "catch") as tx:
        assert await tx.claim("spawn:7")
    async with services.transactions.open("c", "boss", "boss") as tx:
        assert await tx.claim("spawn:7")  # another cog's


async def test_a_pot_is_shared_by_stakes_and_the_rest_is_named(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("k", "boss", "boss") as tx:
        shares = await tx.share(100, {alice: 2, bob: 1})
        assert (dict(shares.parts), shares.rest) == ({alice: 66, bob: 33}, 1)
        assert (await tx.share(100, {alice: 0})).rest == 100
        assert (await tx.share(7, {})).rest == 7
        with pytest.raises(ValueError, match="from zero up"):
            await tx.share(-1, {alice: 1})
    assert await rows(services, "SELECT points FROM users ORDER BY id") == [(66,), (33,)]
