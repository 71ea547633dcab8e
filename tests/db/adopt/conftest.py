"""Databases to adopt."""

from pathlib import Path

import pytest

from tests.harness.seed import hand_made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pixel.db"


@pytest.fixture
def lived_in(path: Path) -> Path:
    """A database with rows in all seven tables."""
    when = "2025-06-01 20:00:00.000000"
    return hand_made(
        path,
        users=[
            {"id": 1, "name": "alice", "points": 70, "created_at": when, "updated_at": when},
            {"id": 5, "name": "bob", "points": 1_000, "created_at": when, "updated_at": when},
        ],
        xp_records=[{"id": 3, "user_name": "alice", "xp": 1_300, "level": 5, "created_at": when, "updated_at": when}],
        transactions=[
            {"id": 11, "user_id": 1, "amount": 95, "reason": "chat", "balance_after": 95, "created_at": when},
            {"id": 12, "user_id": 1, "amount": -25, "reason": "redeem:tts", "balance_after": 70, "created_at": when},
        ],
        cooldowns=[{"id": 2, "user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:30.000000"}],
        queue_items=[
            {"id": 8, "kind": "tts", "status": "pending", "payload_json": '{"text": "hi"}', "created_at": when}
        ],
        redeems=[{"key": "tts", "display_name": "Say it", "cost": 30, "enabled": 0, "cooldown_s": 7}],
        joystick_installs=[{"id": 1, "channel_id": "c1", "access_token": "a", "refresh_token": "r"}],
    )
