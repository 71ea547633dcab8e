"""An OBS client, and what tests of it ask and expect."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from pixel_bot.backends import obs as module
from pixel_bot.backends.obs import Obs
from pixel_bot.backends.obs_problems import (
    ObsProblem,
)
from tests.harness.studio.obs_double import PASSWORD, ObsDouble

SAVE, STATUS = "SaveReplayBuffer", "GetReplayBufferStatus"
TIMEOUT = 10.0
PROMPT = 3.0
"""Seconds within which a failure must be told that does not have to wait for the timeout."""


@asynccontextmanager
async def client(double: ObsDouble, password: str = PASSWORD, *, timeout: float = TIMEOUT) -> AsyncGenerator[Obs]:
    """A client that is not started: it connects when asked to."""
    built = Obs("127.0.0.1", double.port, password, timeout=timeout)
    try:
        yield built
    finally:
        await built.close()


def save(obs: Obs) -> "asyncio.Task[module.SavedReplay]":
    return asyncio.create_task(obs.save_replay())


async def refused_check(obs: Obs, problem: type[ObsProblem]) -> str:
    """The sentence with which a check says no, for this reason."""
    with pytest.raises(ObsProblem) as caught:
        async with asyncio.timeout(PROMPT):
            await obs.check()
    assert type(caught.value) is problem
    return f"No clip right now: {caught.value.reason}."


async def failed_save(saving: "asyncio.Task[module.SavedReplay]", problem: type[ObsProblem]) -> None:
    """A save that ends promptly, for this reason."""
    with pytest.raises(ObsProblem) as caught:
        async with asyncio.timeout(PROMPT):
            await saving
    assert type(caught.value) is problem


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
