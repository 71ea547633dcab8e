"""The streamer's file of blocked words: read in whatever encoding an editor saved it, and anew after each change."""

import codecs
import logging
from collections.abc import Callable
from pathlib import Path

from pixel_bot.filters.bad_words import WordList

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
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


class WordsUnreadable(Exception):
    """The file holds no text."""


class WordFile:
    """The blocked words: the built-in ones, and those of the file. The last good list stays when the file breaks."""

    def __init__(self, path: Path) -> None:
        """``path`` may be missing: then there are only the built-in words."""
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._words = WordList()
        self._problem = ""
        self._is_filled = False
        self.on_problem: Callable[[str], None] = lambda _: None
        """Called with the sentence, once, when the file breaks while the bot runs."""

    @property
    def words(self) -> WordList:
        """The words that are blocked now."""
        self._refresh()
        return self._words

    @property
    def problem(self) -> str:
        """Why the file cannot be read and what is blocked instead, in one sentence; empty when all is well."""
        self._refresh()
        return self._problem

    def _refresh(self) -> None:
        """Read the file again when it has changed."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            if self._stamp is not None:
                self._stamp, self._problem, self._is_filled = None, "", False
                self._words = WordList()
            return
        except OSError as exc:
            self._broken(exc.strerror or "it is not there")
            return
        if self._stamp != (stat.st_mtime_ns, stat.st_size):
            self._stamp = (stat.st_mtime_ns, stat.st_size)
            self._read()

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                lines = words_in(file.read(MAX_BYTES + 1))
        except OSError as exc:
            self._broken(exc.strerror or "it cannot be opened")
        except WordsUnreadable as exc:
            self._broken(str(exc))
        else:
            self._words = WordList(lines)
            self._problem, self._is_filled = "", bool(lines)

    def _broken(self, why: str) -> None:
        stays = "The words that it had before are still" if self._is_filled else "Only the built-in words are"
        problem = f"{self._path.name} cannot be read: {why}. {stays} blocked."
        if problem != self._problem:
            self._problem = problem
            log.warning("%s", problem)
            if self._is_filled:
                self.on_problem(problem)


def words_in(raw: bytes) -> list[str]:
    """The words and phrases of a file, one a line, without comments.

    Args:
        raw: UTF-8, UTF-16 or UTF-32 with a byte order mark; UTF-8, UTF-16 or Windows-1252 ("ANSI") without.

    Raises:
        WordsUnreadable: it is no text.
    """
    if len(raw) > MAX_BYTES:
        raise WordsUnreadable("it is larger than 1 MB")
    text = _decoded(raw)
    if any(not char.isprintable() and not char.isspace() for char in text if char < "\xa0"):
        raise WordsUnreadable("it is no text file")
    return [word for line in text.splitlines() if (word := line.partition("#")[0].strip())]


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not encoding and b"\0" in raw:
        zeros = [raw[half::2].count(0) for half in (0, 1)]
        encoding = _GUESSES[int(zeros[1] > zeros[0])]
    try:
        return raw.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding:
            raise WordsUnreadable(f"it is no whole {encoding.upper().removesuffix('-SIG')} text") from None
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        raise WordsUnreadable("it is neither UTF-8 nor Windows-1252 text") from None
