"""Settings for a test: a folder of its own, nothing from the environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typing_extensions import override

from pixel_bot.settings import Mode, Settings

stands_in_for: list[Callable[[Path, Mode], str]] = []
"""Where one is given: the URL of a database that stands in for the file of a mode in a folder."""


class _Isolated(Settings):
    """Reads neither ``.env`` nor the environment."""

    def __init__(self, **values: Any) -> None:
        # Not that of BaseSettings, which takes ten times as long to get all sources ready, of which none would be read.
        BaseModel.__init__(self, **values)

    @override
    def database_for(self, mode: Mode) -> str:
        """The file of the mode, or what stands in for it."""
        if stands_in_for and "database_url" not in self.model_fields_set:
            return stands_in_for[-1](self.data_dir, mode)
        return super().database_for(mode)


def settings_in(folder: Path, **overrides: Any) -> Settings:
    """Settings whose files are in ``folder`` and whose web port is any free one.

    Args:
        folder: where database and backups go, like pytest's ``tmp_path``.
        overrides: settings by their lower-case names, like ``points_chat_amount=5``.
    """
    values: dict[str, Any] = {"data_dir": folder, "web_port": 0, **overrides}
    return _Isolated(**values)
