"""The economy's figures, by rows that were made by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pixel_bot.cli.economy import show_economy
from pixel_bot.clock import Clock
from pixel_bot.points.economy.figures import Figures, Price
from pixel_bot.points.economy.groups import Flow, Sums
from pixel_bot.points.economy.measure import measured
from pixel_bot.points.economy.what_if import CannotKnow, read_change, simulated
from pixel_bot.services import Services
from tests.harness.seed import execute, place_of

FLOWS = (
    Flow("chat", in_round=False, rows=60, came=60, went=0),
    Flow("watch", in_round=False, rows=20, came=100, went=0),
    Flow("follow", in_round=False, rows=1, came=50, went=0),
    Flow("redeem:tts", in_round=False, rows=4, came=0, went=100),
    Flow("refund:tts", in_round=False, rows=1, came=25, went=0),
    Flow("bet", in_round=True, rows=3, came=0, went=90),
    Flow("bet:won", in_round=True, rows=1, came=40, went=0),
    Flow("bet:back", in_round=True, rows=1, came=30, went=0),
    Flow("slots", in_round=False, rows=2, came=5, went=10),
    Flow("give", in_round=False, rows=2, came=7, went=7),
    Flow("import", in_round=False, rows=1, came=1_000, went=0),
    Flow("mod:remove", in_round=False, rows=1, came=0, went=20),
)


def figures(flows: Sequence[Flow] = FLOWS, **changes: int) -> Figures:
    given = {"circulation": 1_200, "holders": 3, "median": 40, "watch_minutes": 10, "chat_seconds": 60, **changes}
    return Figures(10.0, tuple(flows), prices=(Price("tts", 25),), **given)


def test_what_came_and_went_by_group() -> None:
    found = figures()
    assert found.groups == {
        "chat": Sums(60, 0), "watch": Sums(100, 0), "events": Sums(50, 0), "redeems": Sums(0, 100),
        "refunds": Sums(25, 0), "games": Sums(40, 60), "cogs": Sums(5, 10), "mods": Sums(0, 20),
        "carried": Sums(1_000, 0), "transfers": Sums(7, 7),
    }  # fmt: skip
    assert (found.came, found.went) == (280, 190)
    assert found.growth == pytest.approx(9)
    assert found.doubles_in == pytest.approx(1_200 / 9)


def test_prices_in_time() -> None:
    found = figures()
    assert (found.per_watched_minute, found.per_chatted_minute) == (0.5, 1.0)
    (tts,) = found.prices_in_time
    assert (tts.watched, tts.chatted) == (50, 25)
    (tts,) = figures(FLOWS[3:], chat_seconds=0).prices_in_time
    assert (tts.watched, tts.chatted) == (None, None)


def test_what_does_not_grow_doubles_never() -> None:
    assert figures(FLOWS[3:5]).doubles_in is None
    assert figures(()).growth == 0


def test_other_settings_scale_the_rows_of_their_reasons() -> None:
    present = {"POINTS_CHAT_AMOUNT": 1, "POINTS_WATCH_AMOUNT": 5}
    typed = ("points_chat_amount=5", "POINTS_WATCH_AMOUNT = 2.5", "REDEEM_COST_TTS=50")
    changes = [read_change(one, present, [Price("tts", 25)]) for one in typed]
    found = simulated(figures(), changes)
    assert found.groups["chat"] == Sums(300, 0)
    assert found.groups["watch"] == Sums(50, 0)
    assert (found.groups["redeems"], found.groups["refunds"]) == (Sums(0, 200), Sums(50, 0))
    (tts,) = found.prices_in_time
    assert (tts.cost, tts.watched, tts.chatted) == (50, 200, 10)
    assert found.circulation == 1_200


@pytest.mark.parametrize(
    "typed",
    [
        "POINTS_CHAT_COOLDOWN_SECONDS=30",
        "POINTS_RAID_AMOUNT=5",  # 0 in what is set below
        "REDEEM_COST_NONE=5",
        "POINTS_CHAT_AMOUNT=-5",
        "POINTS_CHAT_AMOUNT=1e9",
        "POINTS_CHAT_AMOUNT=1000000001",
        "POINTS_CHAT_AMOUNT",
        "nonsense",
    ],
)
def test_what_the_rows_do_not_tell_is_refused(typed: str) -> None:
    with pytest.raises(CannotKnow):
        read_change(typed, {"POINTS_CHAT_AMOUNT": 1, "POINTS_RAID_AMOUNT": 0}, [Price("tts", 25)])


ROWS = (
    ("alice", 1, "chat", 1),
    ("alice", 1, "chat", 2),
    ("bob", 5, "watch", 3),
    ("bob", -3, "redeem:tts", 4),
    ("bob", 500, "chat", 40),
    ("carol", 9, "follow", 29),
)
"""Who, how many points, for what, and how many days ago."""


async def lay_rows(services: Services) -> None:
    place = place_of(services.database)
    for number, (name, points) in enumerate({"alice": 2, "bob": 502, "carol": 9, "dan": 0}.items(), 1):
        execute(
            place, f"INSERT INTO users (id, name, points, platform) VALUES ({number}, '{name}', {points}, 'twitch')"
        )
    ids = {"alice": 1, "bob": 2, "carol": 3}
    for who, points, reason, ago in ROWS:
        at = f"{services.clock.now() - timedelta(days=ago):%Y-%m-%d %H:%M:%S}.000000"
        execute(
            place,
            "INSERT INTO transactions (user_id, amount, reason, balance_after, created_at) "
            f"VALUES ({ids[who]}, {points}, '{reason}', 0, '{at}')",
        )
    execute(place, "DELETE FROM redeems")
    execute(place, "INSERT INTO redeems (key, display_name, cost, enabled) VALUES ('tts', 'TTS', 25, TRUE)")
    execute(place, "INSERT INTO redeems (key, display_name, cost, enabled) VALUES ('gone', 'Gone', 5, FALSE)")


async def test_the_figures_of_a_database(services: Services) -> None:
    await lay_rows(services)
    now = services.clock.now()
    found = await measured(services.database, now, 30, watch_minutes=10, chat_seconds=60)
    assert found.days == pytest.approx(30)
    assert [(flow.reason, flow.rows, flow.came, flow.went) for flow in found.flows] == [
        ("chat", 2, 2, 0), ("follow", 1, 9, 0), ("redeem:tts", 1, 0, 3), ("watch", 1, 5, 0),
    ]  # fmt: skip
    assert (found.circulation, found.holders, found.median) == (513, 3, 9)
    assert found.prices == (Price("tts", 25),)
    longer = await measured(services.database, now, 3_000, watch_minutes=10, chat_seconds=60)
    assert longer.days == pytest.approx(40)
    assert longer.groups["chat"] == Sums(502, 0)


async def test_an_empty_database_has_figures(services: Services) -> None:
    found = await measured(services.database, services.clock.now(), 30, watch_minutes=10, chat_seconds=60)
    assert (found.came, found.went, found.circulation, found.median, found.doubles_in) == (0, 0, 0, 0, None)


async def test_on_the_command_line(
    services: Services, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await lay_rows(services)
    now = services.clock.now()

    def fixed(_: Clock) -> datetime:
        return now

    monkeypatch.setattr(Clock, "now", fixed)
    await services.database.close()
    assert await show_economy(services.settings, 30, []) == 0
    said = capsys.readouterr().out
    assert "In circulation: 513 points of 3 viewers; the median has 9." in said
    assert "What if" not in said
    assert await show_economy(services.settings, 30, ["POINTS_CHAT_AMOUNT=5"]) == 0
    said = capsys.readouterr().out
    assert "What if: POINTS_CHAT_AMOUNT 1 -> 5" in said
    assert "This cannot know:" in said
    assert [line.split() for line in said.splitlines() if line.startswith("chatting")] == [
        ["chatting", "2", "0"], ["chatting", "10", "0"],
    ]  # fmt: skip
    assert await show_economy(services.settings, 30, ["POINTS_CHAT_COOLDOWN_SECONDS=5"]) == 2
    assert "cannot be told" in capsys.readouterr().err
