"""Levels that pay."""

import json
from pathlib import Path
from typing import Any

from pixel_bot.points.levels import Curve

CURVE = Curve(100, 1.8, 9_999)
REWARDS = {
    "2": {"points": 10},
    "3": {"message": "{user} is level {level}!"},
    "4": {"points": 30, "message": "Level {level}, {user}: {not a field} {0} {{}}"},
    "5": {"points": 50, "message": "five"},
}


def write_rewards(folder: Path, rewards: Any) -> Path:
    path = folder / "level_rewards.json"
    path.write_text(json.dumps(rewards), encoding="utf-8")
    return path
