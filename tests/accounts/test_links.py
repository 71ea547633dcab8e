"""Codes, and two accounts that become one and two again: nothing is lost, made, or given to the wrong one."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.accounts import links as codes
from pixel_bot.accounts.attempts import TooManyAttempts
from pixel_bot.accounts.links import CodeIsNew, CodeTaken, NothingToAgree, Pending, WrongCode, WrongPlace
from pixel_bot.accounts.merge import AlreadyLinked, Linked, NotLinked
from pixel_bot.errors import BadAmount, ChatError, NothingToUndo
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.points.levels import Gain
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.harness.database import findings, rows
from tests.harness.seed import execute, place_of

MOD = Viewer(0, "mod", "Mod", 0)


def here(login: str) -> Person:
    return Person(f"id-{login}", login, login)


async def pay(services: Services, viewer: Viewer, points: int = 0, xp: int = 0) -> None:
    now = services.clock.now()
    async with services.database.write() as session:
        await post(session, [Entry(viewer.id, points, "test", now)] if points else [])
        await services.levels.add(session, [Gain(viewer.id, viewer.name, viewer.display_name, xp, now)] if xp else [])


async def worth(services: Services, user_id: int) -> tuple[int, int, int]:
    """Points, XP and level of one row, as it is."""
    query = (
        "SELECT u.points, COALESCE(x.xp, 0), COALESCE(x.level, 1) FROM users u "
        "LEFT JOIN xp_records x ON x.user_name = u.name WHERE u.id = :id"
    )
    ((points, xp, level),) = await rows(services, query, id=user_id)
    return points, xp, level


@dataclass(frozen=True)
class Pair:
    """Alice on Twitch with 50 points and 600 XP, and on Joystick.tv with 30 points and 700 XP."""

    kept: Viewer
    merged: Viewer


@pytest.fixture
async def alice(services: Services) -> Pair:
    kept, merged = await services.viewers.meet(here("alice")), await services.viewers.meet(there("Alice"))
    await pay(services, kept, 50, 600)
    await pay(services, merged, 30, 700)
    return Pair(await services.viewers.by_id(kept.id), await services.viewers.by_id(merged.id))


async def link(services: Services, pair: Pair) -> Linked:
    asked = await services.links.ask(pair.merged, public=False)
    linked = await services.links.give(pair.kept, asked.code)
    assert isinstance(linked, Linked)
    return linked


# Codes


async def test_a_whispered_code_links_at_once(services: Services, alice: Pair) -> None:
    asked = await services.links.ask(alice.merged, public=False)
    assert asked.there == "Twitch"
    assert len(asked.code) == 6
    assert set(asked.code) <= set(codes.ALPHABET)
    linked = await services.links.give(alice.kept, f" {asked.code.lower()} ")
    assert isinstance(linked, Linked)
    assert (linked.kept.points, linked.merged.points, linked.points, linked.xp) == (80, 0, 30, 700)
    assert await worth(services, alice.kept.id) == (80, 1300, 5)
    assert await worth(services, alice.merged.id) == (0, 0, 1)
    assert await rows(
        services,
        "SELECT user_id, amount, balance_after, reason, note FROM transactions WHERE change_id > 0 ORDER BY id",
    ) == [(alice.merged.id, -30, 0, "link", "alice"), (alice.kept.id, 30, 80, "link", "alice@joystick")]
    assert await findings(services) == []


async def test_a_code_is_good_in_the_other_direction_too(services: Services, alice: Pair) -> None:
    asked = await services.links.ask(alice.kept, public=False)
    assert asked.there == "Joystick.tv"
    linked = await services.links.give(alice.merged, asked.code)
    assert isinstance(linked, Linked)
    assert (linked.kept.id, linked.merged.id) == (alice.kept.id, alice.merged.id)


async def test_a_code_that_all_could_read_needs_a_yes(services: Services, alice: Pair) -> None:
    asked = await services.links.ask(alice.kept, public=True)
    pending = await services.links.give(alice.merged, asked.code)
    assert pending == Pending(alice.kept, "twitch", "Twitch", "Joystick.tv", again=False)
    assert await worth(services, alice.merged.id) == (30, 700, 3), "nothing moves before"
    linked = await services.links.agree(alice.kept)
    assert (linked.kept.points, linked.merged.id) == (80, alice.merged.id)
    assert await rows(services, "SELECT * FROM link_codes") == []


async def test_the_first_who_takes_a_public_code_holds_it(services: Services, alice: Pair) -> None:
    thief = await services.viewers.meet(there("thief"))
    asked = await services.links.ask(alice.kept, public=True)
    await services.links.give(thief, asked.code)
    with pytest.raises(CodeTaken):
        await services.links.give(alice.merged, asked.code)
    again = await services.links.give(thief, asked.code)
    assert isinstance(again, Pending), "the same one may give it again"
    assert again.again
    assert await services.links.drop(alice.kept)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.kept)
    assert not await services.links.drop(alice.kept)


async def test_there_is_nothing_to_agree_to_before_somebody_gave_the_code(services: Services, alice: Pair) -> None:
    with pytest.raises(NothingToAgree, match=r"on Joystick\.tv"):
        await services.links.agree(alice.kept)
    await services.links.ask(alice.kept, public=True)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.kept)


async def test_who_gave_a_code_cannot_agree_for_its_owner(services: Services, alice: Pair) -> None:
    asked = await services.links.ask(alice.kept, public=True)
    await services.links.give(alice.merged, asked.code)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.merged)


@pytest.mark.parametrize("code", ["", "ABCDEF", "abc", "' OR 1=1 --", "A" * 500, "\u0131\u0130\u00df"])
async def test_a_wrong_code(services: Services, alice: Pair, code: str) -> None:
    await services.links.ask(alice.merged, public=False)
    with pytest.raises(WrongCode, match=r"on Joystick\.tv\.$"):
        await services.links.give(alice.kept, code)


async def test_a_code_lives_ten_minutes(services: Services, clock: SettableClock, alice: Pair) -> None:
    asked = await services.links.ask(alice.merged, public=False)
    clock.advance(600)
    with pytest.raises(WrongCode):
        await services.links.give(alice.kept, asked.code)
    again = await services.links.ask(alice.merged, public=False)
    clock.advance(599)
    assert isinstance(await services.links.give(alice.kept, again.code), Linked)


async def test_who_gave_a_code_late_leaves_its_owner_ten_minutes(
    services: Services, clock: SettableClock, alice: Pair
) -> None:
    asked = await services.links.ask(alice.kept, public=True)
    clock.advance(599)
    await services.links.give(alice.merged, asked.code)
    clock.advance(599)
    assert (await services.links.agree(alice.kept)).points == 30


async def test_a_yes_that_comes_too_late(services: Services, clock: SettableClock, alice: Pair) -> None:
    asked = await services.links.ask(alice.kept, public=True)
    await services.links.give(alice.merged, asked.code)
    clock.advance(600)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.kept)


async def test_who_gives_a_code_again_does_not_make_it_live_longer(
    services: Services, clock: SettableClock, alice: Pair
) -> None:
    asked = await services.links.ask(alice.kept, public=True)
    await services.links.give(alice.merged, asked.code)
    clock.advance(599)
    await services.links.give(alice.merged, asked.code)
    clock.advance(1)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.kept)


@pytest.mark.parametrize("public", [True, False])
async def test_who_has_a_new_code_gets_no_other(
    services: Services, clock: SettableClock, alice: Pair, public: bool
) -> None:
    asked = await services.links.ask(alice.merged, public=public)
    clock.advance(19.999999)
    with pytest.raises(CodeIsNew) as caught:
        await services.links.ask(alice.merged, public=public)
    assert str(caught.value) == (
        f"You have a code already: {asked.code}, to be typed on Twitch."
        if public
        else "I have just whispered you a code; look there."
    )
    assert await services.links.drop(alice.merged)
    assert (await services.links.ask(alice.merged, public=public)).code != asked.code


async def test_a_clock_that_was_set_back_keeps_nobody_from_a_code(
    services: Services, clock: SettableClock, alice: Pair
) -> None:
    await services.links.ask(alice.merged, public=False)
    clock.advance(-3_600)
    await services.links.ask(alice.merged, public=False)


async def test_a_new_code_replaces_the_older_one(services: Services, clock: SettableClock, alice: Pair) -> None:
    first = await services.links.ask(alice.merged, public=False)
    clock.advance(20)
    second = await services.links.ask(alice.merged, public=False)
    assert first.code != second.code
    with pytest.raises(WrongCode):
        await services.links.give(alice.kept, first.code)
    assert isinstance(await services.links.give(alice.kept, second.code), Linked)


async def test_a_code_that_was_typed_where_it_was_whispered_is_no_secret_any_more(
    services: Services, alice: Pair
) -> None:
    """Else who reads it there would type it on Twitch before its owner does, and have the points."""
    asked = await services.links.ask(alice.merged, public=False)
    with pytest.raises(WrongPlace, match=r"^That is your own code; type it on Twitch\.$"):
        await services.links.give(alice.merged, asked.code)
    thief = await services.viewers.meet(here("thief"))
    assert isinstance(await services.links.give(thief, asked.code), Pending)
    assert await worth(services, alice.merged.id) == (30, 700, 3)


async def test_a_code_that_somebody_linked_typed_is_no_secret_any_more(services: Services, alice: Pair) -> None:
    bob = Pair(await services.viewers.meet(here("bob")), await services.viewers.meet(there("bob")))
    await link(services, bob)
    asked = await services.links.ask(alice.merged, public=False)
    with pytest.raises(AlreadyLinked, match=r"^Your account"):
        await services.links.give(bob.kept, asked.code)
    assert isinstance(await services.links.give(alice.kept, asked.code), Pending)


async def test_a_code_of_somebody_else_on_the_same_platform(services: Services, alice: Pair) -> None:
    bob = await services.viewers.meet(there("bob"))
    asked = await services.links.ask(alice.merged, public=False)
    with pytest.raises(WrongPlace, match=r"^That code has to be typed on Twitch\.$"):
        await services.links.give(bob, asked.code)


async def test_who_is_linked_gets_no_code(services: Services, alice: Pair) -> None:
    await link(services, alice)
    for viewer in (alice.kept, alice.merged):
        with pytest.raises(AlreadyLinked):
            await services.links.ask(viewer, public=False)


async def test_of_two_public_codes_that_cross_one_links(services: Services, alice: Pair) -> None:
    bob = await services.viewers.meet(there("bob"))
    from_alice = await services.links.ask(alice.kept, public=True)
    from_bob = await services.links.ask(bob, public=True)
    await services.links.give(alice.merged, from_alice.code)
    await services.links.give(alice.kept, from_bob.code)
    await services.links.agree(bob)
    with pytest.raises(NothingToAgree):
        await services.links.agree(alice.kept)
    assert await findings(services) == []


async def test_two_who_give_one_code_at_once_are_not_both_linked(services: Services, alice: Pair) -> None:
    bob = await services.viewers.meet(here("bob"))
    asked = await services.links.ask(alice.merged, public=False)
    given = await asyncio.gather(
        *(services.links.give(v, asked.code) for v in (alice.kept, bob)), return_exceptions=True
    )
    assert [isinstance(g, Linked) for g in given] == [True, False]
    assert await findings(services) == []


async def test_five_wrong_codes_are_the_most(services: Services, clock: SettableClock, alice: Pair) -> None:
    asked = await services.links.ask(alice.merged, public=False)
    wrong = await asyncio.gather(*(services.links.give(alice.kept, "AAAAAA") for _ in range(7)), return_exceptions=True)
    assert sorted(type(w).__name__ for w in wrong) == ["TooManyTries"] * 2 + ["WrongCode"] * 5
    clock.advance(30)
    with pytest.raises(TooManyAttempts, match=r"Try again in 9m 30s\.$"):
        await services.links.give(alice.kept, asked.code)
    clock.advance(570)
    asked = await services.links.ask(alice.merged, public=False)
    assert isinstance(await services.links.give(alice.kept, asked.code), Linked)


async def wrong(services: Services, viewer: Viewer, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            await services.links.give(viewer, "AAAAAA")


async def test_a_code_of_ones_own_does_not_clear_the_wrong_ones(services: Services, alice: Pair) -> None:
    """Else who has an account on each platform could guess on, with a code of their own in between."""
    asked = await services.links.ask(alice.kept, public=True)
    await wrong(services, alice.merged, 4)
    for _ in range(3):
        await services.links.give(alice.merged, asked.code)
    await wrong(services, alice.merged, 1)
    with pytest.raises(TooManyAttempts):
        await services.links.give(alice.merged, asked.code)


async def test_a_link_clears_the_wrong_ones(services: Services, alice: Pair) -> None:
    await wrong(services, alice.kept, 4)
    await link(services, alice)
    await services.links.unlink(MOD, alice.kept)
    await wrong(services, alice.kept, 5)


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


async def test_the_queue_and_owed_prizes_go_along_and_come_back(services: Services, alice: Pair) -> None:
    async with services.database.write() as session:
        for draw, owed in ((1, True), (2, False)):
            await session.execute(
                text(
                    "INSERT INTO draws (id, user_id, seed, odds_json, prize, prize_json, created_at, owed) "
                    "VALUES (:draw, :id, '', '[]', 'P', '{}', '2026-01-01 00:00:00.000000', :owed)"
                ),
                {"id": alice.merged.id, "owed": owed, "draw": draw},
            )
            await session.execute(
                text(
                    "INSERT INTO queue_items (kind, status, payload_json, created_at, user_id, message_id) "
                    "VALUES ('wheel', 'pending', :payload, '2026-01-01 00:00:00.000000', :id, 'joystick:1')"
                ),
                {"payload": json.dumps({"effect": "SpinWheel", "draw": draw}), "id": alice.merged.id},
            )
    query = "SELECT user_id FROM draws UNION ALL SELECT user_id FROM queue_items"
    await link(services, alice)
    assert await rows(services, query) == [(alice.kept.id,)] * 4
    await services.links.unlink(MOD, alice.kept)
    assert await rows(services, query) == [(alice.merged.id,)] * 4


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
