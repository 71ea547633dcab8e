"""What claims keep of what happened, and what of it is still to be announced."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from pixel_bot.db.models_claims import EventClaim
from pixel_bot.earning.event_claims import ClaimResult, EventClaims, claim_event
from pixel_bot.earning.event_matching import Evidence
from pixel_bot.model.channel_events import Follow, Sub
from pixel_bot.model.channel_events import Source as S
from pixel_bot.model.people import Person
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
ALICE = Person("1", "alice", "Alice")
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


async def claim(services: Services, *told: Evidence) -> list[ClaimResult]:
    """Each in a transaction of its own."""
    results: list[ClaimResult] = []
    for evidence in told:
        async with services.database.write() as session:
            results.append(await claim_event(session, evidence))
    return results


def cheer(source: S, after: timedelta = 0 * DAY, bits: int = 100, person: str = "1") -> Evidence:
    return Evidence("cheer", person, str(bits), source, NOW + after)


def sub(
    source: S, after: timedelta = 0 * DAY, months: int | None = None, gifted: bool | None = False, duration: int = 1
) -> Evidence:
    return Evidence("sub", "1", "1", source, NOW + after, months, gifted, duration)


async def test_a_cheer_counts_for_exactly_ten_minutes(services: Services) -> None:
    told = [cheer(S.BITS), cheer(S.CHAT, 10 * MINUTE), cheer(S.CHEER, 10 * MINUTE + SECOND)]
    assert [result.pays for result in await claim(services, *told)] == [True, False, True]


async def test_the_second_message_with_equal_bits_is_another_cheer(services: Services) -> None:
    told = [cheer(S.BITS), cheer(S.CHAT), cheer(S.CHAT, SECOND)]
    assert [result.pays for result in await claim(services, *told)] == [True, False, True]


async def test_what_was_sent_first_says_when_it_was(services: Services) -> None:
    told = [cheer(S.BITS, 5 * MINUTE), cheer(S.CHEER), cheer(S.CHAT, 12 * MINUTE)]
    assert [result.pays for result in await claim(services, *told)] == [True, False, True]


async def test_a_bit_is_not_a_sub_of_the_first_tier(services: Services) -> None:
    assert [r.pays for r in await claim(services, sub(S.SUBSCRIBE), cheer(S.BITS, bits=1))] == [True, True]


async def test_equal_cheers_of_two_people_are_two(services: Services) -> None:
    assert [r.pays for r in await claim(services, cheer(S.BITS), cheer(S.CHAT, person="2"))] == [True, True]


async def test_the_200_newest_are_looked_at(services: Services) -> None:
    first = {"kind": "cheer", "person": "1", "detail": "100", "sources": "bits"}
    later = timedelta(milliseconds=1)
    many = [first | {"id": number, "at": NOW + number * later} for number in range(1, 202)]
    async with services.database.write() as session:
        await session.execute(insert(EventClaim), many)
    assert [r.claim_id for r in await claim(services, cheer(S.CHAT, SECOND))] == [2]


async def test_the_longest_time_that_was_told_holds(services: Services) -> None:
    gift = [sub(S.SUBSCRIBE, gifted=True), sub(S.RECEIVED, gifted=True, duration=3), sub(S.NOTICE, DAY, 7, gifted=True)]
    assert [r.pays for r in await claim(services, *gift)] == [False] * 3
    shared = await claim(services, sub(S.SHARE, 80 * DAY, 9, gifted=None))
    assert [(r.pays, r.gifted) for r in shared] == [(False, True)]


async def test_a_month_of_a_gift_that_was_shared_late_does_not_make_the_gift_longer(services: Services) -> None:
    gift = [sub(S.SUBSCRIBE, gifted=True, duration=3), sub(S.SHARE, 2 * DAY, 7, gifted=None, duration=3)]
    told = [*gift, sub(S.SHARE, 85 * DAY, 9, gifted=None, duration=3), sub(S.SHARE, 92 * DAY, 10, gifted=None)]
    assert [(r.pays, r.gifted) for r in await claim(services, *told)] == [(False, True)] * 3 + [(True, False)]


async def test_a_paid_month_is_announced_with_the_first_event_that_knows_the_months(services: Services) -> None:
    told = [sub(S.SUBSCRIBE), sub(S.SHARE, SECOND, 4, gifted=None), sub(S.NOTICE, SECOND, 4)]
    results = await claim(services, *told)
    assert [(r.pays, r.announces, r.months) for r in results] == [
        (True, False, None),
        (False, True, 4),
        (False, False, 4),
    ]


async def test_only_one_begins_to_announce(services: Services, clock: SettableClock) -> None:
    alice, bob = await claim(services, sub(S.SUBSCRIBE), Evidence("sub", "2", "1", S.SUBSCRIBE, NOW))
    claims = EventClaims(services.database, clock)
    assert [await claims.begin_to_announce(alice.claim_id) for _ in range(2)] == [True, False]
    assert [await claims.begin_to_announce(bob.claim_id) for _ in range(2)] == [True, False]


async def test_who_was_announced_by_a_timer_is_not_announced_with_the_months(services: Services) -> None:
    claims = EventClaims(services.database, services.clock)
    (first,) = await claim(services, sub(S.SUBSCRIBE))
    assert await claims.begin_to_announce(first.claim_id)
    (shared,) = await claim(services, sub(S.SHARE, MINUTE, 4, gifted=None))
    assert (shared.claim_id, shared.announces) == (first.claim_id, False)


async def test_an_event_is_known_when_another_one_told_of_it(services: Services) -> None:
    claims = EventClaims(services.database, services.clock)
    shared = Sub("share", ALICE, NOW + DAY, months=4, source=S.SHARE)
    assert not await claims.is_known(shared)
    await claim(services, sub(S.SUBSCRIBE))
    assert await claims.is_known(shared)
    assert not await claims.is_known(Follow("f", ALICE, NOW)), "of which one kind of event alone tells"


async def test_what_was_paid_and_not_announced_is_missed_for_ten_minutes(
    services: Services, clock: SettableClock
) -> None:
    begun = clock.now()
    people = [ALICE, Person("2", "bob", "Bob"), Person("3", "carol", "Carol")]
    for person in (*people, Person("1", "alice", "Alice of Joystick", "joystick")):
        await services.viewers.meet(person)
    alice, bob, carol = await claim(
        services,
        Evidence("sub", "1", "2", S.SUBSCRIBE, begun + SECOND, duration=3),
        Evidence("sub", "2", "1", S.SUBSCRIBE, begun),
        Evidence("sub", "3", "1", S.NOTICE, begun, 5),
    )
    assert carol.announces
    claims = EventClaims(services.database, clock)
    clock.advance(600)
    missed = list(await claims.missed())
    assert missed == [
        (bob.claim_id, Sub("", people[1], begun, months=1, tier=1, duration=1)),
        (alice.claim_id, Sub("", ALICE, begun + SECOND, months=1, tier=2, duration=3)),
    ]
    assert [one.person.display_name for _, one in missed if one.person] == ["Bob", "Alice"]
    clock.advance(1)
    assert [claim_id for claim_id, _ in await claims.missed()] == [alice.claim_id]
    assert await claims.begin_to_announce(alice.claim_id)
    assert await claims.missed() == []
