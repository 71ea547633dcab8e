"""The simulator: the same seed is the same season, and a promise that is broken is found.

Each runs in a process of its own, because a simulation takes over the clocks of its process.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are simulated for POSIX systems")

PLANTED = Path(__file__).with_name("planted.py")


SEED, HOURS = 4, 0.012
SENTENCES = {
    "a balance that misses a row": "points, and rows for",
    "ids that are not kept": "are noted",
    "a refund that is paid twice": "points were to be given back",
}
"""What is said of each planted bug."""


def simulation(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A simulation from the command line."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="module")
def planted() -> dict[str, str]:
    """What is found in a process that plays a season as it is, then with each of the bugs: a line for each."""
    found = simulation(str(PLANTED), str(SEED), str(HOURS), *SENTENCES, PYTHONHASHSEED="0")
    assert found.returncode == 0, found.stdout + found.stderr
    return dict(line.split(" | ") for line in found.stdout.splitlines())


def test_a_seed_with_kills_keeps_every_promise_and_has_one_digest(planted: dict[str, str]) -> None:
    played = simulation("-m", "pixel_bot.testing.sim", "--seed", str(SEED), "--hours", str(HOURS))
    assert played.returncode == 0, played.stdout + played.stderr
    assert "kill" in played.stdout
    assert " 0 kills" not in played.stdout
    digest = played.stdout.splitlines()[-1]
    assert len(digest) == 64
    assert planted["digest"] == digest


@pytest.mark.parametrize(("bug", "sentence"), SENTENCES.items())
def test_a_planted_bug_is_found(planted: dict[str, str], bug: str, sentence: str) -> None:
    assert sentence in planted[bug]
