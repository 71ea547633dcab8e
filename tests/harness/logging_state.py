"""Logging as it was before: the command line sets it up for a whole process, which in a test is pytest's."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from pixel_bot.logs import records


@contextmanager
def logging_as_before() -> Generator[None]:
    """Handlers and levels that the block changes, and the secrets that it hides, are as before it afterwards."""
    secrets = set(records._SECRETS)
    root, names = logging.getLogger(), ("pixel_bot", "pixel_cogs")
    handlers, level, levels = list(root.handlers), root.level, [logging.getLogger(name).level for name in names]
    yield
    root.handlers[:] = handlers
    records._SECRETS.intersection_update(secrets)
    for name, old in zip(("root", *names), (level, *levels), strict=True):
        if (logger := logging.getLogger(name)).level != old:  # else all loggers would forget what they are to log
            logger.setLevel(old)
