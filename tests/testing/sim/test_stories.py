"""Stories: each bug that the simulator found is played again, and breaks no promise any more."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("locks of files are simulated for POSIX systems", allow_module_level=True)

from pixel_bot.testing.sim.forks import Played
from pixel_bot.testing.sim.plan import Plan, Trouble
from pixel_bot.testing.sim.series import Story
from pixel_bot.testing.sim.simulate import Result
from pixel_bot.testing.sim.stories import HELD, read, written
from tests.harness.paths import ROOT
from tests.harness.ready_python import HASHES_AS_HERE, ready

STORIES = sorted(Path(__file__).with_name("stories").glob("*.story"))
PLAN = Plan(3, 60.0, 4, 1.0, 0.3, {Trouble.KILL: 20.0}, left_out=frozenset({"chat:1", "chat:7"}))


def story_of(violation: str | None) -> str:
    """A short one."""
    story = Story([(1.5, "chat:0", "viewer1: !give @viewer2 3"), (9.0, "kill:0", "the bot is killed")])
    return written(Played(PLAN, Result("", 60.0, 2, 1, 1, 3, violation, story, 4.0 if violation else None), 0.0))


def test_a_story_tells_who_did_what_until_the_promise_broke() -> None:
    text = story_of("User 3 has 480 points, and rows for 479.")
    assert text.startswith("# User 3 has 480 points, and rows for 479.\n{")
    assert "     1.50 s  chat:0             viewer1: !give @viewer2 3\n" in text
    assert "killed" not in text.split("\n\n")[1]
    assert text.endswith("     4.00 s  BROKEN             User 3 has 480 points, and rows for 479.\n")


@pytest.mark.parametrize("violation", [None, "User 3 has 480 points, and rows for 479."])
def test_a_story_holds_its_plan(tmp_path: Path, violation: str | None) -> None:
    file = tmp_path / "some.story"
    file.write_text(story_of(violation), encoding="utf-8")
    assert read(file) == PLAN
    assert read(file) != replace(PLAN, left_out=frozenset())


def test_a_file_without_a_plan_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.story"
    file.write_text("# Nothing.\n\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.story is no story"):
        read(file)


@pytest.mark.timeout(600)
def test_what_was_found_once_is_mended() -> None:
    command = [sys.executable, "-m", "pixel_bot.testing.sim", "--tries", "0", "--story", *map(str, STORIES)]
    with ready():
        environment = {**os.environ, **HASHES_AS_HERE}
        played = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count(HELD) == len(STORIES)
