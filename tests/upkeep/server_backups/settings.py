"""The one backup of a server."""

from pathlib import Path

from pixel_bot.settings import Settings
from pixel_bot.upkeep.backup_folder import kept_in
from tests.harness.paths import ROOT

BALANCES = "SELECT name, points FROM users WHERE points > 0 ORDER BY name"
THEN, SINCE = [("alice", 105), ("bob", 30)], [("alice", 105), ("bob", 30), ("zoe", 7)]
"""Balances when the backup was made, and those that are there now."""

SCHEMAS = ROOT / "tests/harness/schemas"


def only(there: Settings) -> Path:
    (made,) = kept_in(there.backup_dir, "sandbox")
    return made.path
