"""The key in the overlay's address: the streamer's own, or one that is made once and kept beside the database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pixel_bot.errors import FolderNotWritable
from pixel_bot.logs import hide
from pixel_bot.settings import OVERLAY_KEY, Settings

NAME = "overlay.key"


def overlay_key(settings: Settings) -> str:
    """The key, made at the first start. It is hidden from the log.

    Raises:
        FolderNotWritable: DATA_DIR cannot be written.
    """
    key = settings.overlay_key.get_secret_value() or _kept(settings.data_dir / NAME)
    hide(key)
    return key


def _kept(path: Path) -> str:
    with suppress(FileNotFoundError):
        kept = path.read_text(encoding="utf-8").strip()
        if OVERLAY_KEY.match(kept):
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
