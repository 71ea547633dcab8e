"""What the bot says: one message, and what stands in its way."""

from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """Whose answers go first, after what was paid for."""

    STREAMER = 0
    MOD = 1
    VIEWER = 2


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send.

    Args:
        text: what is said.
        reply_to: id of the message that it answers.
        paid: True for one that somebody paid for, or a refund: it goes first, and is never dropped.
        whisper_to: login of the one person who is to read it; empty for all of chat.
        asker: key of who asked; among equals each asker gets the same share. Empty where nobody asked.
        asker_name: how the asker is called where the message cannot be a reply.
        rank: the asker's.
        question: what was asked. While an answer waits, a later one of the same asker to the same question takes its
            place. Empty for what is never merged.
        interim: True for a word that only says that the real answer follows: it is dropped rather than to take a turn
            of anything else.
    """

    text: str
    reply_to: str | None = None
    paid: bool = False
    whisper_to: str = ""
    asker: str = ""
    asker_name: str = ""
    rank: Rank = Rank.VIEWER
    question: str = ""
    interim: bool = False

    @property
    def is_urgent(self) -> bool:
        """True for what goes before free answers to viewers."""
        return self.paid or self.rank != Rank.VIEWER


class SendFailed(Exception):
    """The platform did not take a message, as far as we know.

    Args:
        reason: in words.
        retry: whether trying again makes sense.
        unconfirmed: True when it may have taken it all the same, because its answer was lost.
        duplicate: True when it was dropped for being the same as one before.
        not_unique: True when the chat takes nothing that was ever said before, and this was: other words are taken.
        too_soon: True when a rule on how often one may write is the reason: the same message is taken later.
        reply_gone: True when the message that it answers may be gone: it can be said without the reply.
        explained: True when the log has said already, in plain words, why.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool,
        unconfirmed: bool = False,
        duplicate: bool = False,
        not_unique: bool = False,
        too_soon: bool = False,
        reply_gone: bool = False,
        explained: bool = False,
    ) -> None:
        self.retry = retry
        self.unconfirmed = unconfirmed
        self.duplicate = duplicate
        self.not_unique = not_unique
        self.too_soon = too_soon
        self.reply_gone = reply_gone
        self.explained = explained
        super().__init__(reason)
