"""The commands that look after the database, killed in the middle: no balance changes, and the next run finishes.

A few named places here; ``benchmarks/maintenance_kills.py`` kills hundreds of times at random ones.
"""

import os
from collections.abc import Generator

import pytest

from tests.harness.maintenance.kills import Case, Kit, kit

pytestmark = [
    pytest.mark.repeated,
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
]

PLACES: list[tuple[Case, str, int]] = [
    ("upgrade", "os.fsync", 1),  # while the copy is being made
    ("upgrade", "BEGIN IMMEDIATE", 1),  # after the copy, before the first change
    ("upgrade", "CREATE UNIQUE INDEX", 1),  # in the middle of the migration
    ("upgrade", "COMMIT", 1),
    ("adopt", "INSERT INTO transactions", 1),
    ("adopt", "UPDATE alembic_version", 5),
    ("backup", "os.rename", 1),
    ("restore", "os.rename", 1),
    ("restore", "os.rename", 2),
    ("cleanup", "DELETE FROM events", 2),
    ("cleanup", "VACUUM", 1),
    ("import", "COMMIT", 2),
    ("undo", "COMMIT", 2),
]


@pytest.fixture(scope="module")
def made() -> Generator[Kit]:
    with kit() as built:
        yield built


@pytest.mark.parametrize(("case", "at", "nth"), PLACES, ids=lambda part: str(part))
def test_nothing_is_lost_and_the_next_run_finishes(made: Kit, case: Case, at: str, nth: int) -> None:
    ended, wrong = made.kill(case, at=at, nth=nth)
    assert ended.was_killed, f"{case} does not come there: {ended.steps}"
    assert wrong == []
