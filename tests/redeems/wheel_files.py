"""Wheels for a test."""

import json
from pathlib import Path
from typing import Any

HAND = [{"name": "Pick the next game", "weight": 1}]
POINTS = [{"name": "Win", "weight": 1, "grant_points": 70}]


def write(folder: Path, prizes: Any) -> None:
    (folder / "prizes.json").write_text(json.dumps(prizes, indent=1), encoding="utf-8")
