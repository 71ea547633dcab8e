"""The simulator: the same seed is the same season, and a promise that is broken is found.

Each runs in a process of its own, because a simulation takes over the clocks of its process.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are simulated for POSIX systems")

PLANTED = Path(__file__).with_name("planted.py")


def simulation(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A simulation from the command line."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)


def test_a_seed_with_kills_keeps_every_promise_and_has_one_digest() -> None:
    first, second = (simulation("-m", "pixel_bot.testing.sim", "--seed", "4", "--hours", "0.03") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    assert "kill" in first.stdout
    assert " 0 kills" not in first.stdout
    digest = first.stdout.splitlines()[-1]
    assert len(digest) == 64
    assert second.stdout.splitlines()[-1] == digest


@pytest.mark.parametrize(
    ("bug", "sentence"),
    [
        ("a balance that misses a row", "points, and rows for"),
        ("ids that are not kept", "are noted"),
        ("a refund that is paid twice", "points were to be given back"),
    ],
)
def test_a_planted_bug_is_found(bug: str, sentence: str) -> None:
    found = simulation(str(PLANTED), bug)
    assert found.returncode == 1, found.stdout + found.stderr
    assert sentence in found.stdout
