"""All actors that a plan asks for."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Iterator

from pixel_bot.testing.sim.actors.games import Gamblers
from pixel_bot.testing.sim.actors.joystick import Joystick, Linked
from pixel_bot.testing.sim.actors.mods import Approvals, Mods
from pixel_bot.testing.sim.actors.obs import ObsStudio
from pixel_bot.testing.sim.actors.old_database import OldDatabase
from pixel_bot.testing.sim.actors.pages import Liars, Pages
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.actors.redemptions import Redemptions
from pixel_bot.testing.sim.actors.servers import AiServer, SpeechServer
from pixel_bot.testing.sim.actors.streamer import Files, Restarts, Upkeep
from pixel_bot.testing.sim.actors.viewers import Banned, Lurkers, Newcomers, Renamed, Spammers, Spenders
from pixel_bot.testing.sim.plan import Actor, Plan

ALONE: dict[Actor, Callable[[Scene], Part]] = {
    Actor.SPENDERS: Spenders,
    Actor.SPAMMERS: Spammers,
    Actor.LURKERS: Lurkers,
    Actor.RENAMED: Renamed,
    Actor.NEWCOMERS: Newcomers,
    Actor.BANNED: Banned,
    Actor.MODS: Mods,
    Actor.APPROVALS: Approvals,
    Actor.FILES: Files,
    Actor.RESTARTS: Restarts,
    Actor.UPKEEP: Upkeep,
    Actor.OBS: ObsStudio,
    Actor.AI: AiServer,
    Actor.SPEECH: SpeechServer,
    Actor.REDEMPTIONS: Redemptions,
    Actor.OLD_DATABASE: OldDatabase,
    Actor.GAMBLERS: Gamblers,
}
LATER_IMPORTS = {Actor.OBS: ("simpleobsws",), Actor.AI: ("openai",), Actor.SPEECH: ("openai",)}
"""What the bot imports when it needs it first: it must not be different in the second simulation of a process."""


def import_all(plan: Plan) -> None:
    """Import what this plan's bot will import, before time is simulated."""
    for actor in sorted(plan.actors):
        for module in LATER_IMPORTS.get(actor, ()):
            importlib.import_module(module)


class Cast:
    """The actors of one simulation.

    Args:
        scene: where they act.
    """

    def __init__(self, scene: Scene) -> None:
        self._channel = scene.channel
        self._parts = list(_parts(scene))
        for part in self._parts:
            scene.channel.choose(**part.settings())

    async def open(self) -> None:
        """They and the channel begin."""
        routes = [route for part in self._parts for route in part.routes()]
        await self._channel.open(routes, [sign_in for part in self._parts for sign_in in part.sign_ins()])
        for part in self._parts:
            await part.open()

    def acts(self) -> list[Awaitable[None]]:
        """All that they do, for ever."""
        return [act for part in self._parts for act in part.acts()]

    async def settle(self) -> None:
        """They do no more harm."""
        for part in self._parts:
            await part.settle()

    def broken(self) -> Iterator[str]:
        """Promises that were broken, a sentence each."""
        for part in self._parts:
            yield from part.broken()

    async def close(self) -> None:
        """Everything is over."""
        await asyncio.gather(*(part.close() for part in self._parts))


def _parts(scene: Scene) -> Iterator[Part]:
    actors = scene.plan.actors
    yield from (make(scene) for actor, make in ALONE.items() if actor in actors)
    if Actor.JOYSTICK in actors:
        joystick = Joystick(scene)
        yield joystick
        if Actor.LINKED in actors:
            yield Linked(scene, joystick)
    if Actor.PAGES in actors:
        pages = Pages(scene)
        yield pages
        if Actor.LIARS in actors:
            yield Liars(scene, pages)
