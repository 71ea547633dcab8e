"""Events that tell of the same gift, cheer or raid, in any order: each kind tells of each once."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.earning.event_matching import Claimed, Evidence, evidence_of, find_claim, is_gifted
from pixel_bot.model.channel_events import Cheer, Follow, Source, Sub
from pixel_bot.model.people import Person
from tests.harness.rounds import modest, rounds

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
MOMENT, MINUTES_10, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
ALICE = Person("1", "alice", "Alice")
CHEERS = (Source.BITS, Source.CHEER, Source.CHAT)


def claimed(evidence: list[Evidence]) -> list[Claimed]:
    """What a series of events comes to."""
    claims: list[Claimed] = []
    for one in evidence:
        found = find_claim(one, claims)
        if found is None:
            gifted = is_gifted(one, claims)
            claims.append(Claimed(len(claims), one.detail, one.at, frozenset({one.source}), one.months, gifted, 1))
        else:
            months = found.months if found.months is not None else one.months
            sources = found.sources | {one.source}
            claims[found.id] = Claimed(found.id, found.detail, found.at, sources, months, found.gifted, 1)
    return claims


@settings(modest, max_examples=rounds(60))
@given(st.lists(st.tuples(st.sampled_from(CHEERS), st.sampled_from((1, 100, 100, 500)), st.integers(0, 500))))
def test_as_many_cheers_as_one_kind_of_event_tells_of(told: list[tuple[Source, int, int]]) -> None:
    evidence = [Evidence("cheer", "1", str(bits), source, NOW + timedelta(seconds=at)) for source, bits, at in told]
    counts = Counter((source, bits) for source, bits, _ in told)
    expected = {bits: max(counts[source, bits] for source in CHEERS) for _, bits, _ in told}
    assert Counter(claim.detail for claim in claimed(evidence)) == {str(b): n for b, n in expected.items()}


def test_what_comes_much_later_is_another_one() -> None:
    first = Evidence("cheer", "1", "100", Source.BITS, NOW)
    soon = Evidence("cheer", "1", "100", Source.CHAT, NOW + MINUTES_10)
    late = Evidence("cheer", "1", "100", Source.CHAT, NOW + MINUTES_10 + MOMENT)
    assert len(claimed([first, soon])) == 1
    assert len(claimed([first, late])) == 2


def test_a_kind_that_one_event_alone_tells_of_needs_no_claim() -> None:
    assert evidence_of(Follow("f", ALICE, NOW)) is None
    assert evidence_of(Sub("joystick:sub:1", ALICE, NOW)) is None
    anonymous = evidence_of(Cheer("c", None, NOW, 5, source=Source.BITS))
    assert anonymous == Evidence("cheer", "", "5", Source.BITS, NOW, None, gifted=False, duration=1)


@pytest.mark.parametrize(
    ("source", "months", "gifted"),
    [(Source.SUBSCRIBE, None, True), (Source.RECEIVED, None, True), (Source.SHARE, 5, None), (Source.NOTICE, 5, True)],
)
def test_what_each_event_on_a_sub_knows(source: Source, months: int | None, gifted: bool | None) -> None:
    told = Sub("s", ALICE, NOW, gifted=True, months=5, tier=2, duration=3, source=source)
    assert evidence_of(told) == Evidence("sub", "1", "2", source, NOW, months, gifted, 3)


def sub(source: Source, days: float, months: int | None = None, gifted: bool | None = False, tier: int = 1) -> Evidence:
    return Evidence("sub", "1", str(tier), source, NOW + timedelta(days=days), months, gifted)


def test_a_month_is_shared_on_any_of_its_days() -> None:
    for days in (-0.01, 0, 0.003, 5, 27.9):
        assert len(claimed([sub(Source.SUBSCRIBE, 0), sub(Source.SHARE, days, 4, gifted=None)])) == 1
    for days in (-0.01, 0, 0.003):
        assert len(claimed([sub(Source.SHARE, days, 4, gifted=None), sub(Source.SUBSCRIBE, 0)])) == 1
    assert len(claimed([sub(Source.SUBSCRIBE, 0), sub(Source.SHARE, 30, 5, gifted=None)])) == 2


def test_the_next_month_pays_again_though_it_is_shared_soon_after_the_last_one() -> None:
    shares = [sub(Source.SHARE, 20, 4, gifted=None), sub(Source.SHARE, 31, 5, gifted=None)]
    assert [c.months for c in claimed(shares)] == [4, 5]
    assert len(claimed([*shares, sub(Source.NOTICE, 31, 5)])) == 2


def test_another_tier_is_another_sub() -> None:
    assert len(claimed([sub(Source.SUBSCRIBE, 0), sub(Source.SUBSCRIBE, 3, tier=3)])) == 2


def test_a_gift_that_is_shared_stays_a_gift() -> None:
    given_ = sub(Source.SUBSCRIBE, 0, gifted=True)
    assert [c.gifted for c in claimed([given_, sub(Source.SHARE, 2, 7, gifted=None)])] == [True]
    # The next month they have paid for: the gift has ended.
    later = claimed([given_, sub(Source.SHARE, 2, 7, gifted=None), sub(Source.SHARE, 31, 8, gifted=None)])
    assert [c.gifted for c in later] == [True, False]


def test_who_was_given_a_month_and_pays_for_one_shares_the_paid_one() -> None:
    paid, given_ = sub(Source.SUBSCRIBE, 0), sub(Source.SUBSCRIBE, 1, gifted=True)
    shared = claimed([paid, given_, sub(Source.NOTICE, 2, 7)])
    assert [(c.gifted, c.months) for c in shared] == [(False, 7), (True, None)]


def test_of_two_months_that_fit_the_newer_one_is_shared() -> None:
    shared = claimed([sub(Source.SUBSCRIBE, 0), sub(Source.SUBSCRIBE, 20), sub(Source.SHARE, 21, 5, gifted=None)])
    assert [c.months for c in shared] == [None, 5]


def test_a_notice_of_a_paid_month_is_not_for_the_gift_that_was_shared_before() -> None:
    paid, given_ = sub(Source.SUBSCRIBE, 0), sub(Source.SUBSCRIBE, 1, gifted=True)
    shared = claimed([paid, given_, sub(Source.SHARE, 2, 7, gifted=None)])
    assert [(c.gifted, c.months) for c in shared] == [(False, None), (True, 7)]
    noticed = claimed([paid, given_, sub(Source.SHARE, 2, 7, gifted=None), sub(Source.NOTICE, 2, 7)])
    assert [(c.gifted, c.months) for c in noticed] == [(False, 7), (True, 7)]


def at(source: Source, apart: timedelta, months: int | None = None, gifted: bool | None = False) -> Evidence:
    return Evidence("sub", "1", "1", source, NOW + apart, months, gifted)


@pytest.mark.parametrize(
    ("first", "second", "apart", "both_ways"),
    [
        (at(Source.SUBSCRIBE, 0 * DAY), at(Source.SUBSCRIBE, 0 * DAY), MINUTES_10, True),
        (at(Source.SUBSCRIBE, 0 * DAY, gifted=True), at(Source.RECEIVED, 0 * DAY, gifted=True), HOUR, True),
        (at(Source.SHARE, 0 * DAY, 4, gifted=None), at(Source.SUBSCRIBE, 0 * DAY), HOUR, True),
        (at(Source.SUBSCRIBE, 0 * DAY), at(Source.SHARE, 0 * DAY, 4, gifted=None), 28 * DAY, False),
        (at(Source.SUBSCRIBE, 0 * DAY), at(Source.SHARE, 0 * DAY, 4, gifted=None), -HOUR, False),
        (at(Source.SHARE, 0 * DAY, 4, gifted=None), at(Source.NOTICE, 0 * DAY, 4), 45 * DAY, True),
    ],
)
def test_how_far_apart_events_on_one_sub_may_be(
    first: Evidence, second: Evidence, apart: timedelta, both_ways: bool
) -> None:
    outwards = MOMENT if apart > timedelta(0) else -MOMENT
    for sign in (1, -1) if both_ways else (1,):
        assert len(claimed([first, replace(second, at=NOW + sign * apart)])) == 1
        assert len(claimed([first, replace(second, at=NOW + sign * (apart + outwards))])) == 2


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_two_subs_of_which_one_is_a_gift_are_two(first: bool, second: bool) -> None:
    assert len(claimed([sub(Source.SUBSCRIBE, 0, gifted=first), sub(Source.SUBSCRIBE, 0, gifted=second)])) == 2


def test_a_received_gift_is_not_a_sub_that_was_paid_for() -> None:
    assert len(claimed([sub(Source.SUBSCRIBE, 0), sub(Source.RECEIVED, 0, gifted=True)])) == 2


def test_a_notice_of_a_gift_is_not_for_a_month_that_was_paid() -> None:
    noticed = claimed([sub(Source.SUBSCRIBE, 0), sub(Source.NOTICE, 1, 3, gifted=True)])
    assert [(c.gifted, c.months) for c in noticed] == [(False, None), (True, 3)]


def month(
    apart: timedelta, *, gifted: bool, duration: int = 1, sources: Collection[Source] = (Source.SUBSCRIBE,)
) -> Claimed:
    return Claimed(0, "1", NOW + apart, frozenset(sources), 7, gifted, duration)


SHARED = at(Source.SHARE, 0 * DAY, 8, gifted=None)


@pytest.mark.parametrize(
    ("claims", "is_gift"),
    [
        ([], False),
        ([month(0 * DAY, gifted=True)], True),
        ([month(-28 * DAY, gifted=True)], True),
        ([month(-28 * DAY - MOMENT, gifted=True)], False),
        ([month(MOMENT, gifted=True)], False),
        ([month(-88 * DAY, gifted=True, duration=3)], True),
        ([month(-88 * DAY - MOMENT, gifted=True, duration=3)], False),
        ([month(-2 * DAY, gifted=True), month(-1 * DAY, gifted=False)], False),
        ([month(-1 * DAY, gifted=True), month(0 * DAY, gifted=False)], False),
        ([month(-1 * DAY, gifted=True), month(1 * DAY, gifted=False)], True),
        ([month(-2 * DAY, gifted=False), month(-1 * DAY, gifted=True)], True),
        ([month(-2 * DAY, gifted=True), month(1 * DAY, gifted=True)], True),
        ([month(-2 * DAY, gifted=True, sources=[Source.SHARE])], False),
        ([month(-2 * DAY, gifted=True, sources=[Source.SHARE, Source.NOTICE])], True),
    ],
)
def test_a_shared_month_is_a_gift_while_the_last_thing_was_one(claims: list[Claimed], is_gift: bool) -> None:
    assert is_gifted(SHARED, claims) is is_gift
    for said in (True, False):
        assert is_gifted(replace(SHARED, gifted=said), claims) is said
