"""Fixtures that many tests share, and the order of the tests: for each process that runs some."""

import gc
import os
import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from pixel_bot.configuration.cog_settings import names_in_cogs
from pixel_bot.db import driver
from pixel_bot.queue.cluster import DEAD_SECONDS
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing import SettableClock, Stage, settings, settings_in, stage
from pixel_bot.testing.settings import stands_in_for
from tests.harness.browser import browser, careful_browser, playwright
from tests.harness.logging_state import logging_as_before
from tests.harness.pattern import fresh_file
from tests.harness.postgres import Databases, postgres
from tests.harness.rounds import rounds
from tests.kept_cogs import keep_cogs
from tests.loop_worker import LoopWorker
from tests.shared_dialect import share_dialect

__all__ = ["browser", "careful_browser", "playwright"]  # fixtures, which pytest finds here

keep_cogs()
share_dialect()

LONGEST_FIRST = (
    "test_lost_database", "test_server_restore", "test_in_browser", "test_planted", "test_simulation", "test_held",
    "test_redeem_kills", "test_replay", "test_cluster", "test_broken_frames", "test_layout",
    "test_secrets_of_sign_ins", "test_codes_in_browser", "test_events", "test_slow_clients", "test_stories",
    "test_secrets_at_work", "test_setup_codes", "test_cluster_outages", "test_sockets", "test_fields", "test_kills",
    "test_channel_point_kills", "test_once", "test_page_socket", "test_redeem_sockets", "test_server_backup",
    "test_joystick", "test_overlay_kill", "test_obs_studio", "test_wheel", "test_maintenance_kills",
    "test_subscriptions", "test_redeem_properties", "test_login", "test_chat", "test_redemptions", "test_check",
    "test_each_off", "test_both_platforms", "test_sending", "test_looks", "test_overlay", "test_disk_starts",
    "test_repeats", "test_texts_in_browser", "test_on_the_double", "test_new", "test_cookbook", "test_connections",
    "test_look_alikes", "test_requests", "test_sandbox",
)  # fmt: skip
"""Files that take long, so that no worker is left alone with one of them at the end."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With ``PIXEL_ROUNDS`` races and kills are run that often."""
    if rounds(1) > 1 and metafunc.definition.get_closest_marker("repeated"):
        metafunc.fixturenames.append("round_number")
        metafunc.parametrize("round_number", range(rounds(1)), indirect=True)


@pytest.fixture
def round_number(request: pytest.FixtureRequest) -> int:
    """Which round of a repeated test this is."""
    return request.param


def pytest_collection_finish() -> None:
    # A worker that has imported everything spends an eighth of its time on looking for garbage in what will stay.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first; on PostgreSQL there is no file to look at, and without it no server is started.

    ``-m server`` runs those that start one by themselves; so does ``--postgresql``.
    """
    last = len(LONGEST_FIRST)
    items.sort(key=lambda item: LONGEST_FIRST.index(name) if (name := item.path.stem) in LONGEST_FIRST else last)
    for item in items:
        if "databases" in getattr(item, "fixturenames", ()):
            item.add_marker("server")
    if config.getoption("--postgresql"):
        left_out = [item for item in items if item.get_closest_marker("sqlite")]
    elif not config.getoption("-m"):
        left_out = [item for item in items if item.get_closest_marker("server")]
    else:
        return
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Generator[Databases]:
    """Databases on a PostgreSQL server of the tests' own."""
    with postgres() as url:
        if request.config.getoption("--postgresql"):
            # On a server that has just started a bot leaves to other processes what they may still have under way.
            time.sleep(DEAD_SECONDS + 1)
        made = Databases(url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _ready_database(request: pytest.FixtureRequest) -> Generator[None]:
    """Who asks for a database gets one with our tables: a file, or with ``--postgresql`` one on the server."""
    if not request.config.getoption("--postgresql"):
        stands_in_for.append(fresh_file)
        yield
        stands_in_for.pop()
        return
    made: Databases = request.getfixturevalue("databases")
    stands_in_for.append(made.of)
    yield
    stands_in_for.pop()
    made.drop_all()


ABOUT_COGS = frozenset({"cogs", "cog_tools", "documents", "variables", "wording", "imports"})
"""Folders whose tests have all cogs, by their beginnings."""

APART = (
    "bets", "channel", "commands", "counters", "duel", "economy", "giveaways", "greetings", "heist", "lineup", "owed",
    "quotes", "regulars", "store", "timers", *(f"cogs/games/{name}.py" for name in ("gamble", "roulette", "slots")),
)  # fmt: skip
"""Cogs of which no other one needs anything. Loading them takes a third of the start of a bot."""

ABOUT_CONNECTIONS = frozenset(
    {"db", "schema", "disk", "upkeep", "backups", "cleanup", "restore", "cluster", "testing", "sim"}
)
"""Folders whose own tests have a thread for each connection to a database, as the bot has."""


@pytest.fixture(autouse=True)
def _what_a_folder_is_about(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests in folders that are not about cogs do without some; and those not about connections, without their threads.

    A test that is about either asks for ``all_cogs`` or ``database_threads``.
    """
    folder = request.path.relative_to(TESTS).parts[:-1]
    if folder and ABOUT_COGS.isdisjoint(folder) and "all_cogs" not in request.fixturenames:
        monkeypatch.setattr(settings, "left_out", APART)
    if folder and folder[-1] not in ABOUT_CONNECTIONS and "database_threads" not in request.fixturenames:
        monkeypatch.setattr(driver, "make_worker", LoopWorker)


@pytest.fixture
def all_cogs() -> None:
    """For a test with all cogs, in a folder that does without some."""


@pytest.fixture
def database_threads() -> None:
    """For a test about the threads of connections, in a folder that does without them."""


@pytest.fixture
def no_file_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests about a folder in which no bot has been: nothing stands in for its databases."""
    monkeypatch.setattr("pixel_bot.testing.settings.stands_in_for", [])


TESTS = Path(__file__).parent
SETTINGS = frozenset(name.upper() for name in Settings.model_fields) | names_in_cogs(None, installed=False).keys()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the environment's settings, or leaves files in the working directory."""
    for name in SETTINGS.intersection(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Generator[None]:
    """No test hears what another one has set up."""
    with logging_as_before():
        yield


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def services(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """All services over an empty database; awards are running."""
    async with opened(settings_in(tmp_path), "sandbox", clock) as built:
        built.awards.start()
        yield built
        await built.awards.stop()


@pytest.fixture
async def chat(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Stage]:
    """A chat with a bot and all built-in cogs."""
    async with stage(tmp_path, clock) as built:
        yield built
