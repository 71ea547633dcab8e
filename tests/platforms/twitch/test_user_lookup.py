"""Accounts are looked up at Twitch, and never often."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from pixel_bot.accounts.people import CannotAsk
from pixel_bot.platforms.twitch import user_lookup as module
from pixel_bot.platforms.twitch.helix import HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import Row, User
from pixel_bot.platforms.twitch.user_lookup import AWAY, BUSY, NOT_SIGNED_IN, REFUSED, UserLookup, person_of
from pixel_bot.sandbox.twitch.users import LURKER, sandbox_user
from pixel_bot.testing import SettableClock
from pixel_bot.testing.twitch_users import FakeUsersApi, rows_as
from tests.harness.rounds import modest, rounds

R = TypeVar("R", bound=Row)

MOST = 60
"""Requests a minute, whatever is typed."""


class Api(FakeUsersApi):
    """Twitch, with a gate in front, and a name that it cannot read."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.unreadable = ""

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """As Twitch does."""
        rows = await super().get(path, role, row, **params)
        await self.open.wait()
        if self.unreadable in params.get("login", ()):
            raise HelixError(400, "Invalid login names, emails or IDs in request")
        return rows


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def lookup(api: Api, clock: SettableClock) -> AsyncGenerator[UserLookup]:
    made = UserLookup(api, api.role, clock)
    yield made
    await made.close()


async def outcome(lookup: UserLookup, login: str) -> str | None:
    """The id of an account, None for nobody, or why Twitch was not asked."""
    try:
        person = await lookup.of_login(login)
    except CannotAsk as exc:
        return str(exc)
    return None if person is None else person.platform_id


async def test_somebody_and_nobody(lookup: UserLookup, api: Api) -> None:
    person = await lookup.of_login("lurker_louise")
    assert person == (LURKER.id, "lurker_louise", "Lurker_Louise", "twitch")
    assert await lookup.of_id(LURKER.id) == person
    assert await lookup.of_login("nobody") is None
    assert await lookup.of_id("1") is None
    assert api.requests == [["lurker_louise"], [LURKER.id], ["nobody"], ["1"]]


# The budget


async def test_ten_thousand_names_at_once(lookup: UserLookup, api: Api, clock: SettableClock) -> None:
    names = [f"name_{i}" for i in range(10_000)]
    found = await asyncio.gather(*(outcome(lookup, name) for name in names))
    assert len(api.requests) <= MOST
    assert set(found) == {None, BUSY}
    assert all(len(request) <= 100 for request in api.requests)
    clock.advance(60)
    assert await outcome(lookup, "lurker_louise") == LURKER.id


async def test_ten_thousand_names_one_after_another(lookup: UserLookup, api: Api, clock: SettableClock) -> None:
    for i in range(10_000):
        clock.advance(0.006)
        await outcome(lookup, f"name_{i}")
    assert 0 < len(api.requests) <= MOST


async def test_ten_thousand_names_while_twitch_fails(lookup: UserLookup, api: Api, clock: SettableClock) -> None:
    api.failure = HelixError(503, "away")
    for i in range(10_000):
        clock.advance(0.006)
        assert await outcome(lookup, f"name_{i}") == AWAY
    assert len(api.requests) * 3 <= MOST, "each request is tried three times"


@settings(modest, max_examples=rounds(8))
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 80), st.sampled_from([0, 0, 0, 400, 503])), max_size=60))
async def test_no_minute_has_more(steps: list[tuple[int, int, int]]) -> None:
    clock, api = SettableClock(), Api()
    lookup = UserLookup(api, api.role, clock)
    sent: list[float] = []
    start = clock.now()
    for step, (tenths, names, failure) in enumerate(steps):
        clock.advance(tenths / 10)
        api.failure = HelixError(failure, "no") if failure else None
        before = len(api.requests)
        found = await asyncio.gather(*(outcome(lookup, f"n{step}_{i}") for i in range(names)))
        assert len(found) == names
        sent += [(clock.now() - start).total_seconds()] * (len(api.requests) - before)
    await lookup.close()
    for at in sent:
        assert sum(at - 60 < other <= at for other in sent) <= module.REQUESTS_A_MINUTE


async def test_mentions_leave_room_for_mods(lookup: UserLookup, api: Api) -> None:
    for i in range(200):
        with suppress(CannotAsk):
            assert await lookup.of_id(f"{i}") is None
    assert len(api.requests) == module.MOST_FOR_IDS
    assert await outcome(lookup, "lurker_louise") == LURKER.id


# One at a time


async def test_a_name_is_asked_for_once(lookup: UserLookup, api: Api) -> None:
    api.open.clear()
    asking = [asyncio.create_task(outcome(lookup, "lurker_louise")) for _ in range(100)]
    late = [asyncio.create_task(outcome(lookup, f"late_{i}")) for i in range(150)]
    await asyncio.sleep(0)
    api.open.set()
    assert set(await asyncio.gather(*asking, *late)) == {LURKER.id, None}
    assert sum("lurker_louise" in request for request in api.requests) == 1
    assert len(api.requests) <= 3


async def test_what_comes_during_a_request_goes_into_the_next(lookup: UserLookup, api: Api) -> None:
    api.open.clear()
    first = asyncio.create_task(outcome(lookup, "first"))
    while not api.requests:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(outcome(lookup, f"name_{i}")) for i in range(100)]
    await asyncio.sleep(0)
    api.open.set()
    await asyncio.gather(first, *rest)
    assert [len(request) for request in api.requests] == [1, 100]


async def test_nobody_is_remembered_for_a_minute(lookup: UserLookup, api: Api, clock: SettableClock) -> None:
    assert await outcome(lookup, "newcomer") is None
    who = api.accounts.settle(sandbox_user("newcomer"))
    clock.advance(59)
    assert await outcome(lookup, "newcomer") is None
    assert len(api.requests) == 1
    clock.advance(1)
    assert await outcome(lookup, "newcomer") == who.id


async def test_somebody_is_remembered_until_they_are_written_down(
    lookup: UserLookup, api: Api, clock: SettableClock
) -> None:
    for _ in range(3):
        assert await outcome(lookup, "lurker_louise") == LURKER.id
    assert len(api.requests) == 1
    api.accounts.rename(LURKER, "loud_louise")
    clock.advance(10)
    assert await outcome(lookup, "lurker_louise") is None


async def test_a_clock_that_is_set_back_locks_nobody_out(lookup: UserLookup, api: Api, clock: SettableClock) -> None:
    for i in range(40):
        await outcome(lookup, f"name_{i}")
    api.failure = HelixError(503, "away")
    clock.advance(60)
    assert await outcome(lookup, "name_50") == AWAY
    clock.advance(-7_200)
    api.failure = None
    assert await outcome(lookup, "name_50") is None
    assert await outcome(lookup, "lurker_louise") == LURKER.id


# What goes wrong


async def test_one_name_that_twitch_cannot_read_costs_the_others_nothing(lookup: UserLookup, api: Api) -> None:
    api.unreadable = "_"
    names = [f"name_{i}" for i in range(40)] + ["_", "lurker_louise"]
    found = await asyncio.gather(*(outcome(lookup, name) for name in names))
    assert found == [None] * 41 + [LURKER.id]
    assert len(api.requests) < 15


def not_signed_in(api: Api) -> None:
    api.is_signed_in = False


def failing(status: int) -> Callable[[Api], None]:
    def fail(api: Api) -> None:
        api.failure = HelixError(status, "no")

    return fail


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (failing(0), AWAY),
        (failing(429), AWAY),
        (failing(500), AWAY),
        (failing(401), NOT_SIGNED_IN),
        (failing(403), REFUSED),
        (not_signed_in, NOT_SIGNED_IN),
    ],
)
async def test_it_is_said_why_not(
    lookup: UserLookup, api: Api, clock: SettableClock, fault: Callable[[Api], None], sentence: str
) -> None:
    fault(api)
    assert await outcome(lookup, "lurker_louise") == sentence
    api.failure, api.is_signed_in = None, True
    clock.advance(10)
    assert await outcome(lookup, "lurker_louise") == LURKER.id


async def test_a_command_does_not_wait_for_ever(lookup: UserLookup, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    api.open.clear()
    assert await outcome(lookup, "lurker_louise") == AWAY
    api.open.set()
    monkeypatch.setattr(module, "WAIT_SECONDS", 10.0)
    assert await outcome(lookup, "lurker_louise") == LURKER.id
    assert len(api.requests) == 1, "the answer of the first request still counts"


async def test_the_end_of_the_bot_ends_the_wait(lookup: UserLookup, api: Api) -> None:
    api.open.clear()
    asking = asyncio.create_task(outcome(lookup, "lurker_louise"))
    while not api.requests:
        await asyncio.sleep(0)
    await lookup.close()
    assert await asking == AWAY


@pytest.mark.parametrize(
    "row", [{}, {"id": 5, "login": "a"}, {"id": "5"}, {"id": "", "login": "a"}, {"id": "5", "login": ""}]
)
def test_a_row_that_cannot_be_read_is_nobody(row: dict[str, Any]) -> None:
    assert rows_as(User, [row]) == []


def test_a_row_without_a_display_name_shows_the_login() -> None:
    assert person_of(User("5", "Bob", "")) == ("5", "bob", "Bob", "twitch")
