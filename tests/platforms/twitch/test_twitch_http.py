"""Requests to Twitch: with which token, and when they are made again. The wire is scripted, all above it is real."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict
from twitchio import HTTPException
from twitchio.http import Route

from pixel_bot.logs import hide
from pixel_bot.platforms.twitch.accounts import Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import HelixError, TwitchHelix
from pixel_bot.platforms.twitch.http import LONGEST_PAUSE, TRIES, TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth, OAuthError, UnknownApp
from pixel_bot.platforms.twitch.token_refresh import TokenRefresh
from pixel_bot.platforms.wire import MOST_BYTES, Answer, NoAnswer, Wire, message_of

BOT = TwitchAccount("bot", "1", "bot", "Bot", frozenset(), Tokens("access-1", "refresh-1"))
FINE: Mapping[str, Any] = {"data": [{"id": "x"}]}


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """What Twitch answers; an error has its message."""
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CIMultiDict(pairs), {"message": body} if isinstance(body, str) else body)


def granted(number: int) -> Answer:
    """New tokens of a user, or of the application."""
    return answer(200, {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 9})


@dataclass
class Script(Wire):
    """Answers as a test wants it: those of the sign-in server, and those of the API, each in order."""

    session: aiohttp.ClientSession
    sign_in: list[Answer | None] = field(default_factory=list[Answer | None])
    api: list[Answer | None] = field(default_factory=list[Answer | None])
    grants: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    """The parameters of each request for tokens."""
    tokens: list[str] = field(default_factory=list[str])
    """What each request to the API was signed with."""
    good: set[str] = field(default_factory=set[str])
    """Where it is not empty, all but these tokens are answered 401."""
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, the sign-in server thinks."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        timeout: Any = None,
    ) -> Answer:
        if "oauth2/token" in url:
            self.grants.append(params or {})
            await self.hold.wait()
            return self._next(self.sign_in)
        if "oauth2/" in url:
            return self._next(self.sign_in)
        token = (headers or {})["Authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        await asyncio.sleep(0)
        if self.good and token not in self.good:
            return answer(401, "Invalid OAuth token")
        return self._next(self.api) if self.api else answer(200, FINE)

    def _next(self, answers: list[Answer | None]) -> Answer:
        if (given := answers.pop(0)) is None:
            raise NoAnswer("nobody there")
        return given


class Bench:
    """Requests over a scripted wire; pauses are noted and not waited for."""

    def __init__(self, wire: Script) -> None:
        self.wire = wire
        self.pauses: list[float] = []
        self.accounts = Accounts()
        self.oauth = OAuth(wire, "https://id.example/", "https://api.example/", "client", "a-secret-of-ours")
        self.http = TwitchHttp("client", self.accounts, self.oauth, wire, self._pause)
        wire.hold.set()

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def ask(self, method: Any = "GET", who: str = "bot") -> Any:
        return await self.http.request(Route(method, "streams", token_for=who))

    @property
    def asked(self) -> int:
        return len(self.wire.tokens)


@pytest.fixture
async def bench() -> AsyncGenerator[Bench]:
    async with aiohttp.ClientSession() as session:
        built = Bench(Script(session))
        await built.accounts.sign_in(BOT)
        yield built


def final(status: int = 400) -> Answer:
    return answer(status, "Invalid refresh token")


# Tokens


async def test_a_request_carries_the_token_of_its_role(bench: Bench) -> None:
    bench.wire.sign_in = [granted(7)]
    assert await bench.ask() == FINE
    assert await bench.ask(who="1") == FINE
    assert await bench.ask(who="None") == FINE
    assert bench.wire.tokens == ["access-1", "access-1", "access-7"]


async def test_a_token_that_is_worth_nothing_is_renewed_once_and_kept(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    assert await bench.ask() == FINE
    assert await bench.ask() == FINE
    assert bench.wire.tokens == ["access-1", "access-2", "access-2"]
    assert [grant["refresh_token"] for grant in bench.wire.grants] == ["refresh-1"]
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")
    assert bench.pauses == []


async def test_twenty_requests_at_once_renew_once(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    assert await asyncio.gather(*(bench.ask() for _ in range(20))) == [FINE] * 20
    assert len(bench.wire.grants) == 1
    assert bench.asked == 40


async def test_who_hears_late_that_the_token_is_worth_nothing_takes_the_new_one(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [granted(2)]
    await bench.http.renew("bot", "access-1")
    await bench.http.renew("bot", "access-1")
    assert len(bench.wire.grants) == 1


async def test_the_hourly_check_and_a_request_share_one_renewal(bench: Bench) -> None:
    bench.wire.sign_in = [granted(9)]
    assert await bench.http.check_app()
    bench.wire.grants.clear()
    bench.wire.good = {"access-2"}
    bench.wire.hold.clear()
    expired = answer(200, {"user_id": "1", "login": "bot", "scopes": [], "expires_in": 5})
    bench.wire.sign_in = [expired, granted(2), final()]
    care = asyncio.create_task(TokenRefresh(bench.accounts, bench.oauth, bench.http).run())
    asking = asyncio.create_task(bench.ask())
    while not bench.wire.grants or not bench.asked:
        await asyncio.sleep(0)
    bench.wire.hold.set()
    assert await asking == FINE
    care.cancel()
    await asyncio.gather(care, return_exceptions=True)
    assert len(bench.wire.grants) == 1
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")


async def test_new_tokens_are_kept_also_where_the_request_was_given_up(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.hold.clear()
    bench.wire.sign_in = [granted(2)]
    asking = asyncio.create_task(bench.ask())
    while not bench.wire.grants:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    bench.wire.hold.set()
    assert await bench.ask() == FINE
    assert len(bench.wire.grants) == 1
    assert bench.accounts.tokens_of("bot") == Tokens("access-2", "refresh-2")


async def test_a_token_that_is_refused_also_when_new_is_no_reason_for_another_one(bench: Bench) -> None:
    bench.wire.good = {"access-3"}
    bench.wire.sign_in = [granted(2)]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert refused.value.status == 401
    assert len(bench.wire.grants) == 1


async def test_a_missing_scope_is_no_reason_to_renew(bench: Bench) -> None:
    bench.wire.api = [answer(401, "Missing scope: bits:read")]
    with pytest.raises(HTTPException) as refused:
        await bench.ask()
    assert refused.value.extra == {"message": "Missing scope: bits:read"}
    assert bench.wire.grants == []


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_where_the_renewal_is_refused_the_sign_in_is_over(bench: Bench, status: int) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [final(status)]
    with pytest.raises(HTTPException):
        await bench.ask()
    assert bench.accounts.get("bot") is not None
    assert bench.accounts.tokens_of("bot") is None
    with pytest.raises(HTTPException, match="401"):
        await bench.ask()
    assert (bench.asked, len(bench.wire.grants)) == (1, 1)


@pytest.mark.parametrize("away", [None, answer(500, "oops"), answer(200, {"access_token": None}), answer(200, [1])])
async def test_where_the_sign_in_server_is_away_nobody_is_signed_out(bench: Bench, away: Answer | None) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [away, granted(2)]
    with pytest.raises(NoAnswer):
        await bench.ask()
    assert bench.accounts.tokens_of("bot") == BOT.tokens
    assert await bench.ask() == FINE


async def test_a_wrong_client_secret_signs_nobody_out_and_is_over_when_it_is_right(bench: Bench) -> None:
    bench.wire.good = {"access-2"}
    bench.wire.sign_in = [answer(403, "invalid client secret"), granted(2)]
    with pytest.raises(HTTPException):
        await bench.ask()
    assert bench.accounts.tokens_of("bot") == BOT.tokens
    assert "TWITCH_CLIENT_SECRET" in bench.http.app_problem
    assert await bench.ask() == FINE
    assert bench.http.app_problem == ""


async def test_the_token_of_the_application_is_fetched_once_and_renewed_like_others(bench: Bench) -> None:
    bench.wire.sign_in = [granted(5), granted(6)]
    await asyncio.gather(*(bench.ask(who="") for _ in range(5)))
    assert [grant["grant_type"] for grant in bench.wire.grants] == ["client_credentials"]
    bench.wire.good = {"access-6"}
    await asyncio.gather(*(bench.ask(who="") for _ in range(5)))
    assert len(bench.wire.grants) == 2


async def test_nobody_asks_for_somebody_who_is_not_signed_in(bench: Bench) -> None:
    for who in ("broadcaster", "12345"):
        with pytest.raises(HTTPException, match="401"):
            await bench.ask(who=who)
    assert bench.asked == 0


# Again, and when


@pytest.mark.parametrize("name", ["Ratelimit-Reset", "ratelimit-reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_after_too_many_requests_it_waits_until_twitch_says_and_no_longer(
    bench: Bench, method: str, name: str
) -> None:
    bench.wire.api = [Answer(429, CIMultiDict({name: f"{time.time() + 12:.3f}"}), {}), answer(200, FINE)]
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


# Answers that are none


@pytest.mark.parametrize("body", ["<html>", 5, ["a"], None, True])
async def test_an_answer_that_is_no_object_is_none(bench: Bench, body: Any) -> None:
    bench.wire.api = [Answer(200, {}, body)]
    with pytest.raises(NoAnswer):
        await bench.ask()


async def test_an_empty_answer_is_fine(bench: Bench) -> None:
    bench.wire.api = [Answer(204, {}, ""), Answer(202, {}, "")]
    assert await bench.ask("DELETE") is None
    assert await bench.ask("POST") is None


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": "x"}])
async def test_rows_that_cannot_be_read_are_not_taken_for_none(bench: Bench, body: Any) -> None:
    bench.wire.api = [answer(200, body)]
    with pytest.raises(HelixError) as refused:
        await TwitchHelix(bench.http).get("streams", "bot")
    assert refused.value.may_pass


async def test_rows_of_all_pages_come_back_and_what_is_no_row_is_left_out(bench: Bench) -> None:
    bench.wire.api = [
        answer(200, {"data": [{"id": 1}, "x", None], "pagination": {"cursor": "next"}}),
        answer(200, {"data": [{"id": 2}], "pagination": {"cursor": 5}}),
    ]
    assert await TwitchHelix(bench.http).get("streams", "bot") == [{"id": 1}, {"id": 2}]


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
    bench.wire.sign_in = [Answer(200, {}, body)]
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


# The wire itself


@pytest.fixture
async def server() -> AsyncGenerator[str]:
    """Answers in small pieces, or with more than anybody wants."""

    async def pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b'{"data": [', b'{"id": "1"}', b"]}"):
            await response.write(piece)
            await asyncio.sleep(0.01)
        return response

    async def huge(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MOST_BYTES + 1))

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/pieces")

    app = web.Application()
    app.add_routes([web.get("/pieces", pieces), web.get("/huge", huge), web.get("/moved", moved)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    built = Wire(aiohttp.ClientTimeout(total=1))
    yield built
    await built.close()


async def test_an_answer_that_comes_in_pieces_is_read_whole(wire: Wire, server: str) -> None:
    assert (await wire.send("GET", f"{server}/pieces")).body == {"data": [{"id": "1"}]}


async def test_an_answer_without_end_is_none(wire: Wire, server: str) -> None:
    with pytest.raises(NoAnswer):
        await wire.send("GET", f"{server}/huge")


async def test_nobody_is_led_elsewhere(wire: Wire, server: str) -> None:
    assert (await wire.send("GET", f"{server}/moved")).status == 302


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/?client_secret=hush", "nonsense", "http://[bad/", "ftp://x/"])
async def test_an_address_that_leads_nowhere_is_no_answer_and_is_not_repeated(wire: Wire, url: str) -> None:
    with pytest.raises(NoAnswer) as failed:
        await wire.send("GET", url)
    assert failed.value.__context__ is None
    assert url not in str(failed.value)


def test_a_secret_at_the_edge_of_a_message_is_hidden_all_the_same() -> None:
    hide("edge-of-a-message")
    words = message_of({"message": "." * 290 + "edge-of-a-message"})
    assert "edge" not in words
