"""``python -m pixel_bot fair ID``: what a doubter needs."""

import hashlib
import json
import random
from typing import Any

import pytest

from pixel_bot.cli.fair import show_draw
from pixel_bot.services import Services
from tests.harness.seed import execute, place_of

TICKETS = {"alice": 3.0, "bob": 1.0, "carol": 1.0}


async def drawn(services: Services, times: int) -> int:
    async with services.transactions.open("promise", "giveaway", "giveaway") as tx:
        promise = await tx.promise()
    async with services.transactions.open("draw", "giveaway", "giveaway") as tx:
        for _ in range(times):
            await tx.draw(TICKETS, promise=promise.id)
    return promise.id


async def told(services: Services, number: int, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    await services.database.close()
    code = await show_draw(services.settings, number)
    return code, json.loads(capsys.readouterr().out or "null")


async def test_a_doubter_repeats_the_draw_without_our_code(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = await told(services, await drawn(services, 2), capsys)
    assert code == 0
    assert hashlib.sha256(shown["seed"].encode()).hexdigest() == shown["sha256"]
    for place, draw in enumerate(shown["draws"], start=1):
        assert draw["seed"] == f"{shown['seed']}-{place}"
        spot = random.Random(draw["seed"]).random() * sum(weight for _, weight in draw["odds"])
        for name, weight in draw["odds"]:
            spot -= weight
            if spot < 0:
                assert name == draw["choice"]
                break


async def test_before_the_draw_the_seed_is_secret(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = await told(services, await drawn(services, 0), capsys)
    assert code == 0
    assert set(shown) == {"id", "cog", "promised_at", "sha256", "draws"}


async def test_a_draw_that_was_changed_by_hand_is_wrong(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    number = await drawn(services, 1)
    execute(place_of(services.database), "UPDATE fair_draws SET choice = 'mallory' WHERE choice <> ''")
    assert (await told(services, number, capsys))[0] == 1


async def test_there_is_no_such_draw(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    await services.database.close()
    assert await show_draw(services.settings, 99) == 1
    assert capsys.readouterr().err == "There is no draw 99.\n"
