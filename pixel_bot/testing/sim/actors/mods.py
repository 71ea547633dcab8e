"""Mods: all commands that they have, and their yes and no to texts."""

import asyncio
import random
from collections.abc import Awaitable, Sequence

from typing_extensions import override

from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.series import Event

KEYS = ("tts", "pixel", "sound", "spin", "clip")
COMMANDS = (
    "!xp add @{other} {many}",
    "!xp set @{other} {many}",
    "!points remove @{other} half",
    "!points set @{other} 0",
    "!undo",
    "!history @{other}",
    "!cooldowns reset @{other}",
    "!redeem off {key}",
    "!redeem on {key}",
    "!redeem on {key}",
    "!redeem cost {key} {few}",
    "!redeem cooldown {key} {few}",
    "!redeem cooldown {key} {few} everyone",
    "!redeem cooldown {key} 0",
    "!queue pause",
    "!queue pause {kind}",
    "!queue resume",
    "!queue resume {kind}",
    "!queue skip {kind}",
    "!queue clear",
    "!queue clear {kind}",
    "!refund @{other}",
    "!block @{other}",
    "!block @{other} {key}",
    "!unblock @{other}",
    "!ignore @{other}",
    "!unignore @{other}",
    "!ignored",
    "!wheel owed",
    "!wheel given @{other}",
    "!status",
    "!panic",
    "!calm",
)


class Mods(Part):
    """They use all of their commands."""

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("mod command", self.pause(12), self._command),)

    @override
    async def settle(self) -> None:
        await self.twitch.say(STREAMER, "!queue resume")

    async def _command(self, event: Event) -> None:
        chance = event.chance
        words = chance.choice(COMMANDS).format(
            other=self.somebody(event).login,
            few=chance.randint(0, 30),
            many=chance.randint(50, 2_000),
            key=chance.choice(KEYS),
            kind=chance.choice(["tts", "wheel", "effect"]),
        )
        await self.say(event, self.mod(event), words)


class Approvals(Part):
    """They decide on texts, sometimes twice, sometimes both at once, sometimes not at all."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._refusing: asyncio.Task[None] | None = None

    @override
    def settings(self) -> dict[str, object]:
        return {"tts_approve": random.Random(f"approve {self.scene.plan.seed}").choice(["new", "all"])}

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("approval", self.pause(10), self._decide),)

    @override
    async def settle(self) -> None:
        # Also what comes later: redemptions whose event was lost are asked for now and then.
        self._refusing = asyncio.create_task(self._refuse_all())

    @override
    async def close(self) -> None:
        if self._refusing is not None:
            self._refusing.cancel()
            await asyncio.gather(self._refusing, return_exceptions=True)

    async def _refuse_all(self) -> None:
        for _ in range(10):
            await self.twitch.say(STREAMER, "!queue clear")
            await asyncio.sleep(60.0)

    async def _decide(self, event: Event) -> None:
        chance = event.chance
        words = ["!yes", "!yes", "!yes", "!no", "!yes @{other}", "!no @{other}", "!yes {few}", "!no {few}", "!yes list"]
        said = chance.choice(words).format(other=self.somebody(event).login, few=chance.randint(1, 40))
        await self.say(event, self.mod(event), said)
        if chance.random() < 0.2:
            await self.say(event, STREAMER, chance.choice(["!yes", "!no", said]))
