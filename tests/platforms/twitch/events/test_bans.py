"""Bans and their ends, as Twitch tells of them, and those that the bot missed."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from typing_extensions import override

from pixel_bot.concurrency.retry import Backoff
from pixel_bot.model.chat_message import BanChange
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.ban_check import BanCheck
from pixel_bot.platforms.twitch.events import frames as event_frames
from pixel_bot.platforms.twitch.events.frames import Frame
from pixel_bot.platforms.twitch.events.parsing import parse_ban_change
from pixel_bot.platforms.twitch.helix import HelixError, Role
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from pixel_bot.testing.twitch_users import FakeHelix, rows_as
from tests.harness.twitch_harness import Harness
from tests.harness.waiting import until
from tests.platforms.twitch.events.event_cases import ALICE, NOW, Scene, scene
from tests.points.people import endowed, person

R = TypeVar("R", bound=Row)


def frame_of(kind: str, event: frames.Json) -> Frame:
    return event_frames.frame_of(frames.notification({"id": "s", "type": kind, "version": "1"}, event, "m", NOW))


# Reading


def test_only_bans_for_good_and_their_ends_are_read() -> None:
    at = NOW.replace(microsecond=NOW.microsecond)
    ban = frames.ban(ALICE, STREAMER, NOW, None)
    assert parse_ban_change(frame_of("channel.ban", ban)) == BanChange(ALICE.id, True, at)
    assert parse_ban_change(frame_of("channel.unban", frames.unban(ALICE, STREAMER))) == BanChange(ALICE.id, False, at)
    timeout = frames.ban(ALICE, STREAMER, NOW, NOW + timedelta(seconds=1))
    assert parse_ban_change(frame_of("channel.ban", timeout)) is None
    assert parse_ban_change(frame_of("channel.follow", frames.follow(ALICE, NOW))) is None
    # Without the field, the end says it.
    for event, is_ban in ((ban, True), (timeout, False)):
        del event["is_permanent"]
        assert (parse_ban_change(frame_of("channel.ban", event)) is not None) == is_ban


@pytest.mark.parametrize("wrong", [{"user_id": None}, {"user_id": 5}, {"user_id": ""}, {"is_permanent": "yes"}])
def test_what_cannot_be_read_is_an_error(wrong: frames.Json) -> None:
    with pytest.raises(Unreadable, match=next(iter(wrong))):
        parse_ban_change(frame_of("channel.ban", frames.ban(ALICE, STREAMER, NOW, None) | wrong))


# What was missed


class Lists(FakeHelix):
    """The part of Helix that lists bans."""

    def __init__(self, banned: set[str], timed_out: set[str]) -> None:
        self.banned = banned
        self.timed_out = timed_out
        self.asked: list[list[str]] = []
        self.error: HelixError | None = None
        self.while_asked: BanChange | None = None
        self.services: Services | None = None

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        assert (path, role, params["broadcaster_id"]) == ("moderation/banned", "broadcaster", STREAMER.id)
        self.asked.append(params["user_id"])
        if self.error is not None:
            raise self.error
        if self.while_asked is not None and self.services is not None:
            await self.services.bans.note(self.while_asked)
        found = [{"user_id": user_id, "expires_at": ""} for user_id in params["user_id"] if user_id in self.banned]
        until = "2030-01-01T00:00:00Z"
        return rows_as(row, [*found, *({"user_id": user_id, "expires_at": until} for user_id in self.timed_out)])


async def board(services: Services) -> set[str]:
    return {entry.name for entry in await services.leaderboard.by_points(10)}


async def test_the_check_finds_bans_and_their_ends(services: Services, clock: SettableClock) -> None:
    for number, login in enumerate(("alice", "bob", "carol", "dave"), 1):
        await endowed(services, person(str(number), login), 10, 1)
    await services.bans.note(BanChange("2", banned=True, at=clock.now()))
    await services.bans.note(BanChange("99", banned=True, at=clock.now()))
    lists = Lists(banned={"1", "99"}, timed_out={"3"})
    check = BanCheck(lists, services.bans, STREAMER.id)
    await check.check()
    assert await board(services) == {"bob", "carol", "dave"}
    assert sorted(lists.asked[0]) == ["1", "2", "3", "4", "99"]
    lists.banned = set()
    await check.check()
    assert await board(services) == {"alice", "bob", "carol", "dave"}
    await services.bans.note(BanChange("1", banned=True, at=clock.now()))
    assert await board(services) == {"bob", "carol", "dave"}, "an event is younger than any check, whatever the clocks"


async def test_an_event_during_the_check_counts(services: Services, clock: SettableClock) -> None:
    await endowed(services, person("1", "alice"), 10, 1)
    await services.bans.note(BanChange("1", banned=False, at=clock.now()))
    clock.advance(1)
    lists = Lists(banned=set(), timed_out=set())
    lists.banned = {"1"}
    lists.services, lists.while_asked = services, BanChange("1", banned=False, at=clock.now())
    await BanCheck(lists, services.bans, STREAMER.id).check()
    assert await board(services) == {"alice"}


async def test_many_are_asked_for_by_the_hundred(services: Services, clock: SettableClock) -> None:
    for number in range(250):
        await services.bans.note(BanChange(str(number), banned=True, at=clock.now()))
    await services.bans.note(BanChange("no number", banned=True, at=clock.now()))
    lists = Lists(banned={str(number) for number in range(250)}, timed_out=set())
    await BanCheck(lists, services.bans, STREAMER.id).check()
    assert [len(some) for some in lists.asked] == [100, 100, 50]


async def test_what_may_pass_is_tried_again_and_a_refusal_is_not(services: Services) -> None:
    await endowed(services, person("1", "alice"), 10, 1)
    lists = Lists(banned={"1"}, timed_out=set())
    check = BanCheck(lists, services.bans, STREAMER.id, Backoff(0, 0, 0))
    lists.error = HelixError(503, "busy")
    with pytest.raises(HelixError):
        await check.check()
    lists.error = HelixError(401, "not signed in")
    await check.check()
    assert await board(services) == {"alice"}


# The whole bot


async def is_on_board(show: Scene) -> bool:
    rank = await show.app.services.leaderboard.rank(await show.viewer("alice"))
    return rank is not None


async def test_bans_while_the_bot_listens_and_while_it_is_away(home: Harness) -> None:
    alice = home.world.settle(ALICE)

    async def becomes(show: Scene, expected: bool) -> None:
        async def fits() -> bool:
            return await is_on_board(show) == expected

        await until(fits)

    async with scene(home) as show:
        await home.ask("alice", "!points")
        await home.ask("", "!points add @alice 10", "broadcaster")
        assert await is_on_board(show)
        await home.twitch.ban(alice, datetime.now(UTC) + timedelta(minutes=10))
        await show.worked()
        assert await is_on_board(show)
        await home.twitch.ban(alice)
        await show.worked()
        assert not await is_on_board(show)
    async with scene(home) as show:
        assert not await is_on_board(show)
        await home.twitch.unban(alice)
        await show.worked()
        assert await is_on_board(show)
    await home.twitch.ban(alice)
    async with scene(home) as show:
        await becomes(show, expected=False)
    await home.twitch.unban(alice)
    async with scene(home) as show:
        await becomes(show, expected=True)
