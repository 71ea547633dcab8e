"""Kills maintenance at any of its steps, and says what is wrong then: a few times here, hundreds in benchmarks."""

import asyncio
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from pixel_bot.db.engine import Database
from pixel_bot.settings import Settings
from pixel_bot.upkeep.backup_folder import kept_in
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness import mortal
from tests.harness.maintenance.states import (
    BACKUPS,
    DATABASE,
    OLD,
    PEOPLE,
    POINTS,
    ROWS_EACH,
    SAVED,
    SCHEMAS,
    Ended,
    State,
    is_whole,
    kept_aside,
    problems,
    seen,
    state_of,
    written,
)
from tests.harness.mortal import SAID, STEPS
from tests.harness.ready_python import ready

Case = Literal["upgrade", "adopt", "backup", "restore", "cleanup", "import", "undo"]
CASES: tuple[Case, ...] = get_args(Case)
ARGUMENTS: dict[Case, tuple[str, ...]] = {
    "upgrade": ("db", "upgrade"),
    "adopt": ("db", "upgrade"),
    "backup": ("db", "backup"),
    "restore": ("db", "restore", str(SAVED)),
    "cleanup": ("db", "cleanup"),
    "import": ("import", str(POINTS)),
}


class Kit:
    """The server, and for each case a folder as it stands before the command."""

    def __init__(self, home: Path, server: "subprocess.Popen[str]") -> None:
        self._home = home
        self._server = server
        self._dry: dict[Case, tuple[Path, State, State, Ended]] = {}

    def run(self, folder: Path, arguments: Sequence[str], *, at: str = "", nth: int = 0, after: float = 0.0) -> Ended:
        """One command, to its end or its death before the nth step with that name, or after so many seconds."""
        order = {"folder": str(folder), "arguments": arguments, "at": at, "nth": nth, "after": after}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        code, seconds = json.loads(self._server.stdout.readline())
        return Ended(code, seconds, tuple(written(folder / STEPS).splitlines()), written(folder / SAID))

    def whole(self, case: Case) -> Ended:
        """How the command runs when nobody kills it."""
        return self._prepared(case)[3]

    def kill(self, case: Case, *, at: str = "", nth: int = 0, after: float = 0.0) -> tuple[Ended, list[str]]:
        """Kill the command, look at what it left, let it run again, and look again.

        Returns:
            How it ended when it was to be killed, and what is wrong.
        """
        template, before, done, _ = self._prepared(case)
        with tempfile.TemporaryDirectory(dir=self._home) as name:
            folder = Path(name) / "copy"
            shutil.copytree(template, folder)
            ended = self.run(folder, self._arguments(case, folder), at=at, nth=nth, after=after)
            left, wrong = self._look(folder, before, done)
            again = self.run(folder, self._arguments(case, folder))
            if again.code and not (case == "undo" and left == done):
                wrong.append(f"The next run ended with {again.code}: {again.said}")
            end, more = self._look(folder, before, done)
            wrong += more
            if end != done:
                wrong.append("The next run did not bring what it should.")
            if case == "restore" and not kept_aside(folder, before):
                wrong.append("The database of before is nowhere.")
            if case == "backup" and not kept_in(folder / BACKUPS, "pixel"):
                wrong.append("There is no backup.")
        where = f"{case}, killed before {ended.steps[-1] if ended.steps else 'its first step'!r}"
        return ended, [f"{where}: {problem}" for problem in wrong]

    def _look(self, folder: Path, before: State, done: State) -> tuple[State | None, list[str]]:
        """What the database says, seen on a copy, and what is wrong with it or with its backups."""
        if not (folder / DATABASE).exists():
            return None, ["The database is gone."]
        with tempfile.TemporaryDirectory(dir=self._home) as name:
            copy = Path(name) / "data"
            shutil.copytree(folder / DATABASE.parent, copy)
            state = state_of(copy / DATABASE.name)
            wrong = asyncio.run(problems(copy / DATABASE.name))
        if state.ledger not in (before.ledger, done.ledger):
            wrong.append("A balance was changed or lost.")
        for backup in kept_in(folder / BACKUPS, "pixel"):
            if not is_whole(backup.path, (before, done)):
                wrong.append(f"The backup {backup.path.name} is not whole.")
        return state, wrong

    def _prepared(self, case: Case) -> tuple[Path, State, State, Ended]:
        if case not in self._dry:
            template = self._home / case
            _MAKERS[case](self, template)
            folder = self._home / f"{case}-done"
            shutil.copytree(template, folder)
            before = seen(folder / DATABASE)
            ended = self.run(folder, self._arguments(case, folder))
            if ended.code:
                raise RuntimeError(f"{case} does not work: {ended.said}")
            self._dry[case] = template, before, seen(folder / DATABASE), ended
        return self._dry[case]

    def _arguments(self, case: Case, folder: Path) -> tuple[str, ...]:
        return ("undo", (folder / "batch.txt").read_text(encoding="utf-8")) if case == "undo" else ARGUMENTS[case]


@contextmanager
def kit() -> Generator[Kit]:
    """A kit, and at the end nothing is left of it."""
    ours = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    pipe = subprocess.PIPE
    with tempfile.TemporaryDirectory() as home:
        command = (sys.executable, str(Path(mortal.__file__).resolve()))
        with ready():
            server = subprocess.Popen(command, cwd=home, env=environment, stdin=pipe, stdout=pipe, text=True)
        try:
            yield Kit(Path(home), server)
        finally:
            server.communicate()  # the end of its input ends it


# What the cases begin with

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {})"
CROWD = f"""
{NUMBERS.format(PEOPLE)} INSERT INTO users (id, name, points) SELECT 100 + n, 'viewer_' || n, 0 FROM numbers;
INSERT INTO xp_records (user_name, xp, level) SELECT name, 40, 1 FROM users WHERE id >= 100;
{NUMBERS.format(ROWS_EACH)}
INSERT INTO transactions (user_id, amount, reason, balance_after, created_at)
SELECT u.id, u.id + 1, 'chat', (u.id + 1) * (n + 1), '2026-01-01 12:00:00.000000'
FROM numbers, users u WHERE u.id >= 100 ORDER BY n, u.id;
UPDATE users SET points = (id + 1) * {ROWS_EACH} WHERE id >= 100;
"""
LIVE = "UPDATE meta SET value = 'live' WHERE key = 'mode';"
OTHERWISE = """
INSERT INTO transactions (user_id, amount, reason, balance_after)
SELECT id, 7, 'mod:add', points + 7 FROM users WHERE merged_into IS NULL;
UPDATE users SET points = points + 7 WHERE merged_into IS NULL;
"""
USED_UP = f"""
{NUMBERS.format(OLD)} INSERT INTO events (id, kind, points, xp, created_at)
SELECT 'an-old-message-with-a-long-id-' || n, 'chat', 0, 0, '2025-01-01 12:00:00.000000' FROM numbers;
INSERT INTO cooldowns (user_id, key, expires_at) SELECT id, 'old', '2025-01-01 12:00:00.000000' FROM users;
INSERT INTO queue_items (kind, status, payload_json, created_at, finished_at, redeem, user_id)
SELECT 'effect', 'done', '{{}}', '2025-01-01 12:00:00.000000', '2025-01-01 12:00:01.000000', 'sound', id FROM users;
"""


def _make_older(_: Kit, folder: Path, version: str = "0005") -> None:
    (folder / DATABASE).parent.mkdir(parents=True)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript((SCHEMAS / f"{version}.sql").read_text(encoding="utf-8") + CROWD)
        if version != "document":
            connection.executescript(LIVE)
            connection.execute("PRAGMA journal_mode = WAL")


def _make_hand_made(kit: Kit, folder: Path) -> None:
    _make_older(kit, folder, "document")


def _make_present(kit: Kit, folder: Path) -> None:
    _make_older(kit, folder)
    asyncio.run(_bring_up(folder / DATABASE))
    shutil.rmtree(folder / BACKUPS)


def _make_left_by_a_kill(kit: Kit, folder: Path) -> None:
    """The bot that used it last was killed: its last words are in the write-ahead log alone."""
    _make_present(kit, folder)
    kept = folder / "kept"
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript(OTHERWISE)
        shutil.copytree(folder / DATABASE.parent, kept)
    shutil.rmtree(folder / DATABASE.parent)
    kept.rename(folder / DATABASE.parent)


def _make_saved(kit: Kit, folder: Path) -> None:
    _make_left_by_a_kill(kit, folder)
    shutil.copytree(folder / DATABASE.parent, folder / "other")
    _change(folder / "other" / DATABASE.name, OTHERWISE, "PRAGMA journal_mode = DELETE")
    (folder / "other" / DATABASE.name).replace(folder / SAVED)
    shutil.rmtree(folder / "other")


def _make_used_up(kit: Kit, folder: Path) -> None:
    _make_present(kit, folder)
    _change(folder / DATABASE, USED_UP)


def _make_list(kit: Kit, folder: Path) -> None:
    _make_present(kit, folder)
    lines = [f"viewer_{n},{n + 5}" for n in range(PEOPLE * 2)]
    (folder / POINTS).write_text("\n".join(["username,points", *lines, ""]), encoding="utf-8")


def _make_imported(kit: Kit, folder: Path) -> None:
    _make_list(kit, folder)
    said = kit.run(folder, ARGUMENTS["import"]).said
    batch = re.search(r"pixel_bot undo (\S+)", said)
    assert batch is not None, said
    (folder / "batch.txt").write_text(batch[1], encoding="utf-8")


_MAKERS: dict[Case, Callable[[Kit, Path], None]] = {
    "upgrade": _make_older,
    "adopt": _make_hand_made,
    "backup": _make_left_by_a_kill,
    "restore": _make_saved,
    "cleanup": _make_used_up,
    "import": _make_list,
    "undo": _make_imported,
}


def _change(path: Path, *scripts: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script)


async def _bring_up(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path.as_posix()}")
    try:
        await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


def moments(kit: Kit, case: Case, chance: random.Random) -> Generator[dict[str, Any]]:
    """Moments to kill a command at, for ever: before any of its steps, and in turn after any time that it takes."""
    whole = kit.whole(case)
    while True:
        yield {"nth": chance.randint(1, len(whole.steps))}
        yield {"after": chance.uniform(0, whole.seconds)}
