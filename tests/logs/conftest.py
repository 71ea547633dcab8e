"""Logging is for a whole process, which here is pytest's."""

import logging
from collections.abc import Generator

import pytest

from pixel_bot.logs import records
from pixel_bot.logs.repeats import RepeatsCollapsed


@pytest.fixture(autouse=True)
def _nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    """What a test hides is forgotten after it, and what it collapses is written."""
    monkeypatch.setattr(records, "_SECRETS", set[str]())
    yield
    for handler in logging.getLogger().handlers:
        if isinstance(handler, RepeatsCollapsed):
            handler.close()
