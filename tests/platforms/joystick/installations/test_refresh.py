"""Access tokens of Joystick: when they are refreshed, and what a refused refresh means."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError

from pixel_bot.db.engine import Database
from pixel_bot.platforms.joystick.installation_store import InstallationStore
from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.platforms.joystick.oauth import UNKNOWN_APP
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    BASIC,
    CHANNEL,
    STREAMER,
    Server,
    grant,
)
from tests.platforms.joystick.installations.installation_helpers import GONE, IDENTITY, TOKEN, rows, tokens


def outcome(results: list[Any]) -> list[str]:
    return [result if isinstance(result, str) else type(result).__name__ for result in results]


# Fresh tokens


async def test_a_token_is_used_until_a_minute_before_its_end(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    clock.advance(864_000 - 61)
    assert await platform.installations.token() == "access-0"
    clock.advance(1)
    assert await platform.installations.token() == "access-1"
    assert joystick.times(TOKEN) == 1


async def test_ten_callers_one_refresh(joystick: Server, platform: JoystickPlatform, clock: SettableClock) -> None:
    clock.advance(864_000)
    found = await asyncio.gather(*(platform.installations.token() for _ in range(10)))
    assert found == ["access-1"] * 10
    assert joystick.times(TOKEN) == 1


async def test_ten_requests_with_a_bad_token_cause_one_refresh(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers[IDENTITY] = [(401, {})] * 10
    found = await asyncio.gather(*(platform.api.identity() for _ in range(10)))
    assert {identity.username for identity in found} == {STREAMER}
    assert (joystick.times(TOKEN), joystick.times(IDENTITY)) == (1, 20)


async def test_an_old_token_leads_to_the_new_one(joystick: Server, platform: JoystickPlatform) -> None:
    assert await platform.installations.refresh("access-0") == "access-1"
    assert await platform.installations.refresh("access-0") == "access-1"
    assert joystick.times(TOKEN) == 1


async def test_the_new_pair_is_in_the_database_before_it_is_used(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock, monkeypatch: Any
) -> None:
    seen: list[tuple[str, tuple[str | None, str | None]]] = []
    usual = joystick._usual

    async def look(path: str, request: web.Request) -> Any:
        if path == IDENTITY:
            seen.append((request.headers["Authorization"], await tokens(database)))
        return await usual(path, request)

    monkeypatch.setattr(joystick, "_usual", look)
    clock.advance(864_000)
    await platform.api.identity()
    assert seen == [("Bearer access-1", ("access-1", "refresh-1"))]


async def test_what_is_sent_for_a_refresh(joystick: Server, platform: JoystickPlatform, monkeypatch: Any) -> None:
    sent: list[Any] = []
    usual = joystick._usual

    async def look(path: str, request: web.Request) -> Any:
        sent.append((dict(await request.post()), request.headers["Authorization"], request.headers["Accept"]))
        return await usual(path, request)

    monkeypatch.setattr(joystick, "_usual", look)
    await platform.installations.refresh("access-0")
    assert sent == [
        ({"grant_type": "refresh_token", "refresh_token": "refresh-0"}, f"Basic {BASIC}", "application/json")
    ]


async def test_a_server_that_gives_no_new_refresh_token_leaves_the_old_one(
    joystick: Server, platform: JoystickPlatform, database: Database
) -> None:
    joystick.answers[TOKEN] = [(200, {"access_token": "access-9", "expires_in": 864_000})]
    await platform.installations.refresh("access-0")
    assert await tokens(database) == ("access-9", "refresh-0")


async def test_who_gives_up_waiting_does_not_lose_the_new_pair(
    joystick: Server, platform: JoystickPlatform, database: Database, monkeypatch: Any
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    usual = joystick._usual

    async def slow(path: str, request: web.Request) -> Any:
        asked.set()
        await go_on.wait()
        return await usual(path, request)

    monkeypatch.setattr(joystick, "_usual", slow)
    waiting = [asyncio.create_task(platform.installations.refresh("access-0")) for _ in range(3)]
    await asked.wait()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    closing = asyncio.create_task(platform.close())
    await asyncio.sleep(0.05)
    assert not closing.done(), "the end waits for the pair: tomorrow it is the only one that works"
    go_on.set()
    await closing
    assert await tokens(database) == ("access-1", "refresh-1")


async def test_a_pair_that_cannot_be_written_is_given_to_nobody_before_it_is(
    joystick: Server, platform: JoystickPlatform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = InstallationStore.keep

    async def full(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(InstallationStore, "keep", full)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            await platform.installations.refresh("access-0")
        with pytest.raises(NoAnswer):
            await platform.installations.token()
    monkeypatch.setattr(InstallationStore, "keep", keep)
    assert await platform.installations.token() == "access-1"
    assert await tokens(database) == ("access-1", "refresh-1")
    assert joystick.times(TOKEN) == 1


# When a refresh fails


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (503, "down"), (429, {}), (404, {}), (200, "hello"), (200, []), (200, {}), (200, {"access_token": 7})],
)
async def test_a_refresh_that_fails_for_now_can_work_later(
    joystick: Server, platform: JoystickPlatform, database: Database, answer: Any
) -> None:
    joystick.answers[TOKEN] = [answer]
    results = await asyncio.gather(
        *(platform.installations.refresh("access-0") for _ in range(10)), return_exceptions=True
    )
    assert outcome(results) == ["NoAnswer"] * 10
    assert joystick.times(TOKEN) == 1, "ten who wait together fail together"
    assert await tokens(database) == ("access-0", "refresh-0")
    assert await platform.installations.refresh("access-0") == "access-1"


async def test_an_expired_token_is_not_used_while_it_cannot_be_renewed(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    clock.advance(864_000)
    joystick.answers[TOKEN] = [(500, {})]
    with pytest.raises(NoAnswer):
        await platform.api.identity()
    assert joystick.times(IDENTITY) == 0


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_refresh_is_the_end_and_says_so(
    joystick: Server, platform: JoystickPlatform, database: Database, status: int
) -> None:
    told: list[bool] = []
    platform.installations.changed.add(lambda: told.append(True))
    change = platform.installations.next_change()
    joystick.answers[TOKEN] = [(status, {"error": "invalid_grant"})]
    results = await asyncio.gather(
        *(platform.installations.refresh("access-0") for _ in range(10)), return_exceptions=True
    )
    assert outcome(results) == ["NotInstalled"] * 10
    assert str(results[0]) == WITHDRAWN
    (row,) = await rows(database)
    assert (row.access_token, row.refresh_token, row.problem) == ("", None, WITHDRAWN)
    assert platform.problems() == [WITHDRAWN]
    assert told
    assert change.done()
    asked = len(joystick.requests)
    for work in (platform.installations.token, platform.api.identity, platform.monitor.check):
        with pytest.raises(NotInstalled, match="withdrawn"):
            await work()
    assert len(joystick.requests) == asked


async def test_a_bot_without_a_refresh_token_is_asked_for_again(
    joystick: Server, empty: JoystickPlatform, clock: SettableClock
) -> None:
    await empty.installations.keep(replace(grant(clock), refresh=""), CHANNEL, STREAMER, pending=False)
    with pytest.raises(NotInstalled):
        await empty.installations.refresh("access-0")
    assert joystick.times(TOKEN) == 0


@pytest.mark.parametrize("word", ["invalid_client", "unauthorized_client"])
async def test_wrong_credentials_cost_no_installation(
    joystick: Server, platform: JoystickPlatform, database: Database, word: str
) -> None:
    joystick.answers[TOKEN] = [(401, {"error": word})]
    with pytest.raises(NoAnswer):
        await platform.installations.refresh("access-0")
    assert platform.problems()[0] == UNKNOWN_APP
    assert await tokens(database) == ("access-0", "refresh-0")
    await platform.installations.refresh("access-0")
    assert UNKNOWN_APP not in platform.problems()


async def test_a_new_installation_works_after_the_end(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    joystick.answers[TOKEN] = [GONE]
    with pytest.raises(NotInstalled):
        await platform.installations.refresh("access-0")
    await platform.installations.keep(grant(clock, 5), CHANNEL, STREAMER, pending=False)
    assert await platform.installations.token() == "access-5"
    assert platform.installations.current is not None
    assert platform.installations.current.problem == ""


# How long a token lasts


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (864_000, 864_000),
        (14_400.5, 14_400.5),
        (None, 14_400),
        ("soon", 14_400),
        (True, 14_400),
        (0, 14_400),
        (-5, 14_400),
        (1e300, 14_400),
        (1_767_268_800_000, 14_400),
        (10, 120),
        (1_767_268_800 + 3_600, 3_600),
        (1_767_268_800 - 3_600, 120),
    ],
)
async def test_when_a_token_ends(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock, told: object, seconds: float
) -> None:
    assert clock.now() == datetime.fromtimestamp(1_767_268_800, UTC)
    joystick.answers[TOKEN] = [(200, {"access_token": "access-9", "refresh_token": "r", "expires_in": told})]
    found = await platform.oauth.refresh("refresh-0")
    assert found.expires_at == clock.now() + timedelta(seconds=seconds)
