"""A file that people edit while the bot runs: while it is broken, its last good content stays in force."""

import codecs
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from pixel_bot.errors import PixelError
from pixel_bot.texts import plain
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)
log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_BYTES = 4_000_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the longer ones first, because one begins with another."""
_GUESSES = {1: "utf-16-le", 0: "utf-16-be"}
"""The encoding without a mark, by which bytes of each two are zero in Latin text and line ends."""


class Unreadable(PixelError):
    """The content of a file cannot be used. The sentence names the file, the line where there is one, and the fault."""


class LastGoodFile(Generic[T]):
    """Reads a file anew whenever it was changed, and falls back to what was read last.

    A file may be caught half-saved, be saved in another encoding, or get a typing error in mid-show. Then ``now`` goes
    on with the last good content of this run, and ``problem`` says what is wrong. The log tells once that the file is
    broken, and once that it is good again; so does ``on_problem``, if the file breaks after it was looked at first.

    Args:
        path: the file.
        parse: makes the content of its bytes; raises ``Unreadable`` with a sentence for the streamer.
        without: the content where there is no file.
        meanwhile: a sentence that says what is in force while there is no good content yet.
        stays: a sentence that says that the last good content is in force.
        remark: what is wrong with a content that is in force all the same, as a sentence; empty where nothing is.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[bytes], T],
        without: T,
        meanwhile: str,
        stays: str = later("The last good one stays in force."),
        remark: Callable[[T], str] = lambda _content: "",
    ) -> None:
        self._path = path
        self._parse = parse
        self._without = without
        self._meanwhile = meanwhile
        self._stays = stays
        self._remark = remark
        self.on_problem: Callable[[str], None] = lambda _problem: None
        """Called with ``problem``, once, when the file breaks while the bot runs."""
        self._is_known = self._is_reading = False
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
        return self._words()

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

    def now_or_without(self) -> T:
        """The content that is in force; what there is without a file while there was never a good one."""
        try:
            return self.now()
        except Unreadable:
            return self._without

    def _refresh(self) -> None:
        """Read the file if it has changed since the last time.

        What is said of the streamer's own sentences may be one of them: looked up meanwhile, nothing is read again.
        """
        if not self._is_reading:
            self._is_reading = True
            try:
                self._look()
            finally:
                self._is_reading = False

    def _look(self) -> None:
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
        before, self._fault = self._words(), None
        if stamp is None:
            self._good = None
        elif isinstance(stamp, str):
            self._fault = Unreadable(_("{file} cannot be read: {why}.", file=self.name, why=stamp))
        else:
            self._read()
        self._tell(before)

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                raise _too_large(self.name, MAX_BYTES // 1_000_000)
            self._good = self._parse(raw)
        except Unreadable as exc:
            self._fault = exc
        except FileNotFoundError:
            self._stamp = None  # it went between the two looks
            self._good = None
        except OSError as exc:
            # Whatever keeps it from being read may end without a change of the file: it is tried again each time.
            self._stamp = exc.strerror or type(exc).__name__
            self._fault = Unreadable(_("{file} cannot be read: {why}.", file=self.name, why=self._stamp))

    def _tell(self, before: str) -> None:
        is_known, self._is_known = self._is_known, True
        problem = self._words()
        if problem and problem != before:
            log.warning("%s", plain(problem))
            if is_known and not before:
                self.on_problem(problem)
        elif not problem and before:
            log.info("%s is good again." if self._stamp else "%s is gone, and its fault with it.", plain(self.name))

    def _words(self) -> str:
        if self._fault is not None:
            return f"{self._fault} {self._in_force()}"
        return "" if self._good is None else self._remark(self._good)

    def _in_force(self) -> str:
        return _.of_source(self._stays if self._good is not None else self._meanwhile)


def _too_large(name: str, megabytes: int) -> Unreadable:
    return Unreadable(_("{file} cannot be read: it is larger than {n} MB.", file=name, n=megabytes))


def text_of(raw: bytes, name: str) -> str:
    """The text of a file, in whatever encoding an editor saved it.

    Args:
        raw: UTF-8, UTF-16 or UTF-32 with a byte order mark; UTF-8, UTF-16 or Windows-1252 ("ANSI") without.
        name: of the file.

    Raises:
        Unreadable: it is no text.
    """
    try:
        text = _decoded(raw)
    except UnicodeDecodeError as exc:
        if exc.encoding == "utf-8":
            line = exc.object[: exc.start].count(b"\n") + 1
            words = later("{file}, line {line}: it cannot be read as UTF-8 text. Save it as UTF-8.")
            raise Unreadable(_(words, file=name, line=str(line))) from None
        words = later("{file} cannot be read: it is no whole {encoding} text.")
        raise Unreadable(_(words, file=name, encoding=exc.encoding.upper()[:6])) from None
    if any(not char.isprintable() and not char.isspace() for char in text if char < "\xa0"):
        raise Unreadable(_("{file} cannot be read: it is no text file.", file=name))
    return text


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not encoding and b"\0" in raw:
        zeros = [raw[half::2].count(0) for half in (0, 1)]
        encoding = _GUESSES[int(zeros[1] > zeros[0])]
    try:
        return raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as exc:
        # Where other letters were UTF-8, the file was saved in it, and is broken.
        if encoding or not raw[: exc.start].isascii():
            raise
        with suppress(UnicodeDecodeError):
            return raw.decode("cp1252")
        raise
