"""What goes wrong around the bot, at drawn moments."""

import asyncio
from collections.abc import Awaitable, Callable

from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.page import SimulatedPage
from pixel_bot.testing.sim.plan import Plan, Trouble
from pixel_bot.testing.sim.series import Event, Story, series


class Troubles:
    """All kinds of trouble that a plan asks for.

    Args:
        channel: where it happens.
        page: the overlay's.
        plan: which kinds, and how often.
        story: is told what goes wrong.
    """

    def __init__(self, channel: Channel, page: SimulatedPage, plan: Plan, story: Story) -> None:
        self._channel = channel
        self._page = page
        self._plan = plan
        self._story = story

    def all(self) -> list[Awaitable[None]]:
        """One endless coroutine for each kind in the plan."""
        kinds: dict[Trouble, Callable[[Event], Awaitable[None]]] = {
            Trouble.KILL: self._kill,
            Trouble.KILL_AT_COMMIT: self._kill_at_commit,
            Trouble.REFUSED: self._refuse,
            Trouble.CUT: self._cut,
            Trouble.CLOSED_PAGE: self._close_page,
            Trouble.TWICE: self._repeat,
        }
        return [self._again(kind, kinds[kind], mean) for kind, mean in self._plan.every.items()]

    async def _again(self, kind: Trouble, trouble: Callable[[Event], Awaitable[None]], mean: float) -> None:
        async for event in series(self._plan, kind, mean):
            await trouble(event)

    async def _kill(self, event: Event) -> None:
        self._story.tell(event, "the bot is killed")
        self._channel.kill()
        await asyncio.sleep(event.chance.uniform(0, 30))
        self._channel.start()

    async def _kill_at_commit(self, event: Event) -> None:
        count, before = event.chance.randint(1, 20), event.chance.random() < 0.5
        when = "before" if before else "after"
        self._story.tell(event, f"the bot will die {when} commit {count} from now")
        await self._channel.killed_at_commit(count, before=before)
        await asyncio.sleep(event.chance.uniform(0, 5))
        self._channel.start()

    async def _refuse(self, event: Event) -> None:
        chance, faults = event.chance, self._channel.twitch.faults
        kind = chance.choice(["500", "429", "drop", "late", "done"])
        path = chance.choice(["chat/messages", "chat/messages", "", "eventsub/subscriptions", "users"])
        times = chance.randint(1, 4)
        self._story.tell(event, f"Twitch answers {times} requests to /{path} with {kind}")
        match kind:
            case "500":
                faults.add(path, status=500, times=times)
            case "429":
                faults.add(path, status=429, times=times)
            case "drop":
                faults.add(path, drop=True, times=times)
            case "late":
                faults.add(path, delay=chance.uniform(1, 20), times=times)
            case _:
                faults.add(path, status=500, times=times, done=True)

    async def _cut(self, event: Event) -> None:
        self._story.tell(event, "the connection for events is cut")
        for session in list(self._channel.twitch.sessions.values()):
            session.cut()

    async def _repeat(self, event: Event) -> None:
        self._story.tell(event, "the last event comes again")
        await self._channel.repeat()

    async def _close_page(self, event: Event) -> None:
        self._story.tell(event, "the overlay's page closes")
        await self._page.close()
        await asyncio.sleep(event.chance.uniform(1, 200))
        self._page.is_open.set()
