"""What chat hears of endings: every buyer by name, and no message longer than chat takes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pixel_bot.clock import EPOCH
from pixel_bot.queue.refund_notifier import MENTIONS, MESSAGE_LENGTH, messages
from pixel_bot.redeems.queue_items import Item
from pixel_bot.redeems.unannounced import UnannouncedResult
from pixel_bot.texts import fit

AWAY = "The overlay was away for too long."


def ending(number: int, note: str, *, status: str = "failed", buyer: str = "", back: int = 15) -> UnannouncedResult:
    """An item that ended, with words on it."""
    item = Item(
        id=number,
        kind="effect",
        status=status,
        track="sound",
        redeem="hydrate",
        user_id=number,
        buyer=buyer or f"viewer{number}",
        cost=back,
        token=f"token{number}",
        payload={},
        attempts=0,
        created_at=EPOCH,
        page=None,
        begun_at=None,
        message_id=None,
        redemption=None,
    )
    return UnannouncedResult(item, note, back)


def covered(told: Sequence[tuple[str, list[int]]]) -> list[int]:
    """The ids of all items, in the order in which they are told."""
    return [number for _, ids in told for number in ids]


def test_gathered_sentences_stay_within_one_message() -> None:
    news = [ending(number, f"{number:02} " + "x" * 97, status="done") for number in range(10)]
    told = messages(news)
    assert [len(ids) for _, ids in told] == [4, 4, 2]
    assert covered(told) == list(range(10))
    assert all(len(words) <= MESSAGE_LENGTH and fit(words) == words for words, _ in told)
    assert all(news[number].note in words for words, ids in told for number in ids)


@pytest.mark.parametrize(("second", "count"), [(MESSAGE_LENGTH - 200 - 3, 1), (MESSAGE_LENGTH - 200 - 2, 2)])
def test_two_sentences_are_one_message_as_long_as_both_fit(second: int, count: int) -> None:
    told = messages([ending(1, "a" * 200, status="done"), ending(2, "b" * second, status="done")])
    assert len(told) == count
    assert covered(told) == [1, 2]


def test_one_sentence_mentions_so_many_and_no_more() -> None:
    told = messages([ending(number, AWAY) for number in range(MENTIONS + 2)])
    sentences = [sentence for words, _ in told for sentence in words.split(" · ")]
    assert [sentence.count("@") for sentence in sentences] == [MENTIONS, 2]


def test_refunds_of_people_with_long_names_are_told_whole() -> None:
    """Ten of the longest names in one message are more than chat takes, and the last ones would be cut off."""
    news = [ending(number, AWAY, buyer=f"{number:x<25}", back=1_000_000) for number in range(MENTIONS)]
    told = messages(news)
    assert covered(told) == list(range(MENTIONS))
    for words, ids in told:
        assert fit(words) == words
        assert len(words) <= MESSAGE_LENGTH
        assert all(f"@{news[number].item.buyer} (hydrate, 1000000 back)" in words for number in ids)


def test_a_reason_that_fills_a_message_is_told_to_each_buyer_by_name() -> None:
    told = messages([ending(number, "x" * MESSAGE_LENGTH) for number in range(2)])
    assert covered(told) == [0, 1]
    assert all(f"@viewer{number}" in words for number, (words, _) in enumerate(told))


def test_nothing_is_said_where_there_are_no_words_or_nobody_to_tell() -> None:
    nobody = UnannouncedResult(replace(ending(3, AWAY).item, buyer=""), AWAY, 0)
    assert messages([ending(1, "", status="done"), nobody]) == [("", [1, 3])]
    assert messages([]) == []


@pytest.mark.parametrize(
    ("back", "redemption", "alone", "together"),
    [
        (15, None, " Your 15 points are back.", ", 15 back"),
        (1, None, " Your 1 point is back.", ", 1 back"),
        (0, None, "", ""),
        (0, "r1", " Your channel points are back.", ", channel points back"),
    ],
)
def test_each_hears_what_is_back(back: int, redemption: str | None, alone: str, together: str) -> None:
    first, second = (
        UnannouncedResult(replace(ending(number, AWAY).item, redemption=redemption), AWAY, back) for number in range(2)
    )
    assert messages([first]) == [(f"@viewer0 hydrate: {AWAY}{alone}", [0])]
    both = f"{AWAY} Refunded: @viewer0 (hydrate{together}), @viewer1 (hydrate{together})."
    assert messages([first, second]) == [(both, [0, 1])]


@pytest.mark.parametrize(("more", "parts"), [(0, [2]), (1, [1, 1])])
def test_a_sentence_is_as_long_as_a_message_may_be(more: int, parts: list[int]) -> None:
    reason = "x" * (MESSAGE_LENGTH + more - len(" Refunded: @viewer0 (hydrate, 15 back), @viewer1 (hydrate, 15 back)."))
    told = messages([ending(number, reason) for number in range(2)])
    assert [len(ids) for _, ids in told] == parts
