"""The election among processes on one database: who listens, when that changes, and what is certain of it."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.eventsub.listener_election import ListenerElection
from pixel_bot.platforms.twitch.helix import Role
from tests.harness.seed import query
from tests.harness.waiting import until

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pixel_bot cluster' ORDER BY backend_start"


class Process:
    """One process's part in it. It looks only when it is told to."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.cluster = Cluster(self.database)
        self.accounts = Accounts()
        self.election = ListenerElection(self.cluster, self.accounts)
        self.changes = 0
        self.election.changed = self.count

    def count(self) -> None:
        self.changes += 1

    async def sign_in(self, *roles: Role) -> None:
        for role in roles:
            await self.accounts.sign_in(TwitchAccount(role, role, role, role, frozenset(), Tokens("a", "r")))

    async def state(self) -> str:
        """What it is after a look."""
        await self.election.check()
        return {(True, False): "ours", (False, True): "elsewhere", (False, False): "none"}[
            self.election.is_ours, self.election.is_elsewhere
        ]

    async def becomes(self, state: str) -> None:
        async def is_so() -> bool:
            return await self.state() == state

        await until(is_so)


@pytest.fixture
async def pair(url: str) -> AsyncGenerator[tuple[Process, Process]]:
    both = Process(url), Process(url)
    for one in both:
        await one.cluster.start()
    yield both
    for one in both:
        await one.cluster.stop()
        await one.database.close()


async def test_it_stays_with_the_first_one_until_that_leaves(pair: tuple[Process, Process]) -> None:
    for one in pair:
        assert await one.state() == "none", "nobody is signed in"
        await one.sign_in(*ROLES)
    assert [await one.state() for one in (*pair, *pair)] == ["ours", "elsewhere"] * 2
    assert [one.changes for one in pair] == [1, 1]
    await pair[0].election.leave()
    assert await pair[1].state() == "ours"
    assert [await one.election.confirm() for one in pair] == [False, True]


async def test_who_waits_is_told_at_once_that_it_is_free(
    pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.listener_election.CHECK_SECONDS", 3_600.0)
    first, heir = pair
    for one in pair:
        await one.sign_in(*ROLES)
    assert await first.state() == "ours"
    waiting = asyncio.create_task(heir.election.run())
    await until(lambda: heir.election.is_elsewhere)
    await first.election.leave()
    await until(lambda: heir.election.is_ours)
    waiting.cancel()
    await asyncio.wait({waiting})


async def test_one_that_is_signed_in_with_both_accounts_is_preferred(pair: tuple[Process, Process]) -> None:
    first, second = pair
    await first.sign_in("bot")
    assert await first.state() == "ours", "better than nobody"
    await second.sign_in(*ROLES)
    assert await second.state() == "elsewhere"
    await first.becomes("elsewhere")
    assert await second.state() == "ours"
    for role in ROLES:
        await second.accounts.end_sign_in(role)
    assert await second.state() == "none"
    await first.becomes("ours")


async def test_one_that_hears_nothing_lets_another_one_try(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.election.is_deaf = lambda: True
    await first.sign_in(*ROLES)
    assert [await first.state() for _ in range(2)] == ["ours"] * 2, "nobody else is there"
    await second.sign_in(*ROLES)
    assert await second.state() == "elsewhere"
    await first.becomes("elsewhere")
    assert await first.state() == "elsewhere", "it leaves the second one the time"
    assert await second.state() == "ours"
    assert await first.state() == "elsewhere"
    await second.election.leave()
    await first.becomes("ours")


async def test_what_only_the_listener_may_do_ends_with_its_connection_to_the_server(
    pair: tuple[Process, Process], url: str
) -> None:
    first, heir = pair
    for one in pair:
        await one.sign_in(*ROLES)
        await one.election.check()
    assert await first.election.confirm()
    query(url, f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS} LIMIT 1) AS found")
    await heir.becomes("ours")
    assert first.election.is_ours, "it has not looked yet"
    assert not await first.election.confirm()
    await first.becomes("elsewhere")


async def test_a_server_that_does_not_answer_changes_nothing_and_confirms_nothing(
    pair: tuple[Process, Process], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.db.server.cluster.ANSWER_SECONDS", 0.3)
    first, heir = pair
    for one in pair:
        await one.sign_in(*ROLES)
        await one.election.check()
    ((silent, *_), *_) = query(url, BACKENDS)
    os.kill(silent, signal.SIGSTOP)
    try:
        assert not await first.election.confirm()
        assert await first.state() == "ours", "as it was"
        assert await heir.state() == "elsewhere", "the server still takes the first one for the leader"
    finally:
        os.kill(silent, signal.SIGCONT)
    await until(lambda: first.cluster._connection is not None)
    await first.becomes("ours")
    assert await first.election.confirm()


async def test_alone_on_a_file_it_always_listens() -> None:
    election = ListenerElection(None, Accounts())
    await election.check()
    assert (election.is_ours, election.is_elsewhere, election.is_shared) == (True, False, False)
    assert await election.confirm()


# What a notification has to know


@pytest.fixture
async def listening(pair: tuple[Process, Process]) -> AsyncGenerator[tuple[Process, Process]]:
    """The first one listens. Both look by themselves."""
    for one in pair:
        await one.sign_in(*ROLES)
        await one.election.check()
    looking = [asyncio.create_task(one.election.run()) for one in pair]
    yield pair
    for task in looking:
        task.cancel()
    await asyncio.wait(looking)


def cut_off(url: str) -> None:
    """The first one's connection to the server ends."""
    query(url, f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS} LIMIT 1) AS found")


async def test_a_turn_goes_on_while_the_lease_is_fresh(listening: tuple[Process, Process]) -> None:
    first, heir = listening
    assert first.election.holds(first.election.term)
    assert not heir.election.holds(heir.election.term)
    first.cluster._confirmed_at = tuple(then - 8.5 for then in first.cluster._confirmed_at)  # pyright: ignore[reportAttributeAccessIssue] - as after a hang
    assert not first.election.holds(first.election.term)
    assert await first.election.settle(first.election.term), "nobody has taken over"


async def test_a_turn_is_over_once_another_one_has_listened(
    listening: tuple[Process, Process], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.db.server.cluster.RETRY_SECONDS", 3.0)
    first, heir = listening
    term = first.election.term
    cut_off(url)
    heir.election.check_soon()
    await until(lambda: heir.election.is_ours)
    assert not await first.election.settle(term)
    await heir.election.leave()
    await first.becomes("ours")
    assert not first.election.holds(term), "also when it is its turn again"
    assert first.election.holds(first.election.term)


async def test_a_turn_goes_on_where_nobody_else_has_listened(pair: tuple[Process, Process], url: str) -> None:
    first, _ = pair
    await first.sign_in(*ROLES)
    looking = asyncio.create_task(first.election.run())
    await until(lambda: first.election.is_ours)
    term = first.election.term
    cut_off(url)
    await until(lambda: not first.election.holds(term))
    assert await first.election.settle(term)
    assert first.election.holds(term)
    looking.cancel()
    await asyncio.wait({looking})


async def test_where_nobody_can_know_it_is_waited_for_once_and_all_stays_as_it_was(
    listening: tuple[Process, Process], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.eventsub.listener_election.PATIENCE_SECONDS", 0.5)
    first, _ = listening
    silent = first.cluster._pid
    os.kill(silent, signal.SIGSTOP)
    try:
        await until(lambda: Path(f"/proc/{silent}/stat").read_text(encoding="utf-8").split()[2] == "T")
        await asyncio.sleep(0.2)  # what it has answered before that has arrived
        first.cluster._confirmed_at = (0.0, 0.0)
        assert await first.election.settle(first.election.term)
        assert not first.election.holds(first.election.term)
        async with asyncio.timeout(0.4):
            assert await first.election.settle(first.election.term)
    finally:
        os.kill(silent, signal.SIGCONT)
    await until(lambda: first.election.holds(first.election.term))
