"""The time zone of this machine, for the length of a test."""

import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest


@contextmanager
def in_zone(zone: str) -> Generator[None]:
    """Another zone than its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        _set_zone()
        yield
    _set_zone()


def _set_zone() -> None:
    if hasattr(time, "tzset"):
        time.tzset()
