"""Art of cogs: modules, style sheets, images and sounds in the folder ``overlay`` of a cog that is a folder."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from pixel_bot.sounds.library import ENDINGS, MEDIA_TYPES

IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
ART_TYPES = {".js": "text/javascript", ".css": "text/css"} | IMAGE_TYPES | MEDIA_TYPES
"""The files that are served, and their media types. No other file of a cog is."""

FOLDER = "overlay"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", re.ASCII)


class Art:
    """Finds files of loaded cogs. A name is only compared with what is there, so it can never leave the folder.

    Args:
        key: gives the overlay's key.
    """

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key
        self._folders: dict[str, Path] = {}
        self._loads: dict[str, int] = {}

    def put(self, cog: str, folder: Path | None) -> None:
        """A cog is loaded, or loaded anew; ``folder`` is its own, None for a cog that is a file."""
        self._loads[cog] = self._loads.get(cog, 0) + 1
        if folder is None:
            self._folders.pop(cog, None)
        else:
            self._folders[cog] = folder / FOLDER

    def remove(self, cog: str) -> None:
        """A cog is gone."""
        self._folders.pop(cog, None)

    def file(self, cog: str, name: str) -> Path | None:
        """A file of a cog by its whole name; None where it has none of that name and of a type that is served."""
        folder = self._folders.get(cog)
        if folder is None or _NAME.fullmatch(name) is None or Path(name).suffix.lower() not in ART_TYPES:
            return None
        # A link could lead out of the folder.
        inside = (p for p in _files(folder) if p.name == name and p.resolve().parent == folder.resolve())
        return next(inside, None)

    def module(self, cog: str, name: str) -> Path | None:
        """The module of that name, without its ending."""
        return self.file(cog, f"{name}.js")

    def image(self, cog: str, name: str) -> Path | None:
        """The image of that name, with its ending."""
        return self.file(cog, name) if Path(name).suffix.lower() in IMAGE_TYPES else None

    def sound(self, cog: str, name: str) -> Path | None:
        """The sound of that name, with its ending or without."""
        if Path(name).suffix.lower() in ENDINGS:
            return self.file(cog, name)
        return next((path for ending in ENDINGS if (path := self.file(cog, f"{name}{ending}"))), None)

    def address(self, cog: str, path: Path) -> str:
        """Where the page fetches a file. It changes with the cog's files, and whenever the cog is loaded anew.

        The key is a part of the path, so that a module finds what lies beside it by a relative address.
        """
        return f"/overlay/art/{quote(self._key(), safe='')}/{cog}/{self._version(cog)}/{quote(path.name)}"

    def _version(self, cog: str) -> str:
        """Of all files: a browser keeps a module, and those that it imports, for as long as the address is the same."""
        folder = self._folders.get(cog)
        stats = [(p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in _files(folder)] if folder else []
        seen = repr((self._loads.get(cog), sorted(stats))).encode()
        return hashlib.blake2s(seen, digest_size=8).hexdigest()


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []
