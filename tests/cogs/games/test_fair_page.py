"""``docs/fair.md``: its ten lines check a draw as they stand there, without the bot."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.cli.fair import show_draw
from pixel_bot.testing import stage
from tests.cogs.games.test_giveaways import mod, say
from tests.harness.paths import ROOT

MOST_LINES = 10
"""Of the page's program, without the line of its imports."""


@pytest.fixture
async def drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Any]:
    """The SHA-256 that chat was told when a giveaway was opened, and what ``fair ID`` prints after three draws."""
    async with stage(tmp_path) as chat:
        (opened,) = await mod(chat, "!giveaway open win max 5 subs 2")
        for who, tickets in [("alice", 1), ("bob", 5), ("carol", 2), ("dave", 3)]:
            await say(chat, who, f"!ticket {tickets}", "subscriber" if who == "dave" else "viewer")
        await mod(chat, "!giveaway draw 2")
        await mod(chat, "!giveaway draw")
        settings, database = chat.services.settings, chat.services.database
    await database.close()
    assert await show_draw(settings, 1) == 0
    return opened.rsplit(" ", 1)[-1], json.loads(capsys.readouterr().out)


def checked(folder: Path, told: Any) -> list[str]:
    """What the page's program says of a draw, in a Python that has nothing of ours."""
    page = (ROOT / "docs" / "fair.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len([line for line in program.splitlines() if line and not line.startswith("import")]) <= MOST_LINES
    (folder / "check.py").write_text(program, encoding="utf-8")
    (folder / "draw.json").write_text(json.dumps(told), encoding="utf-8")
    command = [sys.executable, "-I", "-S", "check.py", "draw.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


async def test_the_page_checks_a_draw(tmp_path: Path, drawn: tuple[str, Any]) -> None:
    promised, told = drawn
    assert told["sha256"] == promised
    choices = [draw["choice"] for draw in told["draws"]]
    assert checked(tmp_path, told) == [
        "The seed is the one that was promised: True",
        *(f"Draw {number}: {name}, as was told: True" for number, name in enumerate(choices, start=1)),
    ]
    assert dict(told["draws"][0]["odds"]) == {"alice": 1, "bob": 5, "carol": 2, "dave": 6}
    assert len(set(choices)) == 3


async def test_it_finds_what_was_changed(tmp_path: Path, drawn: tuple[str, Any]) -> None:
    _, told = drawn
    other = next(name for name, _ in told["draws"][0]["odds"] if name != told["draws"][0]["choice"])
    told["draws"][0]["choice"] = other
    told["draws"][1]["odds"] = [["mallory", 1.0]]
    told["sha256"] = "0" * 64
    assert [line.rsplit(" ", 1)[-1] for line in checked(tmp_path, told)] == ["False", "False", "False", "True"]
