"""The sound library: the streamer's files, and a few that ship with the bot."""

import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from pixel_bot.errors import BadInput

ENDINGS = (".wav", ".mp3", ".ogg")
MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


class Sounds:
    """Finds sounds by name. A name is only ever compared with what is there, so it can never leave the folder."""

    def __init__(self, folder: Path, command_prefix: str = "!") -> None:
        self._folders = (Path(str(files("pixel_bot.sounds"))), folder)
        self._list_command = f"{command_prefix}sounds"

    def names(self) -> list[str]:
        """All names, without endings."""
        return sorted(self._by_name())

    def path(self, name: str) -> Path | None:
        """The file of a sound; None when there is no such sound."""
        return self._by_name().get(name.strip().lower())

    def choose(self, name: str) -> str:
        """The sound of that name, or any when no name is given.

        Raises:
            BadInput: there is no such sound.
        """
        known = self._by_name()
        if not known:
            raise BadInput("There are no sounds yet. The streamer can put some into the folder sounds.")
        key = name.strip().lower()
        for ending in ENDINGS:
            key = key.removesuffix(ending)
        if not key:
            return random.choice(sorted(known))  # noqa: S311 - a surprise, not a secret
        if key not in known:
            raise BadInput(
                f"There is no sound {name.strip()[:40]}. {self._list_command} lists them. Nothing was charged."
            )
        return key

    def _by_name(self) -> dict[str, Path]:
        """Later folders win: a file of the streamer replaces a shipped one of the same name."""
        return {path.stem.lower(): path for folder in self._folders for path in _sounds_in(folder)}


def _sounds_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith("."):
            yield path
