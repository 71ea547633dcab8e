"""The streamer's file of blocked words, one a line."""

from pathlib import Path

from pixel_bot.filters.bad_words import WordList
from pixel_bot.model.last_good import LastGoodFile, Unreadable, text_of
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

MAX_BYTES = 1_000_000


def word_file(path: Path) -> LastGoodFile[WordList]:
    """The blocked words: the built-in ones, and those of the file, which may be missing."""
    return LastGoodFile(
        path,
        lambda raw: WordList(words_in(raw, path.name)),
        WordList(),
        later("Only the built-in words are blocked."),
        later("The words that it had before are still blocked."),
    )


def words_in(raw: bytes, name: str) -> list[str]:
    """The words and phrases of a file, one a line, without comments.

    Raises:
        Unreadable: it is no text.
    """
    if len(raw) > MAX_BYTES:
        raise Unreadable(_("{file} cannot be read: it is larger than {n} MB.", file=name, n=1))
    text = text_of(raw, name)
    return [word for line in text.splitlines() if (word := line.partition("#")[0].strip())]
