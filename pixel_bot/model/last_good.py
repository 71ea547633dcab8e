"""A file that people edit while the bot runs: while it is broken, its last good content stays in force."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from pixel_bot.errors import PixelError
from pixel_bot.texts import plain

log = logging.getLogger(__name__)

T = TypeVar("T")


class Unreadable(PixelError):
    """The content of a file cannot be used. The sentence names the file, the line where there is one, and the fault."""


class LastGoodFile(Generic[T]):
    """Reads a file anew whenever it was changed, and falls back to what was read last.

    A file may be caught half-saved, be saved in another encoding, or get a typing error in mid-show. Then ``now`` goes
    on with the last good content of this run, and ``problem`` says what is wrong. The log tells once that the file is
    broken, and once that it is good again.

    Args:
        path: the file.
        parse: makes the content of its bytes; raises ``Unreadable`` with a sentence for the streamer.
        without: the content where there is no file.
        meanwhile: a sentence that says what is in force while there is no good content yet.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], T], without: T, meanwhile: str) -> None:
        self._path = path
        self._parse = parse
        self._without = without
        self._meanwhile = meanwhile
        self._stamp: tuple[int, int] | str | None = None
        self._good: T | None = None
        self._fault: Unreadable | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def problem(self) -> str:
        """What is wrong with the file as it is now, and what is in force instead; empty where nothing is."""
        self._refresh()
        return "" if self._fault is None else f"{self._fault} {self._in_force()}"

    def now(self) -> T:
        """The content that is in force.

        Raises:
            Unreadable: the file is broken, and was so all through this run.
        """
        self._refresh()
        if self._good is not None:
            return self._good
        if self._fault is not None:
            raise self._fault
        return self._without

    def _refresh(self) -> None:
        """Read the file if it has changed since the last time."""
        stamp: tuple[int, int] | str | None
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except FileNotFoundError:
            stamp = None
        except OSError as exc:
            stamp = exc.strerror or type(exc).__name__
        if stamp == self._stamp and stamp is not None:
            return
        self._stamp = stamp
        before, self._fault = self._fault, None
        if stamp is None:
            self._good = None
        elif isinstance(stamp, str):
            self._fault = Unreadable(f"{self.name} cannot be read: {stamp}.")
        else:
            self._read()
        self._tell(before)

    def _read(self) -> None:
        try:
            self._good = self._parse(self._path.read_bytes())
        except Unreadable as exc:
            self._fault = exc
        except FileNotFoundError:
            self._stamp = None  # it went between the two looks
            self._good = None
        except OSError as exc:
            self._fault = Unreadable(f"{self.name} cannot be read: {exc.strerror}.")

    def _tell(self, before: Unreadable | None) -> None:
        if self._fault is not None and (before is None or str(before) != str(self._fault)):
            log.warning("%s", plain(f"{self._fault} {self._in_force()}"))
        elif self._fault is None and before is not None:
            log.info("%s is good again." if self._stamp else "%s is gone, and its fault with it.", plain(self.name))

    def _in_force(self) -> str:
        return "The last good one stays in force." if self._good is not None else self._meanwhile


def text_of(raw: bytes, name: str) -> str:
    """The text of a file that is saved as UTF-8, with or without a byte order mark.

    Raises:
        Unreadable: it is empty, or saved in another encoding.
    """
    if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        raise Unreadable(f"{name} is empty.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        raise Unreadable(f"{name} is saved as UTF-16. Save it as UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise Unreadable(f"{name}, line {line}: it cannot be read as UTF-8 text. Save it as UTF-8.") from None
