"""What an import says of a list, and of what it would do."""

import heapq
from collections.abc import Sequence

from pixel_bot.cli.saying import say
from pixel_bot.imports.batches import Batch, ImportPreview, local
from pixel_bot.imports.files import PointFile
from pixel_bot.imports.json_lists import missing_words
from pixel_bot.imports.people import Holder
from pixel_bot.texts import count, number

SHOWN_FIRST = 3
SHOWN_LARGEST = 5
SHOWN_SKIPPED = 10

MANY_LEFT_OUT = 0.05
"""Share of the lines. If more of them are left out, the exit code is 1: the file is not what it should be."""


def is_whole(file: PointFile) -> bool:
    """Whether nothing that matters is missing: few lines are left out, and the file says of no further ones."""
    return file.share_left_out <= MANY_LEFT_OUT and not file.missing


def tell_file(name: str, file: PointFile, *, all_lines: bool = False) -> None:
    """Print what was read of a file.

    Args:
        name: of the file.
        file: what was read.
        all_lines: whether every line that is left out is named, and not the first ones alone.
    """
    say(f"{name} is from {file.source}, by its columns: {file.columns}.")
    if file.people:
        say(f"{count(len(file.people), 'viewer')}, {count(file.total, 'point')} in all.")
        say(f"First: {_listed(file.people[:SHOWN_FIRST])}.")
        say(f"Most: {_listed(heapq.nlargest(SHOWN_LARGEST, file.people, key=lambda one: one.points))}.")
    if file.xp:
        say(f"{number(file.xp)} XP in all. Levels follow it, and pay nothing.")
    if file.empty:
        say(f"{count(file.empty, 'viewer')} with 0 points: nothing to import.")
    if file.missing:
        say(missing_words(file.missing))
    if file.skipped:
        _tell_skipped(file, all_lines=all_lines)


def _tell_skipped(file: PointFile, *, all_lines: bool) -> None:
    share = f" ({file.share_left_out:.1%} of the list)" if file.left_out else ""
    say(f"{count(len(file.skipped), 'line')} skipped{share}:")
    shown = file.skipped if all_lines else file.skipped[:SHOWN_SKIPPED]
    for line in shown:
        say(f"  {file.unit} {line.line}: {line.why}.")
    if len(shown) < len(file.skipped):
        say(f"  ... and {number(len(file.skipped) - len(shown))} more; --verbose names all.")
    if file.left_out:
        say("To pay those as well, put them, corrected, into a file of their own: this one pays only once.")


def tell_outlook(file: PointFile, outlook: ImportPreview, *, again: bool) -> bool:
    """Print what the import finds in the database.

    Returns:
        Whether it may be paid: nobody on the list was paid by another import, or the streamer has said so.
    """
    say(f"{count(outlook.new, 'viewer')} new here, {number(len(file.people) - outlook.new)} known.")
    if outlook.standing is not None:
        tell_standing(outlook.standing, again=again)
    for other in outlook.others:
        equal = f", {number(other.equal)} of them the very same points" if other.equal else ""
        say(
            f"{number(other.people)} of them got points by import {other.batch.name} on {local(other.batch.made)} "
            f"already{equal}."
        )
    if again or (outlook.standing is None and not outlook.others):
        return True
    if outlook.others:
        latest = outlook.others[-1].batch.name
        say(
            "Nobody is paid twice by accident. If this is a newer list of the same bot, take the older one back first: "
            f"python -m pixel_bot undo {latest}. If these points come on top, like those of a second bot: --again"
        )
    return False


def tell_standing(batch: Batch, *, again: bool = False) -> None:
    """Print that the very list was imported before."""
    if again:
        say(f"This list was already imported on {local(batch.made)}, as batch {batch.name}. It is paid once more.")
        return
    say(
        f"This list was already imported on {local(batch.made)}, as batch {batch.name}; nothing was changed. "
        f"To take it back: python -m pixel_bot undo {batch.name}"
    )


def _listed(people: Sequence[Holder]) -> str:
    return ", ".join(f"{one.login or one.shown} {number(one.points)}" for one in people)
