"""The text filter for speech: what may be read out of a chat message. Its only side effect is reading one file."""

import asyncio
import re
from collections.abc import Collection
from pathlib import Path

from pixel_bot.filters.bad_words import WordList
from pixel_bot.filters.letters import as_it_looks
from pixel_bot.filters.links import without_links
from pixel_bot.filters.noise import calmed, cut, plain_characters, without_faces
from pixel_bot.filters.word_file import word_file
from pixel_bot.model.last_good import LastGoodFile
from pixel_bot.texts import visible

__all__ = ["SOMEBODY", "TextFilter"]

MAX_ROUNDS = 12
SOMEBODY = "somebody"
_BEGINS_A_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Where a name without spaces, such as ``RunningFox22``, begins a new word."""
_AROUND_NAMES = "0123456789_"

SHORT = 100
"""Characters of a text that is cleaned at once."""

LONGEST_NAME = 100
"""Characters of a link or a name that may be left out before the text is cut."""


class TextFilter:
    """Takes out links, emotes, emoji, repetitions and bad words, and what is too long to listen to."""

    def __init__(self, words_file: Path | LastGoodFile[WordList], max_chars: int) -> None:
        """
        Args:
            words_file: more words that are never said: one word or phrase a line, ``#`` begins a comment. It may be
                missing, and is read anew after a change.
            max_chars: the longest text that is read out.
        """
        self.file = word_file(words_file) if isinstance(words_file, Path) else words_file
        self._max_chars = max_chars

    def with_limit(self, max_chars: int) -> "TextFilter":
        """The same filter, with the same words, for texts of another length."""
        return TextFilter(self.file, max_chars)

    def bleeped(self, text: str) -> str:
        """The text with ``bleep`` in place of each blocked word, and otherwise as it was: for what is only shown."""
        words = self.file.now_or_without()
        bleeped = words.bleep(seen := as_it_looks(text))
        return text if bleeped == seen else bleeped

    def name(self, name: str) -> str:
        """A viewer's name as it may be shown to everybody; ``somebody`` where a blocked word is in it."""
        words_of_it = _BEGINS_A_WORD.sub(" ", name)
        forms = (name, words_of_it, name.strip(_AROUND_NAMES), words_of_it.strip(_AROUND_NAMES))
        return name if all(self.bleeped(form) == form for form in forms) else SOMEBODY

    def clean(self, text: str, emotes: Collection[str] = ()) -> str:
        """The part of a text that may be read out; empty when nothing is left.

        Cleaning a clean text changes nothing: what one round takes out may bring together what the next one must see.

        Args:
            text: as it was typed.
            emotes: the names of Twitch's emotes in it.
        """
        words = self.file.now_or_without()
        emotes = frozenset(emotes)
        for _ in range(MAX_ROUNDS):
            cleaner = self._round(text, emotes, words)
            if cleaner == text:
                return text
            text = cleaner
        return ""  # a text that was built to never settle

    async def cleaned(self, text: str, emotes: Collection[str] = ()) -> str:
        """As ``clean``. A long text is read in a thread, so that it holds up nobody: one may take 20 ms and more."""
        if len(text) <= SHORT:
            return self.clean(text, emotes)
        return await asyncio.to_thread(self.clean, text, emotes)

    def _round(self, text: str, emotes: frozenset[str], words: WordList) -> str:
        text = " ".join(word for word in as_it_looks(text).split() if word not in emotes)
        # Before anything is taken out of it: an emoji may part the letters of a word.
        text = words.bleep(calmed(visible(text)))
        # Some characters stand for eighteen; nobody hears the end of such a text.
        text = plain_characters(without_faces(text))[: 2 * self._max_chars + LONGEST_NAME]
        text = without_links(text)
        text = calmed(words.bleep(calmed(text)))
        text = cut(text, self._max_chars)
        return text if any(char.isalnum() for char in text) else ""
