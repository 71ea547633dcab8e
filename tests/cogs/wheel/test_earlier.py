"""Spins that version 0.1 has left in the queue, and a bot without the wheel."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.db.json_type import read_json
from pixel_bot.testing import Stage, stage
from tests.cogs.wheel.wheel_files import POINTS, write
from tests.harness.database import findings, rows
from tests.harness.seed import execute, place_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def left_by_the_version_before(
    folder: Path, status: str = "pending", begun_at: str | None = None, prize_of: bool = False
) -> None:
    """A spin of alice, or the effect of her prize, in the words of version 0.1."""
    write(folder, POINTS)
    async with stage(folder) as before:
        await before.viewer("alice", points=100)
        before.overlay.close()
        await before.say("alice", "!spin")
        file = place_of(before.services.database)
        ((kept,),) = await rows(before, "SELECT payload_json FROM queue_items")
    shown = read_json(kept)
    payload: dict[str, Any] = {"effect": "wheel", "draw": shown["kept"]["draw"], **shown["data"]}
    if prize_of:
        payload = {"effect": "sound", "name": "ding", "volume": 1.0, "prize_of": payload["draw"]}
        execute(file, "UPDATE draws SET landed_at = created_at")
        execute(
            file,
            "UPDATE queue_items SET cost = 0, kind = 'effect', track = 'sound', message_id = NULL",
        )
    begun = f"'{begun_at}'" if begun_at else "NULL"
    changes = f"payload_json = '{json.dumps(payload)}', status = '{status}', begun_at = {begun}"
    execute(file, f"UPDATE queue_items SET {changes}")


async def is_right(chat: Stage, points: int, landed: bool, cancelled: bool) -> None:
    assert await chat.points("alice") == points
    draws = await rows(chat, "SELECT landed_at IS NOT NULL, cancelled_at IS NOT NULL FROM draws")
    assert [tuple(map(bool, row)) for row in draws] == [(landed, cancelled)]
    assert await findings(chat.bot) == []


@pytest.mark.parametrize("status", ["pending", "running"])
async def test_it_turns_and_is_paid(tmp_path: Path, status: str) -> None:
    await left_by_the_version_before(tmp_path, status)
    async with stage(tmp_path) as chat:
        await chat.settled()
        assert [(m["what"], m["name"], m["data"]["winner"]) for m in chat.overlay.played] == [("art", "wheel", 0)]
        assert chat.sent == ["alice won Win! (+70 points)"]
        await is_right(chat, 70, landed=True, cancelled=False)


async def test_one_that_was_seen_turning_counts(tmp_path: Path) -> None:
    await left_by_the_version_before(tmp_path, "running", "2026-01-01 00:00:00.000000")
    async with stage(tmp_path) as chat:
        chat.overlay.close()
        await chat.passes(150)
        await is_right(chat, 70, landed=True, cancelled=False)


async def test_one_that_is_given_back_returns_its_prize(tmp_path: Path) -> None:
    await left_by_the_version_before(tmp_path)
    async with stage(tmp_path) as chat:
        chat.overlay.plays = False
        await chat.say("mila", "!queue skip wheel", "moderator")
        await is_right(chat, 100, landed=False, cancelled=True)


async def test_one_that_has_landed_is_not_given_back(tmp_path: Path) -> None:
    await left_by_the_version_before(tmp_path, "done", "2026-01-01 00:00:00.000000")
    async with stage(tmp_path) as chat:
        answers = await chat.say("mila", "!refund @alice", "moderator")
        assert answers == ["The wheel has turned: the prize counts, so the spin is not given back."]
        assert await chat.points("alice") == 0


async def test_a_prize_whose_effect_fails_is_owed(tmp_path: Path) -> None:
    await left_by_the_version_before(tmp_path, prize_of=True)
    async with stage(tmp_path) as chat:
        chat.overlay.plays = False
        await chat.overlay.asked(1)
        chat.overlay.failed()
        await chat.settled()
        assert any("A mod hands over Win." in line for line in chat.sent)
        assert await chat.say("mila", "!wheel owed", "moderator") == ["Still to hand over: alice: Win"]


@pytest.mark.parametrize("begun_at", [None, "2026-01-01 00:00:00.000000"])
async def test_without_the_wheel_it_is_given_back(tmp_path: Path, begun_at: str | None) -> None:
    await left_by_the_version_before(tmp_path, "running", begun_at)
    async with stage(tmp_path, cogs_off="wheel") as chat:
        await chat.settled()
        assert chat.sent == ["@alice spin: The feature behind it is gone. Your 100 points are back."]
        assert await chat.points("alice") == 100
        assert await findings(chat.bot) == []


async def test_what_was_bought_is_given_back_without_the_wheel_and_all_else_works(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path) as before:
        await before.viewer("alice", points=100)
        before.overlay.close()
        await before.say("alice", "!spin")
        execute(place_of(before.services.database), "UPDATE queue_items SET begun_at = created_at")
    async with stage(tmp_path, cogs_off="wheel") as chat:
        await chat.settled()
        assert await chat.points("alice") == 100
        assert await chat.say("alice", "!spin") == []
        assert await chat.say("alice", "!wheel") == []
        assert await chat.say("mila", "!queue pause wheel", "moderator") == [
            "There is no lane wheel. There are: tts, effect."
        ]
        assert (await chat.say("alice", "!sound ding"))[0].startswith("Playing ding!")
        assert "spin" not in " ".join(await chat.say("alice", "!redeems"))
        assert await findings(chat.bot) == []
