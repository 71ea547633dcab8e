"""What goes over with a link, and what the books say."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.accounts.merge import Linked
from pixel_bot.errors import BadAmount
from pixel_bot.points.ledger import MAX_BALANCE
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, there
from tests.accounts.links.pairs import MOD, Pair, here, link, pay, worth
from tests.harness.database import findings, rows
from tests.harness.seed import execute, place_of

# What goes over


async def test_of_two_cooldowns_the_later_end_holds(services: Services, clock: SettableClock, alice: Pair) -> None:
    async with services.database.write() as session:
        for viewer, key, seconds in (
            (alice.kept, "tts", 10),
            (alice.merged, "tts", 50),
            (alice.kept, "spin", 70),
            (alice.merged, "spin", 20),
            (alice.merged, "clip", 5),
        ):
            await services.cooldowns.start(session, viewer.id, key, seconds)
    await link(services, alice)
    assert await services.cooldowns.running(alice.kept.id) == {"tts": 50, "spin": 70, "clip": 5, "+give": 3_600}
    assert await rows(services, "SELECT * FROM cooldowns WHERE user_id = :id", id=alice.merged.id) == []
    await services.links.unlink(MOD, alice.kept)
    for viewer in (alice.kept, alice.merged):
        assert await services.cooldowns.running(viewer.id) == {"tts": 50, "spin": 70, "clip": 5}


async def test_a_block_is_not_escaped(services: Services, alice: Pair) -> None:
    for viewer in (alice.kept, alice.merged):
        await services.redeems.block(viewer, "*")
    execute_in = "INSERT INTO blocks (user_id, key, created_at) VALUES (:id, 'tts', '2026-01-01 00:00:00.000000')"
    async with services.database.write() as session:
        await session.execute(text(execute_in), {"id": alice.merged.id})
    await link(services, alice)
    query = "SELECT user_id, key FROM blocks ORDER BY user_id, key"
    assert await rows(services, query) == [(alice.kept.id, "*"), (alice.kept.id, "tts")]
    await services.links.unlink(MOD, alice.kept)
    assert len(await rows(services, query)) == 4


async def test_the_queue_goes_along_and_comes_back(services: Services, alice: Pair) -> None:
    async with services.database.write() as session:
        await session.execute(
            text(
                "INSERT INTO queue_items (kind, status, payload_json, created_at, user_id, message_id) "
                "VALUES ('effect', 'pending', '{}', '2026-01-01 00:00:00.000000', :id, 'joystick:1')"
            ),
            {"id": alice.merged.id},
        )
    query = "SELECT user_id FROM queue_items"
    await link(services, alice)
    assert await rows(services, query) == [(alice.kept.id,)]
    await services.links.unlink(MOD, alice.kept)
    assert await rows(services, query) == [(alice.merged.id,)]


async def test_a_voice_is_kept_and_else_taken_over(services: Services, alice: Pair) -> None:
    await services.viewers.choose_voice(alice.merged, "deep")
    await link(services, alice)
    assert await services.viewers.voice_of(alice.kept) == "deep"
    await services.links.unlink(MOD, alice.kept)
    await services.viewers.choose_voice(alice.kept, "high")
    await link(services, alice)
    assert await services.viewers.voice_of(alice.kept) == "high"


async def test_people_without_anything_can_be_linked(services: Services) -> None:
    bob = Pair(await services.viewers.meet(here("bob")), await services.viewers.meet(there("bob")))
    assert (await link(services, bob)).points == 0
    assert await rows(services, "SELECT * FROM transactions") == []
    parted = await services.links.unlink(MOD, bob.kept)
    assert (parted.points, parted.missing) == (0, 0)
    assert await findings(services) == []


async def test_what_no_balance_can_hold_is_refused(services: Services, alice: Pair) -> None:
    await pay(services, alice.kept, MAX_BALANCE - 60)
    with pytest.raises(BadAmount):
        await link(services, alice)
    assert await worth(services, alice.merged.id) == (30, 700, 3)
    assert await rows(services, "SELECT * FROM links") == []


async def test_a_crash_in_the_middle_leaves_no_half_link(
    services: Services, alice: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: Any) -> None:
        raise OSError("the power is gone")

    asked = await services.links.ask(alice.merged, public=False)
    with monkeypatch.context() as patch:
        patch.setattr("pixel_bot.accounts.merge_account_data.merge_account_data", crash)
        with pytest.raises(OSError, match="power"):
            await services.links.give(alice.kept, asked.code)
    for table in ("links", "changes"):
        assert await rows(services, f"SELECT * FROM {table}") == []
    assert await worth(services, alice.merged.id) == (30, 700, 3)
    assert isinstance(await services.links.give(alice.kept, asked.code), Linked)
    with monkeypatch.context() as patch:
        patch.setattr("pixel_bot.accounts.merge_account_data.split_account_data", crash)
        with pytest.raises(OSError, match="power"):
            await services.links.unlink(MOD, alice.kept)
    assert await worth(services, alice.kept.id) == (80, 1300, 5)
    assert await findings(services) == []


# The books


async def test_the_check_finds_each_kind_of_broken_link(services: Services, alice: Pair) -> None:
    await link(services, alice)
    path, merged, kept = place_of(services.database), alice.merged.id, alice.kept.id
    damage = {
        f"UPDATE users SET points = 5 WHERE id = {merged}": "alice@joystick is linked to alice, but still has 5 points",
        "UPDATE xp_records SET xp = 5 WHERE user_name = 'alice@joystick'": "but still has 5 XP of its own",
        f"UPDATE users SET merged_into = 999 WHERE id = {merged}": "linked to an account that does not exist",
        f"UPDATE users SET merged_into = {merged} WHERE id = {kept}": "which is linked to another account itself",
        f"UPDATE users SET merged_into = NULL WHERE id = {merged}": "alice@joystick is not linked as the list",
        "UPDATE links SET undone_at = '2026-01-01'": "alice@joystick is not linked as the list",
    }
    mend = (
        f"UPDATE users SET points = 0, merged_into = {kept} WHERE id = {merged}",
        f"UPDATE users SET merged_into = NULL WHERE id = {kept}",
        "UPDATE xp_records SET xp = 0 WHERE user_name = 'alice@joystick'",
        "UPDATE links SET undone_at = NULL",
    )
    for statement, expected in damage.items():
        execute(path, statement)
        assert expected in " ".join(await findings(services)), statement
        execute(path, *mend)
        assert await findings(services) == []


async def test_old_codes_are_swept_away(services: Services, clock: SettableClock, alice: Pair) -> None:
    await services.links.ask(alice.kept, public=True)
    clock.advance(timedelta(minutes=10).total_seconds())
    await services.links.ask(alice.merged, public=False)
    assert await rows(services, "SELECT user_id FROM link_codes") == [(alice.merged.id,)]
