"""The watchdog, which notices when chat falls silent."""

import asyncio
import logging
from datetime import timedelta

import pytest

from pixel_bot.errors import PixelError
from pixel_bot.model.stream_state import Broadcast, Stream
from pixel_bot.platforms.twitch.watchdog import Watchdog
from pixel_bot.testing import SettableClock


class Dog:
    """A watchdog, and how often it asked for help."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.stream = Stream()
        self.calls = 0
        self.called = asyncio.Event()
        self.error: PixelError | None = None
        self.listens = True
        self.watchdog = Watchdog(clock, self.stream, self.on_silence, lambda: self.listens)

    async def on_silence(self) -> None:
        self.calls += 1
        self.called.set()
        if self.error is not None:
            raise self.error

    def live(self, since_minutes: int = 0) -> None:
        self.stream.went_live(Broadcast("1", self.clock.now() - timedelta(minutes=since_minutes)))

    async def passes(self, seconds: float) -> float | None:
        self.clock.advance(seconds)
        return await self.watchdog.look()


@pytest.fixture
async def dog(clock: SettableClock) -> Dog:
    return Dog(clock)


async def test_a_silence_of_ten_minutes_is_told_once(dog: Dog, caplog: pytest.LogCaptureFixture) -> None:
    dog.live()
    assert await dog.watchdog.look() == 600
    assert await dog.passes(599) == 1
    assert dog.calls == 0
    assert await dog.passes(1) == 600
    assert await dog.passes(600) == 600
    assert await dog.passes(6_000) == 600
    assert dog.calls == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("The stream is live, but no chat was heard for 10m. If viewers do write, ")


async def test_the_next_silence_is_told_again(dog: Dog) -> None:
    dog.live()
    await dog.watchdog.look()
    await dog.passes(600)
    dog.clock.advance(1)
    dog.watchdog.on_chat()
    assert await dog.passes(599) == 1
    assert dog.calls == 1
    await dog.passes(1)
    assert dog.calls == 2


async def test_chat_puts_it_off(dog: Dog) -> None:
    dog.live()
    await dog.watchdog.look()
    for _ in range(20):
        dog.clock.advance(590)
        dog.watchdog.on_chat()
        assert await dog.watchdog.look() == 600
    assert dog.calls == 0


async def test_silence_offline_is_no_matter(dog: Dog) -> None:
    assert await dog.passes(6_000) is None
    dog.live(since_minutes=50)
    assert await dog.watchdog.look() == 600
    dog.stream.went_offline()
    assert await dog.passes(6_000) is None
    assert dog.calls == 0
    dog.live()
    await dog.watchdog.look()
    await dog.passes(600)
    assert dog.calls == 1


async def test_a_process_that_stands_by_hears_nothing_and_begins_to_watch_when_it_listens(dog: Dog) -> None:
    dog.listens = False
    dog.live()
    assert await dog.passes(6_000) == 60
    assert await dog.passes(60) == 60
    dog.listens = True
    assert await dog.passes(60) == 600
    assert dog.calls == 0
    await dog.passes(600)
    assert dog.calls == 1


async def test_a_clock_that_is_set_back_makes_it_neither_deaf_nor_nervous(dog: Dog) -> None:
    dog.live()
    dog.watchdog.on_chat()
    await dog.watchdog.look()
    assert await dog.passes(-10_000) == 600
    assert dog.calls == 0
    await dog.passes(600)
    assert dog.calls == 1


async def test_help_that_fails_is_logged(dog: Dog, caplog: pytest.LogCaptureFixture) -> None:
    dog.error = PixelError("Twitch answered 500: oops")
    dog.live()
    await dog.watchdog.look()
    assert await dog.passes(600) == 600
    assert "could not be checked: Twitch answered 500: oops" in caplog.text


async def test_it_runs_by_itself(dog: Dog) -> None:
    running = asyncio.create_task(dog.watchdog.run())
    await asyncio.sleep(0)
    dog.live()
    while dog.watchdog._watched is None:
        await asyncio.sleep(0)
    dog.clock.advance(600)
    for tell in tuple(dog.stream.changed):
        tell()
    await asyncio.wait_for(dog.called.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert dog.stream.changed == set()
