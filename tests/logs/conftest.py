"""Logging is for a whole process, which here is pytest's."""

import logging
from collections.abc import Generator

import pytest

from pixel_bot.logs import records
from pixel_bot.logs.repeats import RepeatsCollapsed
from tests.harness.logging_state import logging_as_before


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    """What a test sets up or hides is forgotten after it."""
    monkeypatch.setattr(records, "_SECRETS", set[str]())
    with logging_as_before():
        yield
        for handler in logging.getLogger().handlers:
            if isinstance(handler, RepeatsCollapsed):
                handler.close()
