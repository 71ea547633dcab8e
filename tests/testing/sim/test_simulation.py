"""The simulator: some seasons in which everything fails that can, and every promise is kept.

Each runs in a process of its own, because a simulation takes over the clocks of its process.
"""

import subprocess
import sys

import pytest

from tests.harness.paths import ROOT
from tests.harness.rounds import rounds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are simulated for POSIX systems")

SEEDS = 2
HOURS = "0.01"
DIGEST_OF = 1
"""The seed that is played again, in another process."""


def simulation(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A simulation from the command line."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(600)
def test_seeds_keep_every_promise_and_each_has_one_digest() -> None:
    count = rounds(SEEDS)
    swarm = simulation("-m", "pixel_bot.testing.sim", "--seeds", f"1-{count}", "--hours", HOURS, "--jobs", "2")
    assert swarm.returncode == 0, swarm.stdout + swarm.stderr
    *lines, totals = swarm.stdout.splitlines()
    digests = {int(line.split()[1][:-1]): line.rsplit("[")[1].rstrip("]") for line in lines}
    assert sorted(digests) == [*range(1, count + 1)]
    assert totals.startswith(f"{count} seeds: ")
    assert " 0 kills" not in totals

    alone = simulation("-m", "pixel_bot.testing.sim", "--seed", str(DIGEST_OF), "--hours", HOURS)
    digest = alone.stdout.splitlines()[-1]
    assert len(digest) == 64
    assert digest.startswith(digests[DIGEST_OF])
