"""Events that tell of the same gift, cheer or raid, in any order: each kind tells of each once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pixel_bot.earning.event_matching import WITHIN, Claimed, Evidence, evidence_of, find_claim, is_gifted
from pixel_bot.model.channel_events import Cheer, Follow, Source, Sub
from pixel_bot.model.people import Person
from tests.harness.rounds import modest

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
ALICE = Person("1", "alice", "Alice")
CHEERS = (Source.BITS, Source.CHEER, Source.CHAT)


def claimed(evidence: list[Evidence]) -> list[Claimed]:
    """What a series of events comes to."""
    claims: list[Claimed] = []
    for one in evidence:
        found = find_claim(one, claims)
        if found is None:
            gifted = is_gifted(one, claims)
            claims.append(Claimed(len(claims), one.detail, one.at, frozenset({one.source}), one.months, gifted))
        else:
            months = found.months if found.months is not None else one.months
            sources = found.sources | {one.source}
            claims[found.id] = Claimed(found.id, found.detail, found.at, sources, months, found.gifted)
    return claims


@modest
@given(st.lists(st.tuples(st.sampled_from(CHEERS), st.sampled_from((1, 100, 100, 500)), st.integers(0, 500))))
def test_as_many_cheers_as_one_kind_of_event_tells_of(told: list[tuple[Source, int, int]]) -> None:
    evidence = [Evidence("cheer", "1", str(bits), source, NOW + timedelta(seconds=at)) for source, bits, at in told]
    counts = Counter((source, bits) for source, bits, _ in told)
    expected = {bits: max(counts[source, bits] for source in CHEERS) for _, bits, _ in told}
    assert Counter(claim.detail for claim in claimed(evidence)) == {str(b): n for b, n in expected.items()}


def test_what_comes_much_later_is_another_one() -> None:
    first = Evidence("cheer", "1", "100", Source.BITS, NOW)
    soon = Evidence("cheer", "1", "100", Source.CHAT, NOW + WITHIN)
    late = Evidence("cheer", "1", "100", Source.CHAT, NOW + WITHIN + timedelta(seconds=1))
    assert len(claimed([first, soon])) == 1
    assert len(claimed([first, late])) == 2


def test_a_kind_that_one_event_alone_tells_of_needs_no_claim() -> None:
    assert evidence_of(Follow("f", ALICE, NOW)) is None
    assert evidence_of(Sub("joystick:sub:1", ALICE, NOW)) is None
    anonymous = evidence_of(Cheer("c", None, NOW, 5, source=Source.BITS))
    assert anonymous is not None
    assert anonymous.person == ""


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
