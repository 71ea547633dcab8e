"""The key in the overlay's address: the streamer's own, or one that is made once and kept beside the database."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from pixel_bot.errors import FolderNotWritable, SettingsError
from pixel_bot.logs import hide
from pixel_bot.settings import Settings

NAME = "overlay.key"
_USABLE = re.compile(r"^[A-Za-z0-9_-]{8,128}$")


def overlay_key(settings: Settings) -> str:
    """The key, made at the first start. It is hidden from the log.

    Raises:
        SettingsError: OVERLAY_KEY is too short, or cannot stand in an address.
        FolderNotWritable: DATA_DIR cannot be written.
    """
    key = settings.overlay_key.get_secret_value()
    if key and not _USABLE.match(key):
        raise SettingsError(["OVERLAY_KEY: use 8 to 128 letters, digits, - or _, or leave it out."])
    key = key or _kept(settings.data_dir / NAME)
    hide(key)
    return key


def _kept(path: Path) -> str:
    with suppress(FileNotFoundError):
        kept = path.read_text(encoding="utf-8").strip()
        if _USABLE.match(kept):
            return kept
    key = secrets.token_urlsafe(18)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(key + "\n")
    except OSError as exc:
        raise FolderNotWritable(path.parent, "DATA_DIR") from exc
    return key
