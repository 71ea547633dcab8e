"""Secrets that are generated once and kept in a file beside the database, which only its owner may read."""

import os
from collections.abc import Callable
from pathlib import Path

from pixel_bot.errors import FolderNotWritable, StartError
from pixel_bot.security.private_files import FILE, make_folder, tighten


def kept_secret(path: Path, is_good: Callable[[str], bool], make: Callable[[], str]) -> str:
    """The secret in the file; where there is none, or none that can be used, a new one is made and written.

    Raises:
        FolderNotWritable: the folder cannot be written.
        StartError: the file is there, but may not be read.
    """
    kept = _read(path)
    if is_good(kept):
        tighten([path])
        return kept
    secret = make()
    try:
        make_folder(path.parent)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "w", encoding="utf-8") as file:
            file.write(secret + "\n")
    except OSError as exc:
        raise FolderNotWritable(path.parent, "DATA_DIR") from exc
    return secret


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return ""
    except OSError as exc:
        raise StartError(f"{path} cannot be read. Allow this account to read it, or move it away.") from exc
