"""Chat lines and events that earn, and what somebody has got."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pixel_bot.clock import from_micros
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.seed import place_of, query

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name)


def line(message_id: str, seconds: float = 0, name: str = "alice") -> ChatMessage:
    return chat_message(person(name), message_id, START + timedelta(seconds=seconds))


def event(event_id: str, name: str = "alice", points: int = 50, xp: int = 10) -> EventAward:
    return EventAward(event_id, "follow", person(name), points, xp, START)


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncGenerator[Services]:
    """The services of one run; what waits is written at its end."""
    async with opened(settings_in(folder, **settings), "sandbox", SettableClock()) as services:
        services.awards.start()
        yield services
        await services.awards.stop()


def follow(services: Services, at: datetime) -> None:
    """The clock goes on to that moment, as messages come when they were sent."""
    clock = services.clock
    if isinstance(clock, SettableClock) and clock.now() < at:
        clock.set(at)


async def say(services: Services, lines: Iterable[ChatMessage]) -> None:
    """All of them in one batch, durable when this returns."""
    for one in lines:
        follow(services, from_micros(one.at))
        services.awards.chat(one)
    await services.awards.drained()


async def say_apart(services: Services, lines: Iterable[ChatMessage]) -> None:
    for one in lines:
        await say(services, [one])


def file_of(services: Services) -> Path | str:
    return place_of(services.database)


def worth(services: Services, name: str = "alice") -> tuple[int, int]:
    """Points and XP, as another program sees them."""
    found = query(
        file_of(services),
        "SELECT u.points, COALESCE(x.xp, 0) FROM users u LEFT JOIN xp_records x ON x.user_name = u.name "
        f"WHERE u.name = '{name}'",
    )
    return found[0] if found else (0, 0)
