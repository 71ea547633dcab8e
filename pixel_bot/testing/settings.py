"""Settings for a test: a folder of its own, nothing from the environment."""

from pathlib import Path
from typing import Any

from pixel_bot.settings import Settings


def settings_in(folder: Path, **overrides: Any) -> Settings:
    """Settings whose files are in ``folder`` and whose web port is any free one.

    Args:
        folder: where database and backups go, like pytest's ``tmp_path``.
        overrides: settings by their lower-case names, like ``points_chat_amount=5``.
    """
    return _Isolated(**{"data_dir": folder, "web_port": 0, **overrides})


class _Isolated(Settings):
    """Reads neither ``.env`` nor the environment."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, **_: Any) -> tuple[Any, ...]:
        return (init_settings,)
