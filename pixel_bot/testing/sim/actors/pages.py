"""More pages of the overlay: some come and go, and one lies."""

import asyncio
import random
from collections.abc import Awaitable, Sequence

from typing_extensions import override

from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.page import SimulatedPage
from pixel_bot.testing.sim.series import Event

LIES = ("twice", "unknown", "never", "failed", "at once", "begun only", "long", "odd")


class Pages(Part):
    """One or two more pages: closed, hidden, muted, cut, and loaded again, when they forget what they have played."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.lies: list[str] = []
        chance = random.Random(f"pages {scene.plan.seed}")
        self._pages = [_Page(self, f"page{n}") for n in range(chance.randint(1, 2))]
        self._running: list[asyncio.Task[None]] = []

    @override
    async def open(self) -> None:
        self._running = [asyncio.create_task(page.run()) for page in self._pages]

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("page", 40.0, self._change),)

    @override
    async def settle(self) -> None:
        self.lies = []
        for page in self._pages:
            page.is_open.set()
            await page.become(visible=True, audible=True)

    @override
    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _change(self, event: Event) -> None:
        chance, page = event.chance, event.chance.choice(self._pages)
        kind = chance.choice(["opened", "closed", "hidden", "muted", "shown", "shown", "loaded again", "cut"])
        self.tell(event, f"{page.name} is {kind}")
        match kind:
            case "opened":
                page.is_open.set()
            case "closed":
                await page.leave(for_good=chance.random() < 0.5)
            case "loaded again":
                await page.load_again()
            case "cut":
                page.cut()
            case _:
                await page.become(visible=kind != "hidden", audible=kind != "muted")


class Liars(Part):
    """Makes the pages lie, in a way that changes.

    Args:
        scene: where they are.
        pages: who lies.
    """

    def __init__(self, scene: Scene, pages: Pages) -> None:
        super().__init__(scene)
        self._pages = pages

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("lie", 60.0, self._change),)

    async def _change(self, event: Event) -> None:
        self._pages.lies = event.chance.choice([[], *([lie] for lie in LIES)])
        self.tell(event, f"pages lie: {self._pages.lies or 'no more'}")


class _Page(SimulatedPage):
    def __init__(self, pages: Pages, name: str) -> None:
        super().__init__(pages.channel, random.Random(f"{name} {pages.scene.plan.seed}"), name)
        self._pages = pages
        self.name = name

    async def become(self, *, visible: bool, audible: bool) -> None:
        self.visible, self.audible = visible, audible
        await self._send({"do": "state", **self._state()})

    async def leave(self, *, for_good: bool) -> None:
        if for_good:
            await self._send({"do": "bye"})
        await self.close()

    async def load_again(self) -> None:
        await self.leave(for_good=True)
        self._ended.clear()
        self.is_open.set()

    def cut(self) -> None:
        socket = self._socket
        if socket is not None and (transport := socket.get_extra_info("transport")) is not None:
            transport.abort()

    @override
    async def _play(self, effect: str) -> None:
        match self._pages.lies:
            case []:
                await self._play_honestly(effect)
            case ["twice"]:
                for state in ("started", "started", "finished", "finished", "failed"):
                    await self._say(effect, state, seconds=0.0)
            case ["unknown"]:
                for state in ("started", "finished", "failed", "lost"):
                    await self._say(f"{effect}0", state)
                await self._play_honestly(effect)
            case ["failed"]:
                await self._say(effect, "failed", reason=self._chance.choice(["hidden", "blocked", "error", ""]))
            case ["at once"]:
                await self._say(effect, "finished")
            case ["begun only"]:
                await self._say(effect, "started", seconds=2.0)
            case ["long"]:
                await self._say(effect, "started", seconds=1e300)
                await self._say(effect, "finished")
            case ["odd"]:
                await self._send({"do": "ack", "id": [effect], "state": {"finished": 1}, "seconds": "long"})
                await self._play_honestly(effect)
            case _:
                return

    async def _play_honestly(self, effect: str) -> None:
        if not self.visible:
            await self._say(effect, "failed", reason="hidden")
        else:
            await super()._play(effect)
