"""Errors of commands become one friendly sentence, or a line in the log."""

import logging
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from twitchio.ext import commands

from pixel_bot.db.write_outage import FULL, LOST, PROTECTED, READ_ONLY, is_of_statement, problem_of
from pixel_bot.errors import CannotSave, ChatError
from pixel_bot.points.idempotency import AlreadyProcessed
from pixel_bot.texts import plain
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

SORRY = later("Sorry, something went wrong on my side. The streamer's log says what.")
NO_DATABASE = later("I cannot reach my database right now. Nothing was changed; please try again soon.")

_NOT_SAVED = {problem: problem.what for problem in (FULL, READ_ONLY)} | {
    LOST: later("my database was moved away"),
    PROTECTED: later("my database is read-only"),
}
"""What only writing can meet with; anything else may have kept us from reading, too."""


def may_work_later(sentence: str | None) -> bool:
    """Whether it is said while the database is away or cannot be written: the same command may work later."""
    return sentence == _(NO_DATABASE) or any(sentence == str(CannotSave(_(what))) for what in _NOT_SAVED.values())


def is_fault(sentence: str | None) -> bool:
    """Whether it is said of what nobody foresaw, which is a fault of the command's cog."""
    return sentence == _(SORRY)


def reply_for(error: BaseException, usage: str, cog: str = "") -> str | None:
    """What to answer.

    Args:
        error: what TwitchIO caught.
        usage: how the command is typed, like ``!give @user N``.
        cog: whose command it is, for the log.

    Returns:
        The sentence; None for commands that are not ours, which stay silent beside other bots, and for messages that
        were delivered again.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ChatError):
            return str(cause)
    if any(isinstance(c, commands.CommandNotFound | AlreadyProcessed) for c in causes):
        return None
    if any(isinstance(c, DBAPIError | sqlite3.Error) for c in causes) and not any(map(is_of_statement, causes)):
        for problem in map(problem_of, causes):
            if problem in _NOT_SAVED:
                return str(CannotSave(_(_NOT_SAVED[problem])))  # the log has it already, once for all commands
        log.error("The database refused a command: %s", causes[-1])
        return _(NO_DATABASE)
    if isinstance(error, commands.ArgumentError | commands.GuardFailure):
        return _("Type it like this: {usage}", usage=usage)
    whose = f", of the cog {cog}" if cog else ""
    log.error("A command failed: %s%s", plain(usage), whose, exc_info=causes[-1])
    return _(SORRY)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "original", None) or current.__cause__
