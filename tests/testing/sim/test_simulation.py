"""The simulator: the same seed is the same season, and a promise that is broken is found.

Each runs in a process of its own, because a simulation takes over the clocks of its process.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.paths import ROOT
from tests.harness.rounds import rounds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are simulated for POSIX systems")

TRIES = 8
"""Seasons for each planted bug; the first one finds it unless the code has changed its course."""

FEWEST_BUGS = 12
PLANTED = Path(__file__).with_name("planted.py")


def simulation(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A simulation from the command line."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)


def test_a_seed_with_kills_keeps_every_promise_and_has_one_digest() -> None:
    first, second = (simulation("-m", "pixel_bot.testing.sim", "--seed", "4", "--hours", "0.03") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    assert "kill" in first.stdout
    assert " 0 kills" not in first.stdout
    digest = first.stdout.splitlines()[-1]
    assert len(digest) == 64
    assert second.stdout.splitlines()[-1] == digest


def test_seeds_are_played_side_by_side() -> None:
    count = rounds(6)
    swarm = simulation("-m", "pixel_bot.testing.sim", "--seeds", f"1-{count}", "--hours", "0.02", "--jobs", "2")
    assert swarm.returncode == 0, swarm.stdout + swarm.stderr
    lines = swarm.stdout.splitlines()
    assert sorted(int(line.split()[1][:-1]) for line in lines if line.startswith("seed ")) == [*range(1, count + 1)]
    assert lines[-1].startswith(f"{count} seeds: ")


def test_each_planted_bug_is_found() -> None:
    found = simulation(str(PLANTED), str(TRIES))
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count(": seed ") >= FEWEST_BUGS
