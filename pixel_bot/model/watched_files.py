"""The streamer's files that the bot looks at while it runs, so that somebody hears at once that one is broken."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pixel_bot.model.last_good import LastGoodFile


class WatchedFiles:
    """Files that are read anew when they change: those of the bot, and those of loaded cogs."""

    def __init__(self, files: Iterable[LastGoodFile[Any]] = ()) -> None:
        self._files = list(files)
        self._on_problem: Callable[[str], None] = lambda _: None

    def __iter__(self) -> Iterator[LastGoodFile[Any]]:
        return iter(tuple(self._files))

    def add(self, files: Iterable[LastGoodFile[Any]]) -> None:
        """Look at these, too."""
        for file in files:
            file.on_problem = self._on_problem
            self._files.append(file)

    def remove(self, files: Iterable[LastGoodFile[Any]]) -> None:
        """Look at these no more."""
        gone = {id(file) for file in files}
        self._files = [file for file in self._files if id(file) not in gone]

    def tell(self, on_problem: Callable[[str], None]) -> None:
        """Call ``on_problem`` with what is wrong when a file breaks while the bot runs."""
        self._on_problem = on_problem
        for file in self._files:
            file.on_problem = on_problem
