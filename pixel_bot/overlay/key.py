"""The key in the overlay's address: from the settings, or generated once and stored beside the database."""

import secrets

from pixel_bot.logs import hide
from pixel_bot.security.secret_file import kept_secret
from pixel_bot.settings import OVERLAY_KEY, Settings

NAME = "overlay.key"


def overlay_key(settings: Settings) -> str:
    """The key, generated at the first start. It is redacted in the log.

    Raises:
        FolderNotWritable: DATA_DIR cannot be written.
    """
    key = settings.overlay_key.get_secret_value() or kept_secret(
        settings.data_dir / NAME, lambda kept: OVERLAY_KEY.match(kept) is not None, lambda: secrets.token_urlsafe(18)
    )
    hide(key)
    return key
