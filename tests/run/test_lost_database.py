"""The database is deleted or replaced under a busy bot, which may be killed right after it said where the copy is."""

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.db.lock import only_one
from pixel_bot.db.write_outage import PROTECTED
from pixel_bot.errors import SecondInstance
from pixel_bot.run.database_watch import GOODBYE
from tests.harness.database import findings
from tests.harness.disk import small_disk
from tests.harness.process import BotProcess, run
from tests.harness.rounds import rounds
from tests.run.busy_chat import busy_chat, logged
from tests.run.losses import (
    LOST,
    Loss,
    copy_named_in,
    folder_deleted,
    folder_made_anew,
    log_deleted,
    memory_deleted,
    moved_away,
    replaced,
)

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes and replaces no file that is open"),
]

SETTINGS = {"points_chat_cooldown_seconds": 0, "xp_chat_amount": 0}
NOTICED_SECONDS = 5.0
REFUSED = "I cannot save anything right now: my database was moved away. Nothing was charged or changed."
READ_ONLY = "I cannot save anything right now: my database is read-only. Nothing was charged or changed."


CASES: list[tuple[Loss, bool]] = [
    (folder_deleted, True),
    (replaced, True),
    (log_deleted, True),
    (moved_away, False),
    (folder_deleted, False),
    (folder_made_anew, True),
    (memory_deleted, False),
]
"""How the database is lost, and whether the bot is killed then. The last three are left out of short runs."""


@pytest.mark.parametrize(("lose", "killed"), CASES[: rounds(4)])
async def test_what_chat_was_told_is_in_the_copy(tmp_path: Path, lose: Loss, killed: bool) -> None:
    database = tmp_path / "data" / "sandbox.db"
    async with BotProcess(tmp_path, "sandbox", **SETTINGS) as bot, busy_chat(bot) as chat:
        await chat.added_more(5)
        lose(database)
        began = time.monotonic()
        await logged(bot, "cannot be written")
        seconds = time.monotonic() - began
        chat.crowd_goes()  # of a crowded chat the page shows the last lines alone
        copy = copy_named_in(await logged(bot, LOST))
        if killed:
            await bot.kill()
        else:
            await chat.until(lambda: GOODBYE in chat.told)
            code, words = await bot.wait()
            assert "Traceback" not in words, words
            assert code == 3
    assert seconds < NOTICED_SECONDS
    assert copy.parent == (tmp_path if lose in {folder_deleted, folder_made_anew} else tmp_path / "data" / "backups")
    assert chat.missing_in(copy) == []
    assert await findings(copy) == []
    assert {words for words in chat.told if words.startswith("I cannot")} <= {REFUSED}
    assert copy.stat().st_mode & 0o777 == 0o600
    if lose is replaced:
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]
    elif lose in {folder_deleted, folder_made_anew, moved_away}:
        assert not database.exists(), "an empty file was made in its place"


@pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's")
async def test_a_read_only_folder_stops_the_promises_until_it_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path, "100m") as disk:
        monkeypatch.setattr(sys, "executable", str(disk.python))
        async with BotProcess(tmp_path, "sandbox", data_dir=disk.folder, **SETTINGS) as bot, busy_chat(bot) as chat:
            await chat.added_more(2)
            disk.protect()
            began = time.monotonic()
            await logged(bot, "the file or its folder is read-only")
            assert time.monotonic() - began < NOTICED_SECONDS
            assert await reasons(bot) == [str(PROTECTED)]
            await chat.until(lambda: READ_ONLY in chat.told)
            known = len(chat.added)
            disk.allow()
            await logged(bot, "can be written again")
            await chat.added_more(2)
            assert len(chat.added) > known
            refusals = chat.told.count(READ_ONLY)
            disk.protect()
            await chat.until(lambda: chat.told.count(READ_ONLY) > refusals)
            await bot.kill()
            disk.allow()
        checked = run(tmp_path, "db", "check", data_dir=disk.folder)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        copied = run(tmp_path, "db", "backup", str(tmp_path / "copy.db"), data_dir=disk.folder)
        assert copied.returncode == 0, copied.stderr
    assert chat.missing_in(tmp_path / "copy.db") == []


async def reasons(bot: BotProcess) -> list[str]:
    """What the health check of a bot says is wrong."""
    async with aiohttp.ClientSession() as http, http.get(bot.address.replace("/sandbox", "/healthz")) as answer:
        assert answer.status == 503
        return (await answer.json())["reasons"]


@pytest.mark.timeout(300)
async def test_the_way_back_is_the_one_that_is_said(tmp_path: Path) -> None:
    """A supervisor that starts it again must not get a bot that begins with nothing."""
    async with BotProcess(tmp_path, "sandbox", **SETTINGS) as bot, busy_chat(bot) as chat:
        await chat.added_more(2)
        folder_deleted(tmp_path / "data" / "sandbox.db")
        copy = copy_named_in(await logged(bot, LOST))
        await bot.wait()
    again = run(tmp_path, "sandbox", "--replay", os.devnull, "--exit-when-done")
    assert (again.returncode, str(copy) in again.stderr) == (3, True)
    assert not (tmp_path / "data" / "sandbox.db").exists()
    restored = run(tmp_path, "db", "restore", str(copy))
    assert restored.returncode == 0, restored.stderr
    database = tmp_path / "data" / "sandbox.db"
    assert chat.missing_in(database) == []
    assert await findings(database) == []


@pytest.mark.timeout(300)
async def test_hard_links_and_deleted_lock_files_let_no_second_bot_in(tmp_path: Path) -> None:
    database = tmp_path / "data" / "sandbox.db"
    async with BotProcess(tmp_path, "sandbox", **SETTINGS) as bot, busy_chat(bot) as chat:
        await chat.added_more(2)
        second = tmp_path / "second" / "sandbox.db"
        second.parent.mkdir()
        os.link(database, second)
        linked = run(tmp_path, "sandbox", "--replay", os.devnull, "--exit-when-done", data_dir=second.parent)
        assert (linked.returncode, "Another Pixel Bot runs on" in linked.stderr) == (1, True), linked.stderr
        database.with_name("sandbox.db.lock").unlink()
        with pytest.raises(SecondInstance), only_one(database):
            pass
        second.unlink()
        assert run(tmp_path, "db", "backup").returncode == 0
        await chat.added_more(2)
        await bot.kill()
    assert chat.missing_in(database) == []
    assert await findings(database) == []
