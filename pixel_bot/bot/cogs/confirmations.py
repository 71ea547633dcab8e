"""``await ctx.confirm("...")``: a command waits for a yes or no of the one who typed it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pixel_bot.clock import Clock
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.wording.texts import texts

_ = texts(__name__)

YES = frozenset({"yes", "y", "yep", "yeah", "ok", "sure"})
NO = frozenset({"no", "n", "nope", "cancel", "stop"})

LOOK_SECONDS = 1.0
"""Between two looks at the clock."""


@dataclass(slots=True, eq=False)
class Question:
    """A question that is open, until when, and what to call as soon as it is not."""

    key: str
    answer: asyncio.Future[bool]
    until: datetime
    on_end: Callable[[], None]

    def end(self, *, yes: bool) -> None:
        """It is answered."""
        if not self.answer.done():
            self.answer.set_result(yes)
            self.on_end()


class Confirmations:
    """The questions that are open: one for each person."""

    def __init__(self, clock: Clock, prefix: str) -> None:
        self._clock = clock
        self._prefix = prefix
        self._open: dict[str, Question] = {}

    def open(self, key: str, seconds: float) -> Question:
        """Ask a person. A question that they had not answered yet counts as refused.

        Args:
            key: of the person (``Person.key``).
            seconds: how long, on the bot's clock; then it counts as refused.
        """
        if (old := self._open.get(key)) is not None:
            old.end(yes=False)
        until = self._clock.now() + timedelta(seconds=seconds)
        question = Question(key, asyncio.get_running_loop().create_future(), until, lambda: None)
        self._open[key] = question
        return question

    async def wait(self, question: Question, set_aside: Callable[[], Callable[[], None]]) -> bool:
        """Wait for the answer.

        Args:
            question: that was opened, and asked.
            set_aside: called where it has to be waited for. What that returns is called at once when it is answered.
        """
        try:
            if not question.answer.done():
                question.on_end = set_aside()
            while not question.answer.done():
                await asyncio.wait([question.answer], timeout=LOOK_SECONDS)
                self.look()
            return question.answer.result()
        finally:
            question.end(yes=False)
            if self._open.get(question.key) is question:
                del self._open[question.key]

    def note(self, message: ChatMessage) -> bool:
        """Take note of a message. Returns whether it was the answer to a question."""
        question = self._open.get(message.key)
        if question is None or question.answer.done() or self._clock.now() >= question.until:
            return False
        word = message.text.strip().removeprefix(self._prefix).rstrip(".!").casefold()
        yes, no = YES | {_("yes")}, NO | {_("no")}
        if word not in yes | no:
            return False
        question.end(yes=word in yes)
        return True

    def look(self) -> None:
        """The time may have moved on: what is over counts as refused."""
        now = self._clock.now()
        for question in tuple(self._open.values()):
            if now >= question.until:
                question.end(yes=False)
