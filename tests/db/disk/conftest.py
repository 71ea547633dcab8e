"""A disk that fills up."""

from collections.abc import Generator

import pytest

from pixel_bot.db import write_outage as outage_module
from tests.harness.disk import BadDisk, bad_disk


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Generator[BadDisk]:
    """The disk of this process's databases, and a bot that looks often whether it is well again."""
    monkeypatch.setattr(outage_module, "PROBE_SECONDS", 0.02)
    with bad_disk() as made:
        yield made
        made.free()
