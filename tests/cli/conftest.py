"""Fixtures of the tests of the command line."""

from collections.abc import Generator

import pytest

from tests.harness.logging_state import logging_as_before


@pytest.fixture(autouse=True)
def _logging_as_before() -> Generator[None]:
    with logging_as_before():
        yield
