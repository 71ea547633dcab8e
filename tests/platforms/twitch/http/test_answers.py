"""Answers of Twitch that cannot be read."""

from typing import Any

import pytest

from pixel_bot.platforms.twitch.helix import HelixError, TwitchHelix, UnreadableAnswer
from pixel_bot.platforms.twitch.helix_structs import Row, StreamRow
from pixel_bot.platforms.twitch.oauth import OAuthError, UnknownApp
from pixel_bot.platforms.wire import Answer, NoAnswer
from tests.platforms.twitch.http.bench import Bench, answer, raw


class Numbered(Row):
    """A row with a number."""

    id: int


@pytest.mark.parametrize("body", ["<html>", 5, ["a"], None, True])
async def test_an_answer_that_is_no_object_is_none(bench: Bench, body: Any) -> None:
    bench.wire.api = [Answer(200, {}, raw(body))]
    with pytest.raises(NoAnswer):
        await bench.ask()


async def test_an_empty_answer_is_fine(bench: Bench) -> None:
    bench.wire.api = [Answer(204, {}, b""), Answer(202, {}, b"")]
    assert await bench.ask("DELETE") is None
    assert await bench.ask("POST") is None


@pytest.mark.parametrize("body", ["<html>", 5, ["a"], None, True])
async def test_a_change_that_is_answered_with_anything_but_an_object_may_not_be_made(bench: Bench, body: Any) -> None:
    bench.wire.api = [Answer(200, {}, raw(body))]
    with pytest.raises(HelixError) as refused:
        await TwitchHelix(bench.http).call("PATCH", "streams", "bot", {})
    assert refused.value.may_pass
    for empty in (Answer(204, {}, b""), Answer(200, {}, b""), answer(200, {})):
        bench.wire.api = [empty]
        await TwitchHelix(bench.http).call("PATCH", "streams", "bot", {})


@pytest.mark.parametrize("data", [[], [{}], [{"id": "x"}], ["x"], None])
async def test_what_was_made_has_an_id(bench: Bench, data: Any) -> None:
    bench.wire.api = [answer(200, {"data": data})]
    with pytest.raises(UnreadableAnswer):
        await TwitchHelix(bench.http).create("streams", "bot", Numbered, {})
    bench.wire.api = [answer(200, {"data": [{"id": 1}]})]
    assert await TwitchHelix(bench.http).create("streams", "bot", Numbered, {}) == Numbered(1)


@pytest.mark.parametrize("row", [{}, {"id": 5, "started_at": "x"}, {"id": "5", "started_at": None}, "x", None])
async def test_a_stream_that_cannot_be_read_is_not_taken_for_none(bench: Bench, row: Any) -> None:
    bench.wire.api = [answer(200, {"data": [row], "pagination": {}})]
    with pytest.raises(UnreadableAnswer):
        await TwitchHelix(bench.http).get("streams", "bot", StreamRow)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": "x"}])
async def test_rows_that_cannot_be_read_are_not_taken_for_none(bench: Bench, body: Any) -> None:
    bench.wire.api = [answer(200, body)]
    with pytest.raises(HelixError) as refused:
        await TwitchHelix(bench.http).get("streams", "bot", Numbered)
    assert refused.value.may_pass


async def test_rows_of_all_pages_come_back_and_what_is_no_row_is_left_out(bench: Bench) -> None:
    bench.wire.api = [
        answer(200, {"data": [{"id": 1}, "x", None], "pagination": {"cursor": "next"}}),
        answer(200, {"data": [{"id": 2}], "pagination": {"cursor": 5}}),
    ]
    assert await TwitchHelix(bench.http).get("streams", "bot", Numbered) == [Numbered(1), Numbered(2)]


@pytest.mark.parametrize(
    "more",
    [{"scopes": 5}, {"scopes": "a b"}, {"scopes": None}, {"expires_in": "soon"}, {"expires_in": [1]}, {}],
)
async def test_odd_words_on_a_token_end_nothing(bench: Bench, more: dict[str, Any]) -> None:
    bench.wire.sign_in = [answer(200, {"user_id": "1", "login": "bot", **more})]
    identity = await bench.oauth.validate("access-1")
    assert (identity.scopes, identity.expires_in) == (frozenset(), 0)


@pytest.mark.parametrize("body", [{}, {"user_id": 1, "login": "bot"}, {"user_id": "1", "login": None}, "x", None, []])
async def test_nobody_is_taken_for_somebody(bench: Bench, body: Any) -> None:
    bench.wire.sign_in = [Answer(200, {}, raw(body))]
    with pytest.raises(OAuthError) as refused:
        await bench.oauth.validate("access-1")
    assert not refused.value.final


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [(403, "invalid client secret", UnknownApp), (400, "invalid client", UnknownApp), (500, "client", OAuthError)],
)
async def test_who_is_not_known(bench: Bench, status: int, words: str, kind: type[OAuthError]) -> None:
    bench.wire.sign_in = [answer(status, words)]
    with pytest.raises(OAuthError) as refused:
        await bench.oauth.app_token()
    assert type(refused.value) is kind
