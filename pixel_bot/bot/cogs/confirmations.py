"""``await ctx.confirm("...")``: a command waits for a yes or no of the one who typed it."""

import asyncio
from datetime import datetime, timedelta

from pixel_bot.clock import Clock
from pixel_bot.model.chat_message import ChatMessage

YES = frozenset({"yes", "y", "yep", "yeah", "ok", "sure"})
NO = frozenset({"no", "n", "nope", "cancel", "stop"})

LOOK_SECONDS = 1.0


class Confirmations:
    """The questions that are open, by who was asked: one for each person."""

    def __init__(self, clock: Clock, prefix: str) -> None:
        self._clock = clock
        self._prefix = prefix
        self._open: dict[str, tuple[asyncio.Future[bool], datetime]] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    async def ask(self, key: str, seconds: float) -> bool:
        """Wait for the answer of a person.

        Args:
            key: of the person (``Person.key``). A question that is open already counts as refused.
            seconds: how long, on the bot's clock; then it counts as refused.
        """
        self._close(key)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        until = self._clock.now() + timedelta(seconds=seconds)
        self._open[key] = (answer, until)
        try:
            while not answer.done() and self._clock.now() < until:
                await asyncio.wait([answer], timeout=min(LOOK_SECONDS, seconds))
            return answer.done() and answer.result()
        finally:
            if self._open.get(key, (None,))[0] is answer:
                del self._open[key]

    def note(self, message: ChatMessage) -> bool:
        """Take note of a message. Returns whether it was the answer to a question."""
        asked = self._open.get(message.key)
        if asked is None:
            return False
        word = message.text.strip().removeprefix(self._prefix).rstrip(".!").casefold()
        if word not in YES | NO or asked[0].done() or self._clock.now() >= asked[1]:
            return False
        asked[0].set_result(word in YES)
        return True

    def look(self) -> None:
        """The time may have moved on: what is over counts as refused."""
        for key, (_, until) in tuple(self._open.items()):
            if self._clock.now() >= until:
                self._close(key)

    def _close(self, key: str) -> None:
        asked = self._open.get(key)
        if asked is not None and not asked[0].done():
            asked[0].set_result(False)
