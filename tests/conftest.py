"""What each process of pytest needs; the one that only hands out tests to others imports no more than this."""

import gc
import importlib
import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.harness")

# Each worker, each bot in a process of its own and each load of the cogs would else compile all sources anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgresql", action="store_true", help="run on PostgreSQL what does not need a SQLite file")


MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
"""So many bytes of memory must be free for the tests' folders; they hold only what is under way, or has failed."""


def pytest_configure(config: pytest.Config) -> None:
    # Nothing that is imported while tests are collected is garbage.
    gc.disable()
    # Thousands of small databases that are synced to a disk wait for it longer than they work.
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    config.addinivalue_line("markers", "repeated: a race or a kill, which PIXEL_ROUNDS repeats so often")
    config.addinivalue_line("markers", "server: starts a PostgreSQL server of its own")
    config.addinivalue_line("markers", "sqlite: about a SQLite file itself, or a bot in a process of its own on one")
    if config.getoption("dist") == "no" or "PYTEST_XDIST_WORKER" in os.environ:
        config.pluginmanager.register(importlib.import_module("tests.fixtures"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report goes from process to process; what nobody reads there, keywords and the log of a success, takes time."""
    report = yield
    report.keywords = {}
    if report.passed:
        report.sections = []
    return report
