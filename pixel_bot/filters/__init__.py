"""The text filter for speech: what may be read out of a chat message. Its only side effect is reading one file."""

import logging
from collections.abc import Collection
from pathlib import Path

from pixel_bot.filters.bad_words import WordList
from pixel_bot.filters.letters import as_it_looks
from pixel_bot.filters.links import without_links
from pixel_bot.filters.noise import calmed, cut, plain_characters, without_faces
from pixel_bot.texts import visible

__all__ = ["TextFilter"]

log = logging.getLogger(__name__)

MAX_ROUNDS = 12


class TextFilter:
    """Takes out links, emotes, emoji, repetitions and bad words, and what is too long to listen to."""

    def __init__(self, words_file: Path, max_chars: int) -> None:
        """
        Args:
            words_file: more words that are never said: one word or phrase a line, ``#`` begins a comment. It may be
                missing, and is read anew after a change.
            max_chars: the longest text that is read out.
        """
        self._file = words_file
        self._max_chars = max_chars
        self._words = WordList()
        self._read_at: int | None = None

    def clean(self, text: str, emotes: Collection[str] = ()) -> str:
        """The part of a text that may be read out; empty when nothing is left.

        Cleaning a clean text changes nothing: what one round takes out may bring together what the next one must see.

        Args:
            text: as it was typed.
            emotes: the names of Twitch's emotes in it.
        """
        self._refresh()
        emotes = frozenset(emotes)
        for _ in range(MAX_ROUNDS):
            cleaner = self._round(text, emotes)
            if cleaner == text:
                return text
            text = cleaner
        return ""  # a text that was built to never settle

    def _round(self, text: str, emotes: frozenset[str]) -> str:
        text = " ".join(word for word in as_it_looks(text).split() if word not in emotes)
        # Before anything is taken out of it: an emoji may part the letters of a word.
        text = self._words.bleep(calmed(visible(text)))
        text = without_links(plain_characters(without_faces(text)))
        text = calmed(self._words.bleep(calmed(text)))
        text = cut(text, self._max_chars)
        return text if any(char.isalnum() for char in text) else ""

    def _refresh(self) -> None:
        """Read the file again when it has changed."""
        try:
            changed_at = self._file.stat().st_mtime_ns
        except OSError:
            changed_at = None
        if changed_at == self._read_at:
            return
        self._read_at = changed_at
        self._words = WordList(self._lines() if changed_at is not None else ())

    def _lines(self) -> list[str]:
        try:
            text = self._file.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            log.warning("%s cannot be read as UTF-8 text. The built-in words are still blocked.", self._file)
            return []
        return [word for line in text.splitlines() if (word := line.partition("#")[0].strip())]
