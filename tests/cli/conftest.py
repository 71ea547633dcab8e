"""Fixtures of the tests of the command line."""

import logging
from collections.abc import Generator

import pytest


@pytest.fixture(autouse=True)
def _logging_as_before() -> Generator[None]:
    """``main`` sets up logging for a whole process."""
    root, names = logging.getLogger(), ("pixel_bot", "cogs")
    handlers, level, levels = list(root.handlers), root.level, [logging.getLogger(name).level for name in names]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(old)
