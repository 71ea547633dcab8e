"""Watch time over Twitch's sockets: who is in chat when a slot of the stream ends earns for it, once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.database import rows
from tests.harness.twitch_harness import Harness, house

SLOT = 600
SECONDS = 20.0


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    # The time that the test sets is looked at a hundred times a second, and not once a minute.
    monkeypatch.setattr("pixel_bot.earning.watch_time.LOOK_SECONDS", 0.01)
    async with house(tmp_path) as built:
        built.twitch.present |= {sandbox_user("alice"), sandbox_user("bob"), BOT, STREAMER}
        yield built


@pytest.fixture
def clock(home: Harness) -> SettableClock:
    """It begins with the stream."""
    return SettableClock(home.twitch.started_at)


async def earned(app: LiveApp) -> list[tuple[str | int, ...]]:
    """Who earned by watching: the name and each amount, in the order of names and time."""
    return await rows(
        app,
        "SELECT u.name, t.amount FROM transactions t JOIN users u ON u.id = t.user_id WHERE t.reason = 'watch' "
        "ORDER BY u.name, t.id",
    )


async def slot_paid(home: Harness, app: LiveApp, number: int) -> None:
    """Wait until that slot of the stream is paid to the last viewer."""
    changed = asyncio.Event()
    app.services.database.committed.add(changed.set)
    wanted = f"SELECT id FROM events WHERE id = 'watch:{home.twitch.stream_id}:{number}'"
    async with asyncio.timeout(SECONDS):
        while not await rows(app, wanted):
            await changed.wait()
            changed.clear()


async def stream_is(app: LiveApp, *, live: bool) -> None:
    """Wait until the bot knows."""
    changed = asyncio.Event()
    app.services.stream.changed.add(changed.set)
    async with asyncio.timeout(SECONDS):
        while app.services.stream.is_live is not live:
            await changed.wait()
            changed.clear()


async def test_who_is_in_chat_earns_for_each_slot_and_who_comes_later_from_then_on(
    home: Harness, clock: SettableClock
) -> None:
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        clock.advance(SLOT)
        await slot_paid(home, app, 1)
        assert await earned(app) == [("alice", 5), ("bob", 5)]
        home.twitch.present -= {sandbox_user("bob")}
        home.twitch.present |= {sandbox_user("carol")}
        clock.advance(SLOT)
        await slot_paid(home, app, 2)
        assert await earned(app) == [("alice", 5), ("alice", 5), ("bob", 5), ("carol", 5)]


async def test_more_chatters_than_twitch_lists_at_once(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.presence.PAGE", 7)
    home.twitch.present |= {sandbox_user(f"fan_{number:02}") for number in range(30)}
    async with home.signed_in(clock, points_watch_amount=3, points_watch_minutes=1) as app:
        await stream_is(app, live=True)
        clock.advance(60)
        await slot_paid(home, app, 1)
        names = ["alice", "bob", *(f"fan_{number:02}" for number in range(30))]
        assert await earned(app) == [(name, 3) for name in names]


ROLES: dict[str, Role] = {"sam": "subscriber", "vip": "vip", "mila": "moderator"}


async def test_roles_earn_by_the_factors_of_the_settings(home: Harness, clock: SettableClock) -> None:
    home.twitch.present |= {home.world.settle(sandbox_user(login, role)) for login, role in ROLES.items()}
    # Somebody with two roles earns by the better one.
    home.world.subscribers.add(sandbox_user("vip").id)
    factors = {"points_watch_sub_factor": 2.0, "points_watch_vip_factor": 3.0, "points_watch_mod_factor": 1.5}
    async with home.signed_in(clock, **factors) as app:
        await stream_is(app, live=True)
        clock.advance(SLOT)
        await slot_paid(home, app, 1)
        assert await earned(app) == [("alice", 5), ("bob", 5), ("mila", 7), ("sam", 10), ("vip", 15)]


async def test_offline_nobody_earns(home: Harness, clock: SettableClock) -> None:
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        await home.twitch.go_offline()
        await stream_is(app, live=False)
        clock.advance(3 * SLOT)
        assert await home.ask("mod_mila", "!status", "moderator")
        clock.set(datetime.now(UTC))
        await home.twitch.go_live()
        await stream_is(app, live=True)
        clock.set(home.twitch.started_at + timedelta(seconds=SLOT - 1))
        assert await home.ask("mod_mila", "!status", "moderator")
        assert await earned(app) == []
        clock.advance(1)
        await slot_paid(home, app, 1)
        assert await earned(app) == [("alice", 5), ("bob", 5), ("mod_mila", 5)]


async def test_offline_chat_earns_where_the_settings_say_so(home: Harness) -> None:
    await home.twitch.go_offline()
    clock = SettableClock(datetime(2026, 1, 1, 12, 5, tzinfo=UTC))
    async with home.signed_in(clock, points_watch_offline=True) as app:
        await home.twitch.request_count("streams")
        clock.advance(SLOT)
        async with asyncio.timeout(SECONDS):
            while not await earned(app):
                await asyncio.sleep(0.01)
        assert await earned(app) == [("alice", 5), ("bob", 5)]


@pytest.mark.parametrize("away", [0, SLOT // 2, SLOT - 1], ids=["at once", "in the middle", "at the very end"])
async def test_a_restart_within_a_slot_pays_it_once(home: Harness, clock: SettableClock, away: int) -> None:
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        clock.advance(SLOT)
        await slot_paid(home, app, 1)
    clock.advance(away)
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        assert await home.ask("mod_mila", "!status", "moderator")
        assert await earned(app) == [("alice", 5), ("bob", 5)]
        clock.advance(SLOT - away)
        await slot_paid(home, app, 2)
        paid = await earned(app)
        assert paid == [("alice", 5), ("alice", 5), ("bob", 5), ("bob", 5), ("mod_mila", 5)]


async def test_a_slot_that_was_half_paid_is_paid_to_its_end(home: Harness, clock: SettableClock) -> None:
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        clock.advance(SLOT)
        await slot_paid(home, app, 1)
        # As if the power had gone before the slot itself was noted: its viewers have theirs.
        async with app.services.database.write() as session:
            await session.execute(text(f"DELETE FROM events WHERE id = 'watch:{home.twitch.stream_id}:1'"))
    home.twitch.present |= {sandbox_user("carol")}
    async with home.signed_in(clock) as app:
        await slot_paid(home, app, 1)
        assert await earned(app) == [("alice", 5), ("bob", 5), ("carol", 5)]


async def test_a_list_that_cannot_be_had_is_asked_for_again(
    home: Harness, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.earning.watch_time.RETRY_SECONDS", 0.01)
    async with home.signed_in(clock) as app:
        await stream_is(app, live=True)
        home.twitch.faults.add("chat/chatters", status=403, times=3)
        clock.advance(SLOT)
        await slot_paid(home, app, 1)
        assert await earned(app) == [("alice", 5), ("bob", 5)]
        assert home.twitch.requests.times("chat/chatters") == 4
