"""How far long work is: a bar on a terminal, else a line now and then."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from pixel_bot.cli.saying import say

STEP = 0.25
"""Share after which a line is printed where there is no terminal."""


@contextmanager
def progress_of(what: str, *, is_long: bool) -> Generator[Callable[[float], None]]:
    """Show the progress of something while the block runs.

    Args:
        what: what is done, like ``Reading``.
        is_long: whether it takes long enough to be shown at all.

    Yields:
        A function for the share that is done, from 0 to 1. Any thread may call it.
    """
    if not is_long:
        yield lambda _: None
    elif sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True) as bars:
            task = bars.add_task(what, total=1.0)
            yield lambda share: bars.update(task, completed=share)
    else:
        yield _lines(what)


def _lines(what: str) -> Callable[[float], None]:
    due = STEP

    def heard(share: float) -> None:
        nonlocal due
        if share >= due:
            say(f"{what}: {share:.0%}")
            due = (share // STEP + 1) * STEP

    return heard
