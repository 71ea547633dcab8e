"""Requests to Twitch that are made again, and when."""

import time

import pytest
from multidict import CIMultiDict
from twitchio import HTTPException

from pixel_bot.platforms.twitch.http import LONGEST_PAUSE, TRIES
from pixel_bot.platforms.wire import Answer, NoAnswer
from tests.platforms.twitch.http.bench import FINE, Bench, answer


@pytest.mark.parametrize("name", ["Ratelimit-Reset", "ratelimit-reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_after_too_many_requests_it_waits_until_twitch_says_and_no_longer(
    bench: Bench, method: str, name: str
) -> None:
    bench.wire.api = [Answer(429, CIMultiDict({name: f"{time.time() + 12:.3f}"}), b"{}"), answer(200, FINE)]
    assert await bench.ask(method) == FINE
    assert bench.pauses == [pytest.approx(12, abs=0.5)]


async def test_a_moment_that_has_passed_costs_a_tenth_of_a_second(bench: Bench) -> None:
    bench.wire.api = [answer(429, Ratelimit_Reset=str(int(time.time()) - 5)), answer(200, FINE)]
    await bench.ask()
    assert bench.pauses == [0.1]


@pytest.mark.parametrize("reset", ["later", "inf", "nan", "1e99"])
async def test_a_moment_too_far_away_is_not_waited_for(bench: Bench, reset: str) -> None:
    # From now, and not from when the tests were collected, which may be long ago.
    moment = str(int(time.time() + LONGEST_PAUSE) + 600) if reset == "later" else reset
    bench.wire.api = [answer(429, "slow down", Ratelimit_Reset=moment)]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert (refused.value.status, bench.pauses) == (429, [])


@pytest.mark.parametrize("reset", [{}, {"Ratelimit_Reset": "soon"}, {"Ratelimit_Reset": ""}])
async def test_without_a_moment_the_pauses_grow(bench: Bench, reset: dict[str, str]) -> None:
    bench.wire.api = [answer(429, **reset), answer(429, **reset), answer(429, **reset)]
    with pytest.raises(HTTPException):
        await bench.ask("POST")
    assert bench.asked == TRIES
    assert bench.pauses == [pytest.approx(0.5, rel=0.2), pytest.approx(1, rel=0.2)]


@pytest.mark.parametrize("fault", [answer(500), answer(502), answer(503), answer(504), None])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_may_be_sent_twice_is_sent_again(bench: Bench, method: str, fault: Answer | None) -> None:
    bench.wire.api = [fault, fault, answer(200, FINE)]
    assert await bench.ask(method) == FINE
    assert bench.asked == TRIES


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("fault", [answer(500), answer(502), answer(504), None])
async def test_what_may_have_arrived_is_not_sent_again(bench: Bench, method: str, fault: Answer | None) -> None:
    bench.wire.api = [fault]
    with pytest.raises(NoAnswer if fault is None else HTTPException):
        await bench.ask(method)
    assert bench.asked == 1


async def test_503_says_that_it_was_not_worked(bench: Bench) -> None:
    bench.wire.api = [answer(503), answer(200, FINE)]
    assert await bench.ask("POST") == FINE


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
async def test_a_no_is_a_no(bench: Bench, status: int) -> None:
    bench.wire.api = [answer(status, "no")]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert (refused.value.status, bench.asked, bench.pauses) == (status, 1, [])
