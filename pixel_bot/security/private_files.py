"""Files and folders that only their owner may read: databases and backups hold tokens, and what people wrote.

What we make is made so; files of ours that are too open are tightened. Folders that are there already stay as they are,
because somebody may share them on purpose. On Windows a file has the rights of its folder, in the user's own profile.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
_OTHERS = 0o077


def make_folder(path: Path) -> None:
    """Make a folder for the owner alone, where there is none.

    Raises:
        OSError: it cannot be made, or a file is in its place.
    """
    path.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for the owner alone, where there is none.

    Raises:
        OSError: it cannot be made.
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE))


def tighten(paths: Iterable[Path]) -> None:
    """Take the rights of others away from files of ours; what is missing, or belongs to somebody else, stays."""
    if os.name == "nt":
        return
    for path in paths:
        with suppress(OSError):
            mode = path.stat(follow_symlinks=False).st_mode
            if path.is_file() and not path.is_symlink() and mode & _OTHERS:
                path.chmod(mode & 0o7777 & ~_OTHERS)
