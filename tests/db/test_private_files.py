"""Files of the bot are for their owner alone."""

import os
from pathlib import Path

import pytest

from pixel_bot.run.running_bot import opened
from pixel_bot.security.private_files import tighten
from pixel_bot.security.secret_file import kept_secret
from pixel_bot.testing import SettableClock, settings_in
from tests.db.disk.awards import mark

pytestmark = [pytest.mark.sqlite, pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")]


def modes(folder: Path) -> dict[str, str]:
    """The rights of everything below a folder, and of itself."""
    return {
        str(path.relative_to(folder.parent)): f"{path.stat().st_mode & 0o777:o}"
        for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.usefixtures("no_file_yet")
async def test_what_we_make_is_for_the_owner_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    async with opened(settings, "sandbox", SettableClock()) as services:
        await mark(services.database, "yes")
        backup = await services.backups.make()
        kept_secret(settings.data_dir / "secret.key", bool, lambda: "secret")
        assert modes(settings.data_dir) == {
            "data": "700",
            "data/sandbox.db": "600",
            "data/sandbox.db-wal": "600",
            "data/sandbox.db-shm": "600",
            "data/secret.key": "600",
            "data/backups": "700",
            f"data/backups/{backup.path.name}": "600",
        }


async def test_what_is_too_open_is_tightened_at_the_start_but_no_folder_of_the_users(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    async with opened(settings, "sandbox", SettableClock()) as services:
        backup = (await services.backups.make()).path
    theirs = settings.backup_dir / "holiday.db"
    theirs.touch()
    for path in (settings.data_dir / "sandbox.db", backup, theirs):
        path.chmod(0o644)
    for folder in (settings.data_dir, settings.backup_dir):
        folder.chmod(0o755)
    async with opened(settings, "sandbox", SettableClock()):
        found = modes(settings.data_dir)
    assert {found[f"data/{name}"] for name in ("sandbox.db", "sandbox.db-wal", f"backups/{backup.name}")} == {"600"}
    assert (found["data"], found["data/backups"], found["data/backups/holiday.db"]) == ("755", "755", "644")


def test_links_lead_nowhere_and_what_is_missing_is_no_error(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch(0o644)
    target.chmod(0o644)
    link.symlink_to(target)
    tighten([link, tmp_path / "missing", tmp_path])
    assert target.stat().st_mode & 0o777 == 0o644
