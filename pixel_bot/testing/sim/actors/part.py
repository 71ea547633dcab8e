"""What all actors have in common."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.testing.sim.channel import Channel, SignIn
from pixel_bot.testing.sim.people import People
from pixel_bot.testing.sim.plan import Plan
from pixel_bot.testing.sim.series import Event, Story, series


@dataclass(frozen=True)
class Scene:
    """Where actors act: the channel, those who chat there, and the plan and the story of it."""

    channel: Channel
    people: People
    plan: Plan
    story: Story


class Part:
    """One actor. Those that the plan leaves out are never made.

    Subclasses say what they need (``settings``, ``routes``, ``sign_ins``), what they do (``acts``, each of which goes
    on for ever), how they end it (``settle``), and what must hold then (``broken``).
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.channel = scene.channel
        self.twitch = scene.channel.twitch

    def settings(self) -> dict[str, object]:
        """Settings of the bot, by their lower-case names."""
        return {}

    def routes(self) -> Sequence[BaseRoute]:
        """What else there is in the network, at Twitch's port."""
        return ()

    def sign_ins(self) -> Sequence[SignIn]:
        """What keeps the bot's keys for other platforms, before it starts for the first time."""
        return ()

    async def open(self) -> None:
        """Begin, before the bot does."""

    def acts(self) -> Sequence[Awaitable[None]]:
        """What this one does, for ever."""
        return ()

    async def settle(self) -> None:
        """Do no more harm, and let everything that waits go on. The bot runs."""

    def broken(self) -> Iterator[str]:
        """Promises that were broken, a sentence each; asked once all has settled."""
        yield from ()

    async def close(self) -> None:
        """Everything is over."""

    async def again(self, kind: str, mean: float, act: Callable[[Event], Awaitable[None]]) -> None:
        """Do something at drawn moments, for ever, ``mean`` seconds apart on average."""
        async for event in series(self.scene.plan, kind, mean):
            await act(event)

    def pause(self, messages: float) -> float:
        """Seconds in which so many messages are written in chat."""
        return messages / self.scene.plan.pace

    def tell(self, event: Event, words: str) -> None:
        """Note in the story what an event is."""
        self.scene.story.tell(event, words)

    async def say(self, event: Event, who: SandboxUser, words: str) -> None:
        """Somebody writes on Twitch."""
        self.tell(event, f"{who.login}: {words}")
        await self.twitch.say(who, words)

    def somebody(self, event: Event) -> SandboxUser:
        """One of those who chat."""
        return event.chance.choice(self.scene.people.viewers)

    def mod(self, event: Event) -> SandboxUser:
        """One of the mods."""
        return event.chance.choice(self.scene.people.mods)

    def cast(self, name: str, count: int) -> list[SandboxUser]:
        """So many people of this actor's own, whom Twitch knows."""
        return [self.twitch.users.settle(sandbox_user(f"{name}{n}")) for n in range(count)]
