"""Taking accounts apart, linking them again, and levels that pay once."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.accounts.merge import NotLinked
from pixel_bot.errors import ChatError, NothingToUndo
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.accounts.links.pairs import MOD, Pair, here, link, pay, worth
from tests.harness.database import findings, rows

# And back


@pytest.mark.parametrize("by_undo", [True, False])
async def test_apart_again_each_has_what_it_had(services: Services, alice: Pair, by_undo: bool) -> None:
    await link(services, alice)
    if by_undo:
        undone = await services.economy.undo(MOD)
        assert (undone.summary, undone.actor, undone.missing) == ("link alice@joystick to alice", "alice", 0)
    else:
        parted = await services.links.unlink(MOD, alice.kept)
        assert (parted.kept.points, parted.merged.points, parted.points, parted.missing) == (50, 30, 30, 0)
    assert await worth(services, alice.kept.id) == (50, 600, 3)
    assert await worth(services, alice.merged.id) == (30, 700, 3)
    assert (await services.viewers.meet(there("Alice"))).id == alice.merged.id
    with pytest.raises(NothingToUndo):
        await services.economy.undo(MOD)
    with pytest.raises(NotLinked, match=r"^alice is not linked"):
        await services.links.unlink(MOD, alice.kept)
    assert await findings(services) == []


async def test_what_was_spent_does_not_come_back(services: Services, alice: Pair) -> None:
    await link(services, alice)
    await pay(services, alice.kept, -60)
    parted = await services.links.unlink(MOD, alice.kept)
    assert (parted.points, parted.missing) == (20, 10)
    assert (await worth(services, alice.kept.id), await worth(services, alice.merged.id)) == ((0, 600, 3), (20, 700, 3))
    assert await findings(services) == []


async def test_what_was_earned_together_stays_with_the_kept_one(services: Services, alice: Pair) -> None:
    await link(services, alice)
    await pay(services, alice.merged, 100, 1_000)
    assert await worth(services, alice.kept.id) == (180, 2_300, 6)
    await services.economy.undo(MOD)
    assert (await worth(services, alice.kept.id))[:2] == (150, 1_600)
    assert (await worth(services, alice.merged.id))[:2] == (30, 700)


async def test_linked_apart_and_linked_again(services: Services, alice: Pair) -> None:
    for _ in range(3):
        await link(services, alice)
        assert (await worth(services, alice.kept.id))[:2] == (80, 1_300)
        await services.links.unlink(MOD, alice.kept)
    assert (await worth(services, alice.merged.id))[:2] == (30, 700)
    assert await findings(services) == []


async def test_two_mods_take_apart_once(services: Services, alice: Pair) -> None:
    await link(services, alice)
    done = await asyncio.gather(
        services.economy.undo(MOD),
        services.economy.undo(MOD),
        services.links.unlink(MOD, alice.kept),
        services.links.unlink(MOD, alice.kept),
        return_exceptions=True,
    )
    assert sum(not isinstance(d, ChatError) for d in done) == 1
    assert (await worth(services, alice.merged.id))[:2] == (30, 700)
    assert await findings(services) == []


async def test_an_undo_after_an_unlink_takes_the_change_before(services: Services, alice: Pair) -> None:
    await services.economy.add(MOD, alice.merged, 5)
    await link(services, alice)
    await services.links.unlink(MOD, alice.kept)
    assert (await services.economy.undo(MOD)).summary == "add 5 points to Alice"
    assert (await worth(services, alice.merged.id))[0] == 30
    assert await findings(services) == []


async def test_changes_from_before_and_after_a_link_are_undone_in_turn(services: Services, alice: Pair) -> None:
    await services.economy.add(MOD, alice.merged, 5)
    await link(services, alice)
    await services.economy.add(MOD, alice.kept, 7)
    await services.economy.change_xp(MOD, alice.merged, by=9)
    assert (await worth(services, alice.kept.id))[:2] == (92, 1_309)
    for _ in range(4):
        await services.economy.undo(MOD)
    assert (await worth(services, alice.kept.id))[:2] == (50, 600)
    assert (await worth(services, alice.merged.id))[:2] == (30, 700)
    assert await findings(services) == []


# Levels pay once


@pytest.fixture
async def paid(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """Services where levels 2 to 6 pay 10 points each."""
    rewards = {str(level): {"points": 10} for level in range(2, 7)}
    (tmp_path / "level_rewards.json").write_text(json.dumps(rewards), encoding="utf-8")
    settings = settings_in(tmp_path, level_rewards_file=tmp_path / "level_rewards.json")
    async with opened(settings, "sandbox", clock) as built:
        yield built


async def rewards_of(services: Services) -> list[tuple[Any, ...]]:
    return await rows(
        services,
        "SELECT u.name, t.reason FROM transactions t JOIN users u ON u.id = t.user_id "
        "WHERE t.reason LIKE 'level:%' ORDER BY t.id",
    )


async def test_many_accounts_do_not_get_one_level_of_a_strong_one(paid: Services) -> None:
    """A strong account that is linked to one after another brings each of them near the next level."""
    strong = await paid.viewers.meet(there("strong"))
    await pay(paid, strong, xp=1_300)
    assert len(await rewards_of(paid)) == 4
    for login in ("alt1", "alt2", "alt3"):
        alt = await paid.viewers.meet(here(login))
        await link(paid, Pair(alt, strong))
        await pay(paid, alt, xp=600)
        await paid.links.unlink(MOD, alt)
    assert await rewards_of(paid) == [
        *(("strong@joystick", f"level:{level}") for level in (2, 3, 4, 5)),
        ("alt1", "level:6"),
    ]
    assert await findings(paid) == []


async def test_levels_of_both_count_for_both_while_they_are_one(paid: Services) -> None:
    strong, weak = await paid.viewers.meet(there("alice")), await paid.viewers.meet(here("alice"))
    await pay(paid, strong, xp=1_300)
    await link(paid, Pair(weak, strong))
    await paid.economy.change_xp(MOD, weak, to=0)
    await pay(paid, weak, xp=1_300)
    assert len(await rewards_of(paid)) == 4, "the person has had these"


async def test_apart_again_each_earns_its_own_levels(paid: Services) -> None:
    strong, weak = await paid.viewers.meet(there("alice")), await paid.viewers.meet(here("alice"))
    await pay(paid, strong, xp=1_300)
    await link(paid, Pair(weak, strong))
    await paid.links.unlink(MOD, weak)
    await pay(paid, weak, xp=100)
    assert (await rewards_of(paid))[-1] == ("alice", "level:2")
    await pay(paid, strong, xp=-1_300)
    await pay(paid, strong, xp=1_300)
    assert len(await rewards_of(paid)) == 5
