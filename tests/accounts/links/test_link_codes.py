"""Codes: who may use them, how long they live, and how many wrong ones there may be."""

import asyncio

import pytest

from pixel_bot.accounts import links as codes
from pixel_bot.accounts.attempts import TooManyAttempts
from pixel_bot.accounts.links import CodeIsNew, CodeTaken, NothingToAgree, Pending, WrongCode, WrongPlace
from pixel_bot.accounts.merge import AlreadyLinked, Linked
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, there
from tests.accounts.links.pairs import MOD, Pair, here, link, worth
from tests.harness.database import findings, rows

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
    assert sorted(type(w).__name__ for w in wrong) == ["TooManyAttempts"] * 2 + ["WrongCode"] * 5
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
