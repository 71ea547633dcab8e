"""What the bot says: one message, and what stands in its way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send.

    Args:
        text: what is said.
        reply_to: id of the message that it answers.
        paid: True for one that somebody paid for: it is never dropped.
        whisper_to: login of the one person who is to read it; empty for all of chat.
    """

    text: str
    reply_to: str | None = None
    paid: bool = False
    whisper_to: str = ""


class SendFailed(Exception):
    """The platform did not take a message, as far as we know.

    Args:
        reason: in words.
        retry: whether trying again makes sense.
        unsure: True when it may have taken it all the same, because its answer was lost.
        twin: True when it was dropped for being the same as one before.
    """

    def __init__(self, reason: str, *, retry: bool, unconfirmed: bool = False, duplicate: bool = False) -> None:
        self.retry = retry
        self.unconfirmed = unconfirmed
        self.duplicate = duplicate
        super().__init__(reason)
