"""Bugs that are planted into the bot are found by the simulator: all in one process, which forks for each season."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.paths import ROOT
from tests.harness.ready_python import HASHES_AS_HERE, ready
from tests.harness.rounds import rounds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are simulated for POSIX systems")

TRIES = 8
"""Seasons for each planted bug. The first one finds it, until a change of the code changes its course."""

FEWEST_BUGS = 8
LONG = "claim outside,ends before,has played,undoes twice,ids that,lane,paid twice,outbox,counts as told,what was play"
"""Bugs whose seasons take long: they are looked for when rounds are asked for (``PIXEL_ROUNDS``)."""

PLANTED = Path(__file__).with_name("planted.py")


@pytest.mark.timeout(900)
def test_each_planted_bug_is_found() -> None:
    command = [sys.executable, str(PLANTED), str(TRIES), "", LONG if rounds(1) == 1 else ""]
    with ready():
        environment = {**os.environ, **HASHES_AS_HERE}
        found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count(", try ") >= FEWEST_BUGS
