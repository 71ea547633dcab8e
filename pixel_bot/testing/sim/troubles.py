"""What goes wrong around the bot, at drawn moments."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.page import SimulatedPage
from pixel_bot.testing.sim.plan import Plan, Trouble


class Troubles:
    """All kinds of trouble that a plan asks for.

    Args:
        channel: where it happens.
        page: the overlay's.
        plan: which kinds, and how often.
    """

    def __init__(self, channel: Channel, page: SimulatedPage, plan: Plan) -> None:
        self._channel = channel
        self._page = page
        self._plan = plan
        self._chance = random.Random(f"troubles {plan.seed}")

    def all(self) -> list[Awaitable[None]]:
        """One endless coroutine for each kind in the plan."""
        kinds: dict[Trouble, Callable[[], Awaitable[None]]] = {
            Trouble.KILL: self._kill,
            Trouble.KILL_AT_COMMIT: self._kill_at_commit,
            Trouble.REFUSED: self._refuse,
            Trouble.CUT: self._cut,
            Trouble.CLOSED_PAGE: self._close_page,
            Trouble.TWICE: self._channel.repeat,
        }
        return [self._again(kinds[kind], mean) for kind, mean in self._plan.every.items()]

    async def _again(self, trouble: Callable[[], Awaitable[None]], mean: float) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / mean))
            await trouble()

    async def _kill(self) -> None:
        self._channel.kill()
        await asyncio.sleep(self._chance.uniform(0, 30))
        self._channel.start()

    async def _kill_at_commit(self) -> None:
        await self._channel.killed_at_commit(self._chance.randint(1, 20), before=self._chance.random() < 0.5)
        await asyncio.sleep(self._chance.uniform(0, 5))
        self._channel.start()

    async def _refuse(self) -> None:
        kind = self._chance.choice(["500", "429", "drop", "late", "done"])
        path = self._chance.choice(["chat/messages", "chat/messages", "", "eventsub/subscriptions", "users"])
        times = self._chance.randint(1, 4)
        match kind:
            case "500":
                self._channel.twitch.faults.add(path, status=500, times=times)
            case "429":
                self._channel.twitch.faults.add(path, status=429, times=times)
            case "drop":
                self._channel.twitch.faults.add(path, drop=True, times=times)
            case "late":
                self._channel.twitch.faults.add(path, delay=self._chance.uniform(1, 20), times=times)
            case _:
                self._channel.twitch.faults.add(path, status=500, times=times, done=True)

    async def _cut(self) -> None:
        for session in list(self._channel.twitch.sessions.values()):
            session.cut()

    async def _close_page(self) -> None:
        await self._page.close()
        await asyncio.sleep(self._chance.uniform(1, 200))
        self._page.is_open.set()
