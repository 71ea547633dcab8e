"""A chat on Twitch in simulated time: our outbox and sender, and the double's rules."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from twitchio import HTTPException

from pixel_bot.bot.delivery.outbox import Outbox
from pixel_bot.model.chat_rules import ChatModes, Standing, twitch_rules
from pixel_bot.model.outgoing import Outgoing, Rank
from pixel_bot.platforms.twitch.sender import TwitchSender
from pixel_bot.sandbox.twitch.chat_settings import REASONS, ChatSettings

LATENCY = 0.05


@dataclass
class Ask:
    """Somebody's command, and what became of its answer."""

    asker: str
    at: float
    text: str
    message_id: str
    answered: float | None = None


@dataclass
class SimulatedChat:
    """The bot's account in a chat where it has that standing. Needs a virtual loop.

    ``knows`` is what the bot believes of the chat's modes.
    """

    standing: Standing = "viewer"
    slow_seconds: int = 0
    knows: ChatModes | None = None
    latency: float = LATENCY
    said: list[tuple[float, str, str | None]] = field(default_factory=list[tuple[float, str, "str | None"]])
    """When chat took what, as a reply to what."""
    dropped: list[str] = field(default_factory=list[str])
    faults: Iterator[str] = field(default_factory=lambda: repeat(""))
    """What goes wrong with each message in turn: ``busy``, ``lost`` on its way to Twitch, or ``unanswered``."""
    asks: list[Ask] = field(default_factory=list[Ask])

    def __post_init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.settings = ChatSettings(self.loop.time)
        self.settings.enforced, self.settings.slow_seconds = True, self.slow_seconds
        modes = ChatModes(self.slow_seconds) if self.knows is None else self.knows
        self.outbox = Outbox(TwitchSender(self, "1", "2").send, twitch_rules(self.standing, modes))
        self.under_way = 0
        self._tasks: list[asyncio.Task[Any]] = []

    def use_rules_of(self, standing: Standing) -> None:
        """The bot takes itself for one of that standing."""
        modes = ChatModes(self.slow_seconds) if self.knows is None else self.knows
        self.outbox.rules = twitch_rules(standing, modes)

    async def post_chat_message(self, *, message: str, reply_to_message_id: str | None, **_: Any) -> dict[str, Any]:
        """Twitch, as TwitchIO asks it."""
        await asyncio.sleep(self.latency / 2)
        if (fault := next(self.faults)) == "busy":
            raise HTTPException("no", status=503, extra={"message": "no"})
        if fault == "lost":
            raise TimeoutError
        code = self.settings.drop_code("1", self.standing, message)
        await asyncio.sleep(self.latency / 2)
        if code is not None:
            self.dropped.append(code)
            reason = {"code": code, "message": REASONS[code]}
            return {"data": [{"message_id": "", "is_sent": False, "drop_reason": reason}]}
        self.said.append((self.loop.time(), message, reply_to_message_id))
        if fault == "unanswered":
            raise TimeoutError
        return {"data": [{"message_id": f"said-{len(self.said)}", "is_sent": True, "drop_reason": None}]}

    def put(self, message: Outgoing) -> "asyncio.Task[str | None]":
        """The bot says something."""
        task = asyncio.create_task(self.outbox.put(message))
        self._tasks.append(task)
        self.under_way += 1
        task.add_done_callback(self._ended)
        return task

    def _ended(self, _: object) -> None:
        self.under_way -= 1

    def ask(self, asker: str, text: str, answer: str = "", rank: Rank = Rank.VIEWER) -> "asyncio.Task[str | None]":
        """Somebody types a command, and the bot wants to answer it."""
        ask = Ask(asker, self.loop.time(), text, f"{asker}-{len(self.asks)}")
        self.asks.append(ask)
        message = Outgoing(
            answer or f"{asker} has 0 points.",
            ask.message_id,
            asker=asker,
            asker_name=asker,
            rank=rank,
            question=f"1 {text}",
        )
        task = self.put(message)
        task.add_done_callback(lambda done: self._note(ask, done))
        return task

    def _note(self, ask: Ask, done: "asyncio.Task[str | None]") -> None:
        if not done.cancelled() and done.result() is not None:
            ask.answered = self.loop.time()

    async def settled(self) -> None:
        """Wait until all is said or dropped."""
        await asyncio.gather(*self._tasks)
        await self.outbox.stop()

    def texts(self) -> list[str]:
        """What chat took, as people see it."""
        return [text.replace("\U000e0000", "").strip() for _, text, _ in self.said]

    def gaps(self) -> list[float]:
        """Seconds between what chat took."""
        return [round(b[0] - a[0], 6) for a, b in zip(self.said, self.said[1:], strict=False)]

    def waits(self, asker: str) -> list[float | None]:
        """For each ask of somebody, how long the answer took; None for no answer."""
        return [None if a.answered is None else a.answered - a.at for a in self.asks if a.asker == asker]
