"""Whatever kills a restore, one of the two databases is there."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from pixel_bot.cli.backup import restore_database
from pixel_bot.settings import Settings
from tests.harness.ready_python import ready
from tests.harness.seed import query
from tests.upkeep.restore.databases import BALANCES, SINCE, THEN, grant, in_use, is_right

pytestmark = [pytest.mark.repeated, pytest.mark.sqlite]


# Killed


MORTAL = """
import asyncio, os, signal, sys
from pathlib import Path
from pixel_bot.cli.backup import restore_database
from pixel_bot.testing import settings_in


def deadly(function, when, number):
    def call(*arguments, **named):
        nonlocal number
        number -= 1
        if number == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if number == 0 and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


for line in sys.stdin:
    folder, backup, when, name, number = line.rstrip("\\n").split("|")
    child = os.fork()
    if child == 0:
        owner = Path if name == "replace" else os
        setattr(owner, name, deadly(getattr(owner, name), when, int(number)))
        url = f"sqlite+aiosqlite:///{(Path(folder) / 'pixel.db').as_posix()}"
        asyncio.run(restore_database(settings_in(Path(folder), database_url=url), Path(backup)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@pytest.fixture(scope="module")
def mortal() -> Generator[Callable[..., int]]:
    """Restores in a process that kills itself at a point. Returns how it ended."""
    pipe = subprocess.PIPE
    with ready(), subprocess.Popen([sys.executable, "-c", MORTAL], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def restore(*words: object) -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("|".join(map(str, words)) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield restore
        process.stdin.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
@pytest.mark.parametrize(
    ("when", "name", "number"),
    [
        ("before", "fsync", 2),
        ("before", "replace", 1),
        ("before", "link", 1),
        ("after", "link", 1),
        ("before", "replace", 2),
        ("after", "replace", 2),
    ],
    ids=["copying", "verified", "before the second name", "after it", "before the rename", "after it all"],
)
async def test_whatever_kills_it_one_of_the_two_is_there_and_the_next_run_finishes(
    mortal: Callable[..., int],
    backup: Path,
    present: Path,
    settings: Settings,
    when: str,
    name: str,
    number: int,
) -> None:
    ended = await asyncio.to_thread(mortal, present.parent, backup, when, name, number)
    assert ended == -signal.SIGKILL
    assert query(present, BALANCES) == (THEN if (when, name) == ("after", "replace") else SINCE)
    assert await is_right(present)
    assert await restore_database(settings, backup) == 0
    assert query(present, BALANCES) == THEN
    assert await is_right(present)
    assert SINCE in [query(p, BALANCES) for p in present.parent.glob("*.before-restore.db")]
    assert [p.name for p in present.parent.iterdir() if ".restored" in p.name or p.name.endswith(".part")] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
async def test_a_kill_loses_nothing_that_was_still_in_the_log(
    mortal: Callable[..., int], backup: Path, present: Path
) -> None:
    async with in_use(present) as services:
        await grant(services, "carl", 7)
        left = {ending: Path(f"{present}{ending}").read_bytes() for ending in ("", "-wal")}
    for ending, content in left.items():
        Path(f"{present}{ending}").write_bytes(content)
    ended = await asyncio.to_thread(mortal, present.parent, backup, "before", "replace", 2)
    assert ended == -signal.SIGKILL
    assert query(present, BALANCES) == [*SINCE, ("carl", 7)]
