"""Who earns by watching, and when."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pixel_bot.earning.watch_time import WatchRole
from pixel_bot.model.people import Person
from tests.earning.watch.stream import BOT, SLOT, STREAMER, WatchedStream, person


async def test_nothing_is_earned_offline(show: WatchedStream) -> None:
    for _ in range(3):
        assert await show.passes(SLOT) is None
    assert show.crowd.asked == 0


async def test_with_the_setting_the_offline_chat_earns_by_the_clock(show: WatchedStream) -> None:
    show.begin(points_watch_offline=True)
    assert await show.passes(SLOT // 2) == 60
    await show.passes(SLOT // 2)
    assert await show.points() == {"alice": 5, "bob": 5}
    show.begin()
    await show.passes(1)
    assert await show.points() == {"alice": 5, "bob": 5}
    minutes = int(show.clock.now().timestamp()) // SLOT
    assert show.paid[0].event_id == f"watch:offline:{minutes}:twitch:id-alice"


async def test_offline_time_from_before_the_end_of_the_stream_or_the_start_of_the_bot_is_not_paid(
    show: WatchedStream,
) -> None:
    show.begin(points_watch_offline=True)
    show.live(since=show.clock.now() - timedelta(seconds=SLOT - 120))
    await show.passes(120)
    assert await show.points() == {"alice": 5, "bob": 5}
    show.stream.went_offline()
    await show.passes(1)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}
    await show.passes(10)
    show.crowd.names.append("carol")
    show.begin()
    await show.passes(1)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_without_an_amount_nobody_is_asked(show: WatchedStream) -> None:
    show.begin(points_watch_amount=0, points_watch_offline=True)
    assert await show.passes(SLOT) is None
    show.live()
    assert await show.passes(SLOT) is None
    assert show.crowd.asked == 0


async def test_bot_and_streamer_do_not_earn(show: WatchedStream, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = [Person(BOT, "pixelbot", "PixelBot"), person("alice"), Person(STREAMER, "pixel_street", "Pixel_Street")]

    async def here() -> Sequence[Person]:
        return everybody

    monkeypatch.setattr(show.crowd, "here", here)
    show.live()
    await show.passes(SLOT)
    assert await show.points() == {"alice": 5}


SUB, VIP, MOD = "points_watch_sub_factor", "points_watch_vip_factor", "points_watch_mod_factor"


@pytest.mark.parametrize(
    ("factors", "roles", "amount", "earned"),
    [
        ({SUB: 2}, {"sub"}, 5, 10),
        ({SUB: 2, VIP: 3, MOD: 1.5}, {"sub", "vip", "mod"}, 5, 15),
        ({SUB: 1.5}, {"sub"}, 5, 7),
        ({SUB: 0.29}, {"sub"}, 100, 29),
        ({SUB: 1.1}, {"sub"}, 10, 11),
        ({SUB: 0.5}, {"sub"}, 5, 2),
        ({SUB: 0}, {"sub"}, 5, 0),
        ({MOD: 0, SUB: 2}, {"mod", "sub"}, 5, 10),
        ({MOD: 0}, {"mod", "vip"}, 5, 5),
        ({MOD: 0}, set[str](), 5, 5),
    ],
)
async def test_the_highest_factor_that_applies_counts(
    show: WatchedStream, factors: dict[str, float], roles: set[WatchRole], amount: int, earned: int
) -> None:
    show.begin(points_watch_amount=amount, **factors)
    show.crowd.roles_of = {"alice": roles}
    show.live()
    await show.passes(SLOT)
    assert (await show.points()).get("alice", 0) == earned
    assert (await show.points())["bob"] == amount


@pytest.mark.parametrize(
    ("factors", "wanted"),
    [
        ({}, []),
        ({SUB: 2}, [{"sub"}]),
        ({VIP: 1.2, MOD: 3}, [{"vip", "mod"}]),
        ({MOD: 0}, [{"sub", "vip", "mod"}]),
    ],
)
async def test_only_roles_that_make_a_difference_are_asked_for(
    show: WatchedStream, factors: dict[str, float], wanted: list[set[WatchRole]]
) -> None:
    show.begin(**factors)
    show.live()
    await show.passes(SLOT)
    assert show.crowd.wanted == wanted


async def test_an_empty_chat_asks_for_no_roles(show: WatchedStream) -> None:
    show.begin(points_watch_sub_factor=2)
    show.crowd.names = []
    show.live()
    await show.passes(SLOT)
    assert show.crowd.wanted == []
