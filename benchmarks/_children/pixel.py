"""Pixel Bot as its app builds it, but on a double of Twitch that lives elsewhere."""

import asyncio
import gc
import resource
import sys
import time
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from _bots import Options
from _process import say, told_to_end

from pixel_bot.bot.bot import PixelBot
from pixel_bot.clock import Clock
from pixel_bot.logs import set_up_logging
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.run.runner import _tune_garbage_collector  # pyright: ignore[reportPrivateUsage] - the very setting that is measured
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.settings import Settings
from pixel_bot.testing import guest, settings_in

ACCOUNTS = {
    role: (who.id, who.login, f"token-of-{who.id}", f"refresh-of-{who.id}")
    for role, who in {"bot": BOT, "broadcaster": STREAMER}.items()
}
"""Accounts that the double knows."""


async def run_pixel(options: Options) -> None:
    """Run until told to end. Every message is awarded, which is the worst case: no cooldowns."""
    set_up_logging("WARNING")
    settings = every_message_pays(options)
    report: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(opened(settings, "sandbox", Clock()))
        async with guest(services, f"127.0.0.1:{options.port}", ("client", "secret"), ACCOUNTS) as show:
            bot = show.bot
            receipts = Receipts(bot) if options.time_commits else None
            await show.begin()
            await show.platform.eventsub.ready()
            _tune_garbage_collector()
            pauses = Pauses() if options.time_collector else None
            _say_done(bot, options.messages)
            say("ready", memory=memory("VmRSS"))
            await told_to_end()
            counter: Any = bot.get_component("Counter")
            report = {
                "heard_by_cog": counter.heard if counter is not None else 0,
                "durable_after": receipts.seconds if receipts is not None else [],
                "collector": pauses.seconds if pauses is not None else [],
                "memory": memory("VmRSS"),
                "most_memory": memory("VmHWM"),
            }
    say("end", **report)


def every_message_pays(options: Options) -> Settings:
    """Settings of their own, whatever the environment says."""
    return settings_in(
        options.folder,
        points_chat_cooldown_seconds=0,
        xp_chat_cooldown_seconds=0,
        cogs_dir=options.cogs,
    )


def _say_done(bot: PixelBot, messages: int) -> None:
    """Say so when so many chat messages are durable, and what they started has ended."""
    finishing: list[asyncio.Task[None]] = []

    async def finish() -> None:
        await bot.settled()
        say("done")

    def on_commit() -> None:
        if bot.awards.totals.messages >= messages and not finishing:
            finishing.append(asyncio.create_task(finish()))

    if messages:
        bot.services.database.committed.add(on_commit)


class Receipts:
    """Seconds from a message's receipt to the commit that holds it. Needs every message to pay 1 point."""

    def __init__(self, bot: PixelBot) -> None:
        self.seconds: list[float] = []
        self._awards = bot.awards
        self._waiting: deque[float] = deque()
        self._take = bot.awards.chat
        bot.awards.chat = self._chat
        bot.services.database.committed.add(self._on_commit)

    def _chat(self, message: ChatMessage) -> None:
        self._waiting.append(time.perf_counter())
        self._take(message)

    def _on_commit(self) -> None:
        # What the commit paid is in the totals as soon as the writer's present step ends.
        asyncio.get_running_loop().call_soon(self._settle, time.perf_counter())

    def _settle(self, now: float) -> None:
        while len(self.seconds) < self._awards.totals.points:
            self.seconds.append(now - self._waiting.popleft())


class Pauses:
    """Seconds that the garbage collector took, each time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._since = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._since = time.perf_counter()
        else:
            self.seconds.append(time.perf_counter() - self._since)


def memory(field: str) -> int:
    """Bytes that this process has in memory now (``VmRSS``) or had at its largest (``VmHWM``).

    From Linux's own account. Elsewhere the largest stands for both; it may count what the parent had at the start.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
