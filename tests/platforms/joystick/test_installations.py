"""The bot let into a channel on Joystick.tv: its tokens, renewed once and never lost, and what becomes of them."""

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from pixel_bot.db.engine import Database
from pixel_bot.db.models import JoystickInstall
from pixel_bot.logs import redact
from pixel_bot.platforms.joystick.api import REFUSED, ApiRefused
from pixel_bot.platforms.joystick.installation_store import LOCKED, InstallationStore
from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.platforms.joystick.oauth import UNKNOWN_APP, Grant, OAuthRefused
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sign_in import MOST_OPEN, MOST_WAITING, OPEN_SECONDS, JoystickSignIn
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.security.cipher import Cipher
from pixel_bot.testing import SettableClock
from pixel_bot.web.oauth import SignInRefused
from tests.harness.joystick_server import (
    BASIC,
    CHANNEL,
    ID,
    SECRET,
    STREAMER,
    Server,
    client,
    grant,
    opened_database,
    server,
)

KEY = Fernet.generate_key()
TOKEN, IDENTITY, REVOKE = "oauth/token", "v1/me/identity", "oauth/revoke"
GONE = (400, {"error": "invalid_grant"})


@pytest.fixture
async def joystick() -> AsyncGenerator[Server]:
    async with server() as built:
        yield built


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with opened_database(tmp_path) as opened:
        yield opened


@pytest.fixture
async def empty(joystick: Server, database: Database, clock: SettableClock) -> AsyncGenerator[JoystickPlatform]:
    """Nothing is installed."""
    async with client(joystick.base, database, clock, KEY) as built:
        yield built


@pytest.fixture
async def platform(empty: JoystickPlatform, clock: SettableClock) -> JoystickPlatform:
    """Installed, with a token that lasts ten days."""
    await empty.installations.keep(grant(clock), CHANNEL, STREAMER, pending=False)
    return empty


async def rows(database: Database) -> list[JoystickInstall]:
    """Installations as they stand in the database."""
    async with database.readers() as session:
        return list((await session.execute(select(JoystickInstall).order_by(JoystickInstall.id))).scalars())


async def tokens(database: Database) -> tuple[str | None, str | None]:
    """Those of the only installation, decrypted."""
    (row,) = await rows(database)
    return Cipher(KEY).unseal(row.access_token), Cipher(KEY).unseal(row.refresh_token or "")


async def write(database: Database, **values: Any) -> None:
    """Set columns by hand."""
    async with database.write() as session:
        await session.execute(update(JoystickInstall).values(**values))


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


# In the database


async def test_tokens_are_encrypted_and_read_again(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock
) -> None:
    (row,) = await rows(database)
    assert "access-0" not in f"{row.access_token} {row.refresh_token}"
    assert (row.channel_id, row.username, row.pending, row.problem) == (CHANNEL, STREAMER, False, None)
    assert row.expires_at == clock.now() + timedelta(days=10)
    async with client(joystick.base, database, clock, KEY) as again:
        assert again.installations.current == platform.installations.current
        assert await again.installations.token() == "access-0"


@pytest.mark.parametrize(
    "plain", [{"access_token": "access-0", "refresh_token": "refresh-0"}, {"refresh_token": "refresh-0"}]
)
async def test_a_row_made_by_hand_is_encrypted_in_place(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock, plain: dict[str, str]
) -> None:
    await write(database, **plain)
    async with client(joystick.base, database, clock, KEY) as again:
        assert await again.installations.token() == "access-0"
    assert await tokens(database) == ("access-0", "refresh-0")


async def test_a_row_that_does_not_say_when_it_ends_is_used(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock
) -> None:
    await write(database, access_token="by-hand", refresh_token=None, expires_at=None, username=None)
    async with client(joystick.base, database, clock, KEY) as again:
        assert await again.installations.token() == "by-hand"
        await again.monitor.check()
        assert again.installations.current is not None
        assert again.installations.current.username == STREAMER
    assert joystick.times(TOKEN) == 0


async def test_another_key_asks_for_a_new_installation_and_leaves_the_row(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock
) -> None:
    before = await tokens(database)
    async with client(joystick.base, database, clock, Fernet.generate_key()) as other:
        assert other.problems() == [LOCKED]
        with pytest.raises(NotInstalled):
            await other.installations.token()
    assert await tokens(database) == before
    async with client(joystick.base, database, clock, KEY) as again:
        assert again.problems() == []


# Which one is in use


async def test_one_that_waits_is_not_used(joystick: Server, empty: JoystickPlatform, clock: SettableClock) -> None:
    await empty.installations.keep(grant(clock), CHANNEL, STREAMER, pending=True)
    assert empty.installations.current is None
    with pytest.raises(NotInstalled):
        await empty.installations.token()
    await empty.installations.confirm(CHANNEL)
    assert await empty.installations.token() == "access-0"


async def test_another_one_takes_its_place_and_the_former_is_given_back(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock
) -> None:
    await platform.installations.keep(grant(clock, 5), "channel-2", "Other", pending=True)
    assert await platform.installations.token() == "access-0"
    await platform.installations.confirm("channel-2")
    assert await platform.installations.token() == "access-5"
    assert [row.channel_id for row in await rows(database)] == ["channel-2"]
    assert joystick.times(REVOKE) == 1


async def test_a_crash_between_two_leaves_the_one_that_was_chosen_last(
    joystick: Server, empty: JoystickPlatform, database: Database, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await empty.installations.keep(grant(clock, 5), "channel-2", "Other", pending=True)
    await empty.installations.keep(grant(clock), CHANNEL, STREAMER, pending=False)
    clock.advance(60)

    async def crash(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(InstallationStore, "drop", crash)
    with pytest.raises(asyncio.CancelledError):
        await empty.installations.confirm("channel-2")
    async with client(joystick.base, database, clock, KEY) as again:
        assert await again.installations.token() == "access-5"


async def test_one_that_is_declined_is_given_back(
    joystick: Server, platform: JoystickPlatform, database: Database, clock: SettableClock
) -> None:
    await platform.installations.keep(grant(clock, 5), "channel-2", "Other", pending=True)
    await asyncio.gather(*(platform.installations.decline("channel-2") for _ in range(2)), return_exceptions=True)
    assert [row.channel_id for row in await rows(database)] == [CHANNEL]
    assert joystick.times(REVOKE) == 1
    assert await platform.installations.token() == "access-0"


@pytest.mark.parametrize("channel_id", [CHANNEL, "unknown"])
async def test_only_what_waits_can_be_answered(joystick: Server, platform: JoystickPlatform, channel_id: str) -> None:
    for answer in (platform.installations.confirm, platform.installations.decline):
        with pytest.raises(NotInstalled, match="settled already"):
            await answer(channel_id)
    assert joystick.requests == []


async def test_the_same_channel_from_the_marketplace_stays_in_use(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    await platform.installations.keep(grant(clock, 5), CHANNEL, STREAMER, pending=True)
    assert platform.installations.pending == ()
    assert await platform.installations.token() == "access-5"
    assert joystick.times(REVOKE) == 0, "the old pair is of the same installation"


async def test_to_forget_it_gives_it_back(joystick: Server, platform: JoystickPlatform, database: Database) -> None:
    await platform.installations.forget()
    assert platform.installations.current is None
    assert await rows(database) == []
    assert joystick.times(REVOKE) == 1


async def test_a_refresh_of_the_old_installation_leaves_the_new_one(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    renewing = asyncio.create_task(platform.installations.refresh("access-0"))
    await asyncio.sleep(0)
    await platform.installations.keep(grant(clock, 7), CHANNEL, STREAMER, pending=False)
    await asyncio.gather(renewing, return_exceptions=True)
    assert await platform.installations.token() == "access-7"


async def test_an_old_token_that_is_refused_says_nothing_about_a_new_one(
    platform: JoystickPlatform, clock: SettableClock
) -> None:
    await platform.installations.keep(grant(clock, 7), CHANNEL, STREAMER, pending=False)
    await platform.installations.mark_gone(used="access-0")
    assert await platform.installations.token() == "access-7"
    await platform.installations.mark_gone(used="access-7")
    assert platform.problems() == [WITHDRAWN]


# Requests


async def test_a_request_is_made_again_with_a_new_token(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers["v1/chat/messages"] = [(401, {})]
    assert await platform.api.say("hello") == "m1"
    assert joystick.said == [{"text": "hello"}]


async def test_two_refusals_are_the_end_and_there_is_no_loop(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers[IDENTITY] = [(401, {})] * 5
    with pytest.raises(NotInstalled):
        await platform.api.identity()
    assert (joystick.times(IDENTITY), joystick.times(TOKEN)) == (2, 1)
    assert platform.problems() == [REFUSED]


async def test_an_inactive_token_is_renewed_or_the_end(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers["oauth/introspect"] = [(200, {"active": False})] * 2
    await platform.monitor.check()
    assert await platform.installations.token() == "access-1"
    joystick.answers[TOKEN] = [GONE]
    with pytest.raises(NotInstalled):
        await platform.monitor.check()
    assert platform.problems() == [WITHDRAWN]


@pytest.mark.parametrize("answer", [(500, {}), (200, []), (200, {"active": "no"}), (401, {"active": False})])
async def test_a_server_that_says_nothing_on_a_token_ends_nothing(
    joystick: Server, platform: JoystickPlatform, answer: Any
) -> None:
    joystick.answers["oauth/introspect"] = [answer]
    await platform.monitor.check()
    assert platform.problems() == []
    assert joystick.times(TOKEN) == 0


async def test_a_token_is_renewed_before_anybody_waits_for_it(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock
) -> None:
    clock.advance(864_000 - 7_200)
    await platform.monitor.check()
    assert await platform.installations.token() == "access-1"


@pytest.mark.parametrize(
    "body",
    [
        *([], "hello", {}, {"channel_id": "c"}, {"username": "u"}, {"channel_id": None, "username": "u"}),
        *({"channel_id": "c", "username": "a@b"}, {"channel_id": "c", "username": None}),
        *({"channel_id": ["c"], "username": "u"}, {"channel_id": "", "username": "u"}),
    ],
)
async def test_an_identity_that_cannot_be_read(joystick: Server, platform: JoystickPlatform, body: Any) -> None:
    joystick.answers[IDENTITY] = [(200, body)]
    with pytest.raises(ApiRefused):
        await platform.api.identity()


# Secrets


async def test_no_secret_is_shown(
    joystick: Server, platform: JoystickPlatform, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="pixel_bot")
    kept = Grant("an-access-token", "a-refresh-token", clock.now())
    await platform.installations.keep(kept, CHANNEL, STREAMER, pending=False)
    shown = [repr(kept), repr(platform.installations.current), str(platform.installations.current)]
    joystick.answers[TOKEN] = [(500, {}), (400, {"error": "a-refresh-token", "message": "a-refresh-token"})]
    for _ in range(2):
        try:
            await platform.installations.token()
        except (NoAnswer, NotInstalled) as exc:
            shown.append("".join(traceback.format_exception(exc)))
    try:
        await platform.oauth.exchange("the-secret-code", "http://localhost/")
    except OAuthRefused as exc:
        shown.append("".join(traceback.format_exception(exc)))
    for secret in ("an-access-token", "a-refresh-token", SECRET, BASIC, "the-secret-code"):
        assert secret not in "".join([*shown, caplog.text])
        if secret != "the-secret-code":  # it is used up; a link could choose any word for it
            assert redact(f"it is {secret}.") == "it is [hidden]."


# Signing in


@pytest.fixture
def sign_in(empty: JoystickPlatform) -> JoystickSignIn:
    return JoystickSignIn(empty.installations, empty.oauth, empty.api, "http://localhost:8080/joystick/oauth/callback")


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


async def test_the_address_where_the_streamer_agrees(joystick: Server, sign_in: JoystickSignIn) -> None:
    url = urlsplit(sign_in.begin())
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"http://{joystick.base}/authorize"
    state = query.pop("state")
    assert len(state) >= 32
    assert state != state_of(sign_in.begin())
    assert set(query.pop("scope").split()) == {
        *("identity:read", "stream:read", "chat:read", "chat:write", "followers:read", "moderators:read"),
        *("subscribers:read", "chat:whisper:write"),
    }
    assert query == {
        "response_type": "code",
        "client_id": ID,
        "redirect_uri": "http://localhost:8080/joystick/oauth/callback",
    }


async def test_a_way_there_and_back(joystick: Server, empty: JoystickPlatform, sign_in: JoystickSignIn) -> None:
    said = await sign_in.finish(state_of(sign_in.begin()), "code", "")
    assert said == f"The bot is in the channel of {STREAMER} on Joystick.tv."
    assert empty.installations.current is not None
    assert (empty.installations.current.channel_id, empty.installations.current.username) == (CHANNEL, STREAMER)


async def test_a_state_works_once_and_not_for_long(
    joystick: Server, sign_in: JoystickSignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(sign_in.begin())
    await sign_in.finish(state, "code", "")
    pushed_out = state_of(sign_in.begin())
    late = [state_of(sign_in.begin()) for _ in range(MOST_OPEN)][-1]
    loop = asyncio.get_running_loop()
    now = loop.time()
    asked = joystick.times(TOKEN)
    for unknown in (state, "made up", pushed_out):
        with pytest.raises(SignInRefused, match="not begun here"):
            await sign_in.finish(unknown, "code", "")
    monkeypatch.setattr(loop, "time", lambda: now + OPEN_SECONDS + 1)
    with pytest.raises(SignInRefused, match="not begun here"):
        await sign_in.finish(late, "code", "")
    monkeypatch.undo()
    assert joystick.times(TOKEN) == asked


@pytest.mark.parametrize("state", ["", "good"])
@pytest.mark.parametrize(("code", "error"), [("", "access_denied"), ("", "")])
async def test_nobody_agreed(joystick: Server, sign_in: JoystickSignIn, state: str, code: str, error: str) -> None:
    with pytest.raises(SignInRefused):
        await sign_in.finish(state and state_of(sign_in.begin()), code, error)
    assert joystick.requests == []


async def test_the_marketplace_waits_for_the_streamer(
    joystick: Server, empty: JoystickPlatform, sign_in: JoystickSignIn
) -> None:
    await sign_in.finish("", "code", "")
    assert empty.installations.current is None
    assert [install.username for install in empty.installations.pending] == [STREAMER]
    await sign_in.accept(CHANNEL)
    assert empty.installations.current is not None
    for answer in (sign_in.accept, sign_in.decline):
        with pytest.raises(SignInRefused, match="settled already"):
            await answer(CHANNEL)


async def test_the_marketplace_cannot_fill_the_table(
    joystick: Server, empty: JoystickPlatform, database: Database, sign_in: JoystickSignIn
) -> None:
    names = [(200, {"channel_id": f"c{number}", "username": f"u{number}"}) for number in range(20)]
    joystick.answers[IDENTITY] = list(names)
    results = await asyncio.gather(*(sign_in.finish("", f"code-{n}", "") for n in range(20)), return_exceptions=True)
    assert sum(isinstance(result, SignInRefused) for result in results) == 20 - MOST_WAITING
    assert len(await rows(database)) == MOST_WAITING
    assert joystick.times(TOKEN) == MOST_WAITING
    joystick.answers[IDENTITY] = []
    await sign_in.finish(state_of(sign_in.begin()), "code", "")
    assert empty.installations.current is not None


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [(TOKEN, GONE, 400), (TOKEN, (500, None), 502), (IDENTITY, (500, None), 502), (IDENTITY, (401, None), 502)],
)
async def test_an_installation_that_fails_leaves_nothing(
    joystick: Server, database: Database, sign_in: JoystickSignIn, path: str, answer: Any, status: int
) -> None:
    joystick.answers[path] = [answer]
    with pytest.raises(SignInRefused) as refused:
        await sign_in.finish(state_of(sign_in.begin()), "code", "")
    assert refused.value.status == status
    assert await rows(database) == []
    assert joystick.times(REVOKE) == (1 if path == IDENTITY else 0)
