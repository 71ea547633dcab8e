"""Timers have their turns on the bot's clock; what was scheduled survives a restart."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_bot.bot.cogs.timers import ROLE
from pixel_bot.bot.cogs.timing import daily, every
from pixel_bot.clock import next_time
from pixel_bot.testing import SettableClock, Stage, stage
from pixel_bot.testing.happenings import once
from tests.bot.cogs.conftest import WriteCog
from tests.harness.zones import in_zone

EVERY = """
@every(minutes=10)
async def remind(self):
    await self.bot.announce(f"It is {self.bot.clock.now():%H:%M}.")
"""


async def test_a_timer_has_a_turn_in_each_interval(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(EVERY)) as chat:
        assert await chat.passes(599) == []
        assert await chat.passes(1) == ["It is 12:10."]
        assert await chat.passes(1_200) == ["It is 12:20.", "It is 12:30."]
        await chat.say("", "!cog unload mine", "broadcaster")
        assert await chat.passes(1_200) == []


async def test_a_clock_that_jumps_makes_up_for_no_turns(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(EVERY)) as chat:
        chat.clock.advance(86_400)
        assert await chat.passes(0) == ["It is 12:00."]
        chat.clock.advance(-43_200)
        assert await chat.passes(599) == []
        assert await chat.passes(601) != []


async def test_a_timer_for_the_stream_rests_while_it_is_off(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(EVERY.replace("minutes=10", "minutes=10, while_live=True"))) as chat:
        assert await chat.passes(3_600) == []
        await chat.goes_live("joystick")
        assert await chat.passes(590) == []
        assert await chat.passes(10) == ["It is 13:10."]
        await chat.goes_offline("joystick")
        assert await chat.passes(3_600) == []


async def test_an_error_costs_one_turn(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    turns = 0
    @every(minutes=10)
    async def remind(self):
        self.turns += 1
        if self.turns == 1:
            raise KeyError("first")
        await self.bot.announce(f"turn {self.turns}")
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        assert await chat.passes(1_800) == ["turn 2", "turn 3"]


async def test_another_process_has_the_turn(tmp_path: Path, cog: WriteCog, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, cogs_dir=cog(EVERY)) as chat:

        async def leads(role: str) -> bool:
            return role != "cog-timers"

        monkeypatch.setattr(chat.services.cluster, "leads", leads)
        assert await chat.passes(1_800) == []


async def leads(chat: Stage) -> None:
    """Wait until a server has noticed that the bot before this one has gone."""
    while not await chat.services.cluster.leads(ROLE):
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(("missed", "said"), [("once", ["It is 13:00."]), ("skip", [])])
async def test_a_turn_that_was_due_while_the_bot_was_down(
    tmp_path: Path, cog: WriteCog, missed: str, said: list[str]
) -> None:
    folder = cog(EVERY.replace("minutes=10", f"minutes=10, missed={missed!r}"))
    clock = SettableClock()
    async with stage(tmp_path, clock, cogs_dir=folder) as chat:
        assert await chat.passes(600) == ["It is 12:10."]
    clock.advance(3_000)
    async with stage(tmp_path, clock, cogs_dir=folder) as chat:
        await leads(chat)
        await chat.passes(1)
        assert once(chat.sent) == said  # now, or while the bot started


async def test_a_daily_timer_follows_summer_time(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @daily("03:00")
    async def remind(self):
        await self.bot.announce(f"{self.bot.clock.now().astimezone(UTC):%d %H:%M}")
    """
    with in_zone("Europe/Berlin"):
        clock = SettableClock(datetime(2026, 3, 28, 12, tzinfo=UTC))
        async with stage(tmp_path, clock, cogs_dir=cog(body)) as chat:
            assert await chat.passes(2 * 86_400) == ["29 01:00", "30 01:00"]


def test_the_next_time_comes_once_a_day_whatever_the_clock_does() -> None:
    with in_zone("Europe/Berlin"):
        now = datetime(2026, 10, 24, 12, tzinfo=UTC)
        seen: list[str] = []
        for _ in range(3):
            now = next_time(now, "02:30")
            seen.append(f"{now.astimezone(UTC):%d %H:%M}")
    assert seen == ["25 00:30", "26 01:30", "27 01:30"]


SCHEDULE = """
@command()
async def remind(self, ctx, words: str):
    await self.bot.schedule("remind", {"words": words}, after=30MISSED)
@scheduled("remind")
async def said(self, call):
    async with self.bot.transaction(call.key, "reminder"):
        pass
    await self.bot.announce(call.args["words"])
@command()
async def forget(self, ctx):
    await ctx.reply(str(await self.bot.unschedule("remind")))
"""


async def test_what_is_scheduled_comes_once_in_time(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(SCHEDULE.replace("MISSED", ""))) as chat:
        await chat.say("alice", "!remind tea")
        assert await chat.passes(29) == []
        assert await chat.passes(1) == ["tea"]
        assert await chat.passes(3_600) == []
        await chat.say("alice", "!remind a")
        await chat.say("alice", "!remind b")
        assert await chat.say("alice", "!forget") == ["2"]
        assert await chat.passes(60) == []


@pytest.mark.parametrize(("missed", "said"), [("", ["tea"]), (", missed='skip'", [])])
async def test_what_is_scheduled_survives_a_restart(
    tmp_path: Path, cog: WriteCog, missed: str, said: list[str]
) -> None:
    folder = cog(SCHEDULE.replace("MISSED", missed))
    clock = SettableClock()
    async with stage(tmp_path, clock, cogs_dir=folder) as chat:
        await chat.say("alice", "!remind tea")
    clock.advance(3_600)
    async with stage(tmp_path, clock, cogs_dir=folder) as chat:
        await leads(chat)
        await chat.passes(1)
        assert once(chat.sent) == said  # now, or while the bot started
        assert await chat.passes(60) == []


PARTS = """
@command()
async def soon(self, ctx):
    await self.bot.schedule("first", after=60)


@scheduled("first")
async def go_on(self, call):
    await self.bot.schedule("second", after=0)
"""
SECOND = """

class Second(Cog):
    @scheduled("second")
    async def say(self, call):
        await self.bot.announce("Both are there.")


async def setup(bot):
    await bot.add_component(Mine(bot))
    await bot.runtime.timers.turn()  # as it may come between the two, where tables are made in between
    await bot.add_component(Second(bot))
"""


async def test_what_is_due_waits_until_all_of_its_cog_is_there(tmp_path: Path, cog: WriteCog) -> None:
    folder = cog(PARTS)
    (file,) = folder.glob("*.py")
    file.write_text(file.read_text().partition("async def setup(")[0] + SECOND)
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await chat.say("alice", "!soon")
        await chat.say("", "!cog unload mine", "broadcaster")
        await chat.passes(60)
        await chat.say("", "!cog load mine", "broadcaster")
        await chat.passes(1)
        await chat.passes(1)
        assert "Both are there." in chat.sent


async def test_the_key_of_a_schedule_is_no_other_ones(tmp_path: Path, cog: WriteCog) -> None:
    """Else what pays by it would pay for the first alone: SQLite numbers a row as one that is gone was numbered."""
    async with stage(tmp_path, cogs_dir=cog(SCHEDULE.replace("MISSED", ""))) as chat:
        for words in ("tea", "water"):
            await chat.say("alice", f"!remind {words}")
            assert await chat.passes(30) == [words]


async def test_what_is_scheduled_in_a_transaction_falls_with_it(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(SCHEDULE.replace("MISSED", ""))) as chat:
        for fails in (True, False):
            try:
                async with chat.services.database.write() as session:
                    await chat.bot.schedule("remind", {"words": f"{fails}"}, after=5, session=session)
                    if fails:
                        raise KeyError
            except KeyError:
                pass
        (said,) = await chat.passes(10)
        assert said.endswith("False")


async def test_a_schedule_that_nobody_has_or_that_cannot_be_stored_is_refused(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(SCHEDULE.replace("MISSED", ""))) as chat:
        with pytest.raises(ValueError, match="No loaded cog has a method"):
            await chat.bot.schedule("nothing", after=1)
        with pytest.raises(ValueError, match="texts, numbers"):
            await chat.bot.schedule("remind", {"words": object()}, after=1)
        with pytest.raises(ValueError, match=r"either after= .* or at="):
            await chat.bot.schedule("remind")


async def test_two_schedules_of_one_name_are_refused(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    cog('@scheduled("remind")\nasync def one(self, call): ...\n', name="alpha")
    folder = cog('@scheduled("remind")\nasync def one(self, call): ...\n', name="beta")
    async with stage(tmp_path, cogs_dir=folder):
        assert "The cog beta could not be loaded" in caplog.text
    assert "the schedule remind exists already, in another cog" in caplog.text


def test_times_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one second"):
        every()
    with pytest.raises(ValueError, match="from 00:00 to 23:59"):
        daily("24:00")
