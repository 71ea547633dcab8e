"""Wheels for a test."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from pixel_bot.testing import Stage

HAND = [{"name": "Pick the next game", "weight": 1}]
POINTS = [{"name": "Win", "weight": 1, "grant_points": 70}]


def write(folder: Path, prizes: Any) -> None:
    (folder / "prizes.json").write_text(json.dumps(prizes, indent=1), encoding="utf-8")


def cog_module(chat: Stage) -> ModuleType:
    """The module of the wheel that this bot has loaded."""
    (wheel,) = chat.bot.cogs.components_of("wheel")
    return sys.modules[type(wheel).__module__]
