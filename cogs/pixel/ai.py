"""Who answers ``!pixel``: any OpenAI-compatible server, or a small persona of our own in the sandbox."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pixel_bot.plugin import EffectFailed, texts

from .offline import OfflineAi
from .server import NOTHING_TO_SAY, TOO_SLOW, AiFailure, ChatServer, Reply
from .settings import Settings
from .text import as_data, sayable, seen, system_prompt

_ = texts(__name__)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds.

    Attributes:
        request: one request.
        answer: the whole answer, the second request included.
        pause: about how long to wait before the second request.
        longest_pause: the most, where the server asks for more.
    """

    request: float = 8.0
    answer: float = 18.0
    pause: float = 0.3
    longest_pause: float = 2.0


class Ai(Protocol):
    """Somebody who answers questions."""

    async def answer(self, asker: str, question: str) -> str:
        """Answer a viewer's question.

        Args:
            asker: the viewer's name.
            question: what they typed. Both are data for the model, never instructions.

        Returns:
            What may be said in chat: one line of at most 220 characters and two sentences, filtered, no command of
            any bot, and with no mention but the asker's.

        Raises:
            EffectFailed: with a sentence for the viewer, when there is no answer.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


async def _uncounted() -> None:
    """Every call is allowed."""


def ai_for(
    settings: Settings,
    clean: Callable[[str], str],
    prefix: str,
    *,
    sandbox: bool,
    count_call: Callable[[], Awaitable[None]] = _uncounted,
    patience: Patience = Patience(),
) -> Ai | None:
    """The AI that the settings ask for. Cheap: nothing is imported or opened before the first question.

    ``AI_BASE_URL`` is used as it stands, so a server's ``/v1`` belongs into it; without one, a key means OpenAI itself.

    Args:
        settings: of this cog.
        clean: the filter that answers pass; it returns "" when nothing is left.
        prefix: what commands begin with.
        sandbox: whether a small persona answers, offline, where nothing is set up.
        count_call: awaited before each request to the server; raises EffectFailed when there may be no more today.
        patience: how long things may take.

    Returns:
        None where nothing is set up and it is not the sandbox.
    """
    if settings.is_server_set:
        return ServerAi(settings, clean, prefix, count_call, patience)
    return OfflineAi() if sandbox else None


class ServerAi:
    """Asks a server, with one retry, and returns only text that is safe for chat."""

    def __init__(
        self,
        settings: Settings,
        clean: Callable[[str], str],
        prefix: str,
        count_call: Callable[[], Awaitable[None]],
        patience: Patience,
    ) -> None:
        self._server = ChatServer(settings, patience.request, count_call)
        self._system = system_prompt(settings.persona)
        self._prefix, self._mark = prefix, settings.prefix
        self._clean = clean
        self._patience = patience

    async def answer(self, asker: str, question: str) -> str:
        """See ``Ai.answer``."""
        if not seen(question):
            raise EffectFailed(_("There was no question that I could read."))
        failure = AiFailure(TOO_SLOW, f"The AI had no answer within {self._patience.answer:g} s.")
        try:
            async with asyncio.timeout(self._patience.answer):
                name = self._clean(asker.replace("_", " ")) or _("somebody")
                return await self._twice(as_data(name, self._clean(question)), asker)
        except TimeoutError:
            pass
        except AiFailure as exc:
            failure = exc
        log.warning("!pixel got no answer. %s", failure.why)
        raise EffectFailed(_(failure.sentence))

    async def close(self) -> None:
        """See ``Ai.close``."""
        await self._server.close()

    async def _twice(self, data: str, asker: str) -> str:
        try:
            return await self._once(data, asker)
        except AiFailure as exc:
            if not exc.again:
                raise
            log.info("!pixel asks again. %s", exc.why)
            wait = exc.wait
        await asyncio.sleep(self._pause(wait))
        return await self._once(data, asker)

    async def _once(self, data: str, asker: str) -> str:
        reply = await self._server.complete(self._system, data)
        # In a thread: an answer may be many times as long as a chat message.
        line = await asyncio.to_thread(sayable, reply.text, self._clean, self._prefix, self._mark, asker)
        if not line:
            raise self._nothing(reply)
        return line

    def _nothing(self, reply: Reply) -> AiFailure:
        if reply.unfinished:
            self._server.allow_thinking()
            return AiFailure(NOTHING_TO_SAY, "The model spent all its tokens on thinking.", again=True)
        why = "The answer was empty." if not reply.text.strip() else "The filters left nothing of the answer."
        return AiFailure(NOTHING_TO_SAY, why, again=True)

    def _pause(self, asked: float | None) -> float:
        if asked is not None:
            return min(asked, self._patience.longest_pause)
        return self._patience.pause * random.uniform(0.7, 1.3)  # noqa: S311 - only spreads the load
