"""Installations in the database, and which of them is in use."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from pixel_bot.db.engine import Database
from pixel_bot.db.models import JoystickInstall
from pixel_bot.platforms.joystick.installation_store import LOCKED, Installation, InstallationStore
from pixel_bot.platforms.joystick.installations import WITHDRAWN, NotInstalled
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    CHANNEL,
    STREAMER,
    Server,
    client,
    grant,
)
from tests.platforms.joystick.installations.installation_helpers import KEY, REVOKE, TOKEN, rows, tokens


async def write(database: Database, **values: Any) -> None:
    """Set columns by hand."""
    async with database.write() as session:
        await session.execute(update(JoystickInstall).values(**values))


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


@pytest.mark.parametrize("way", ["kept", "confirmed"])
async def test_nobody_who_connects_while_it_is_written_waits_for_it_once_more(
    empty: JoystickPlatform, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    installations, seen = empty.installations, [empty.installations.epoch]
    if way == "confirmed":
        await installations.keep(grant(clock), CHANNEL, STREAMER, pending=True)
    written = InstallationStore.keep

    async def keep(store: InstallationStore, install: Installation) -> None:
        if installations.current is not None:
            seen.append(installations.epoch)  # as a connection that begins now with what is in memory
        await written(store, install)

    monkeypatch.setattr(InstallationStore, "keep", keep)
    if way == "confirmed":
        await installations.confirm(CHANNEL)
    else:
        await installations.keep(grant(clock), CHANNEL, STREAMER, pending=False)
    assert seen == [0, 1]
    assert installations.epoch == 1


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
