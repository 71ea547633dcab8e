"""How a message is worded, so that the chat does not drop it as a repetition."""

from collections.abc import Collection

from pixel_bot.bot.delivery.order import LONGEST, Waiting
from pixel_bot.texts import fit

DUPLICATE_MARK = " \U000e0000"
"""Invisible: it makes a message that equals the one before a different one."""


def wording_of(waiting: Waiting, others: Collection[str] | None) -> str:
    """The text to send.

    Args:
        waiting: the message; with a number behind it where unique chat refused its words.
        others: what it must differ from; None where the platform takes the same text twice.
    """
    text, before = fit(waiting.message.text), waiting.wording
    if waiting.variant:
        number = f" ({waiting.variant})"
        text = fit(text, LONGEST - len(number)) + number
    if others is None:
        return text
    if before == text if waiting.is_duplicate else text in others:
        return fit(text, LONGEST - len(DUPLICATE_MARK)) + DUPLICATE_MARK
    return text
