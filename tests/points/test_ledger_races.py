"""Changes of one balance at the same time."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from pixel_bot.accounts.economy import Given
from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.model.people import Viewer
from pixel_bot.points.ledger import Entry, post
from pixel_bot.services import Services
from tests.harness.database import findings
from tests.points.funded import history, points, posted

# At the same time


async def outcomes(*work: Coroutine[Any, Any, object]) -> list[object]:
    return list(await asyncio.gather(*work, return_exceptions=True))


async def test_fifty_gifts_of_all_pay_once(services: Services, alice: Viewer, bob: Viewer) -> None:
    done = await outcomes(*(services.economy.give(alice, bob, None) for _ in range(50)))
    assert [d for d in done if isinstance(d, Given)] == [Given(100, 0, 100)]
    assert sum(isinstance(d, BadAmount) for d in done) == 49
    assert (await points(services, alice), await points(services, bob)) == (0, 100)


async def test_fifty_gifts_of_all_from_two_processes_pay_once(
    services: Services, duplicate: Services, alice: Viewer, bob: Viewer
) -> None:
    done = await outcomes(*((services, duplicate)[i % 2].economy.give(alice, bob, None) for i in range(50)))
    assert [d for d in done if isinstance(d, Given)] == [Given(100, 0, 100)]
    assert sum(isinstance(d, BadAmount) for d in done) == 49
    assert await findings(services) == []


async def test_eight_purchases_of_sixty_from_a_hundred_pay_once(
    services: Services, duplicate: Services, alice: Viewer
) -> None:
    done = await outcomes(*(posted((services, duplicate)[i % 2], [(alice, -60)]) for i in range(8)))
    assert sum(isinstance(d, NotEnoughPoints) for d in done) == 7
    assert await points(services, alice) == 40


async def test_gifts_back_and_forth_keep_the_sum(
    services: Services, duplicate: Services, alice: Viewer, bob: Viewer
) -> None:
    await posted(services, [(bob, 100)])
    await outcomes(
        *(side.economy.give(alice, bob, 7 * i) for i, side in enumerate([services, duplicate] * 6, start=1)),
        *(side.economy.give(bob, alice, 11 * i) for i, side in enumerate([services, duplicate] * 6, start=1)),
    )
    assert await points(services, alice) + await points(services, bob) == 200
    assert await findings(services) == []


async def test_set_and_add_at_once_lose_nothing(
    services: Services, duplicate: Services, mod: Viewer, bob: Viewer
) -> None:
    await outcomes(*(services.economy.add(mod, bob, 1) for _ in range(10)), duplicate.economy.set(mod, bob, 500))
    found = await history(services, bob)
    assert sum(amount for amount, _, _ in found) == await points(services, bob)
    after_set = found.index(next(row for row in found if row[1] == "mod:set"))
    assert await points(services, bob) == 500 + len(found) - after_set - 1


async def test_a_caller_that_rolls_back_leaves_no_trace(services: Services, alice: Viewer, tmp_path: Path) -> None:
    async with services.database.sessions() as session:
        await post(session, [Entry(alice.id, -60, "redeem:tts", services.clock.now())])
        await session.rollback()
    assert await history(services, alice) == [(100, "test", 100)]
    assert await points(services, alice) == 100
