"""Awards on a disk that fills up, and what is said of it."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.db.engine import Database
from pixel_bot.db.write_outage import FULL, Problem, WriteOutage
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.services import Services
from tests.harness.waiting import until

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFUSED = "I cannot save anything right now: the disk is full. Nothing was charged or changed."
SECONDS = 60.0


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name)


def line(message_id: str, seconds: float = 0, name: str = "alice") -> ChatMessage:
    return chat_message(person(name), message_id, START + timedelta(seconds=seconds))


def event(event_id: str, name: str = "alice") -> EventAward:
    return EventAward(event_id, "follow", person(name), 50, 10, START)


async def becomes(trouble: WriteOutage, wanted: Problem | None) -> None:
    """Wait until the trouble is that."""
    changed = asyncio.Event()
    trouble.changed.add(changed.set)
    await until(lambda: trouble.now == wanted, SECONDS, changed=changed)
    trouble.changed.discard(changed.set)


async def pester(services: Services) -> None:
    """Make the bot see that its disk is full."""
    services.awards.chat(line("pester", 0, "pester"))
    await becomes(services.awards.write_outage, FULL)


async def balances(services: Services) -> dict[str, int]:
    async with services.database.readers() as session:
        rows = await session.execute(text("SELECT name, points FROM users"))
        return {row.name: row.points for row in rows}


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


# What an error means


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words that nobody looks at")
    error.sqlite_errorcode = code
    return error


async def mark(database: Database, value: str) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO meta (key, value) VALUES ('test', :value)"), {"value": value})


def file_of(services: Services) -> Path:
    assert services.database.path is not None
    return services.database.path
