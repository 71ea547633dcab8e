"""Settings for a test: a folder of its own, nothing from the environment."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, PrivateAttr
from typing_extensions import override

from pixel_bot.configuration.cog_settings import T, read_cog_settings
from pixel_bot.settings import Mode, Settings

stands_in_for: list[Callable[[Path, Mode], str]] = []
"""Where one is given: the URL of a database that stands in for the file of a mode in a folder."""

left_out: Sequence[str] = ()
"""Cogs that stay off, where the test itself does not set ``cogs_off``."""


class _Isolated(Settings):
    """Reads neither ``.env`` nor the environment."""

    _given: dict[str, Any] = PrivateAttr(default_factory=dict[str, Any])

    def __init__(self, **values: Any) -> None:
        # Not that of BaseSettings, which takes ten times as long to get all sources ready, of which none would be read.
        BaseModel.__init__(self, **values)
        self._given = {name.lower(): value for name, value in values.items() if name not in Settings.model_fields}

    @override
    def for_cog(self, model: type[T], cog: str) -> T:
        """Of a cog, too, those alone that were given."""
        return read_cog_settings(model, cog, self._given)

    @override
    def names_set(self) -> frozenset[str]:
        """Those that were given."""
        return frozenset(name.upper() for name in {*self._given, *self.model_fields_set})

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
        overrides: settings by their lower-case names, like ``points_chat_amount=5``; those of cogs, too, like
            ``slots_max_stake=5``.
    """
    values: dict[str, Any] = {"data_dir": folder, "web_port": 0, "cogs_off": ",".join(left_out), **overrides}
    return _Isolated(**values)
