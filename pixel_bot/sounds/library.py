"""The sound library: the streamer's files, and a few that ship with the bot. What is listed can be played."""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pixel_bot.errors import BadInput
from pixel_bot.sounds.length import NoSound, seconds_of_file
from pixel_bot.texts import duration, plain, visible
from pixel_bot.wording.texts import texts

_ = texts(__name__)

ENDINGS = (".wav", ".mp3", ".ogg")
MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
OTHER_SOUNDS = (".m4a", ".aac", ".flac", ".wma", ".aif", ".aiff", ".opus", ".webm", ".mid", ".midi")
"""Endings of sounds that are not played here: who put such a file into the folder should hear why it is missing."""

LONGEST_SOUND = 60.0
"""Seconds. A longer sound would hold up all others."""

_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the folder: its length in seconds, or why it cannot be played."""

    path: Path
    seconds: float
    problem: str = ""


class Sounds:
    """Finds sounds by name. A name is only ever compared with what is there, so it can never leave the folder."""

    def __init__(self, folder: Path, command_prefix: str = "!") -> None:
        self._folders = (Path(str(files("pixel_bot.sounds"))), folder)
        self._list_command = f"{command_prefix}sounds"
        self._measured: dict[Path, tuple[tuple[int, int], float, str]] = {}

    def names(self) -> list[str]:
        """The names of all sounds that can be played, without endings."""
        return sorted(name for name, file in self._by_name().items() if not file.problem)

    def path(self, name: str) -> Path | None:
        """The file of a sound; None when there is no such sound, or it cannot be played."""
        file = self._by_name().get(name_of(name))
        return None if file is None or file.problem else file.path

    def problem(self, name: str) -> str:
        """Why a sound cannot be played, as a sentence without its end; empty where it can."""
        file = self._by_name().get(name_of(name))
        if file is None:
            return _("there is no sound {sound}", sound=plain(name.strip()[:40]))
        if not file.problem:
            return ""
        return _("the sound {sound} cannot be played: {why}", sound=plain(name.strip()[:40]), why=file.problem)

    def problems(self) -> list[str]:
        """What is in the folder and cannot be played, a sentence each."""
        found = {file.path.name: file.problem for file in self._by_name().values() if file.problem}
        for path in _entries(self._folders[1]):
            if path.suffix.lower() in OTHER_SOUNDS:
                found[path.name] = "sounds are .wav, .mp3 or .ogg files"
        return [f"{plain(name)} cannot be played: {why}." for name, why in sorted(found.items())]

    def choose(self, name: str) -> str:
        """The sound of that name, or any when no name is given.

        Raises:
            BadInput: there is no such sound, or it cannot be played.
        """
        known = self._by_name()
        playable = sorted(key for key, file in known.items() if not file.problem)
        key = name_of(name)
        if not key and not playable:
            raise BadInput(_("There are no sounds yet. The streamer can put some into the folder sounds."))
        if not key:
            return random.choice(playable)  # noqa: S311 - which sound it is guards nothing
        if key not in known:
            shown = visible(name)[:40]
            raise BadInput(
                _(
                    "There is no sound {sound}. {command} lists them. Nothing was charged.",
                    sound=shown,
                    command=self._list_command,
                )
            )
        if known[key].problem:
            why = known[key].problem
            raise BadInput(_("The sound {sound} cannot be played: {why}. Nothing was charged.", sound=key, why=why))
        return key

    def _by_name(self) -> dict[str, _File]:
        """Later folders win: a file of the streamer replaces a shipped one of the same name, unless it is broken."""
        found: dict[str, _File] = {}
        for folder in self._folders:
            for path in _entries(folder):
                if path.suffix.lower() not in ENDINGS or not (name := name_of(path.name)):
                    continue
                file = self._measure(path)
                if name not in found or not file.problem or found[name].problem:
                    found[name] = file
        return found

    def _measure(self, path: Path) -> _File:
        """Read the length of a file, once for each of its versions."""
        try:
            stat = path.stat()
        except OSError as exc:
            return _File(path, 0.0, f"it cannot be read: {exc.strerror}")
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._measured.get(path)
        if known is None or known[0] != stamp:
            known = self._measured[path] = (stamp, *_length(path))
        return _File(path, known[1], known[2])


def name_of(written: str) -> str:
    """The name of a sound, from that of its file or as somebody typed it.

    Lower case and composed (NFC), without the endings of sounds, unseen characters, and needless white space: the same
    however it is written.
    """
    name = " ".join(visible(unicodedata.normalize("NFC", written.lower())).split())
    while ending := next((e for e in ENDINGS if name.endswith(e)), ""):
        name = name.removesuffix(ending).rstrip()
    return name


def _length(path: Path) -> tuple[float, str]:
    """The seconds of a file, and why it cannot be played."""
    try:
        seconds = seconds_of_file(path)
    except NoSound as exc:
        return 0.0, str(exc)
    if seconds > LONGEST_SOUND + _ROUNDING:
        return seconds, f"it is {duration(seconds)} long, and {duration(LONGEST_SOUND)} is the most"
    return seconds, ""


def _entries(folder: Path) -> Iterator[Path]:
    """The files of a folder; hidden ones, which some systems leave there, are none of ours."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in paths if path.is_file() and not path.name.startswith("."))
