"""Those who take part: viewers with habits, mods, the streamer, and what Twitch tells of them."""

import asyncio
import itertools
import random
from collections.abc import Callable

from pixel_bot.sandbox.twitch.channel_activity import ChannelActivity
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser, sandbox_user
from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.plan import Plan

VIEWERS_SAY = (
    *["{word} {n}"] * 30,
    "!points",
    "!top",
    "!rank",
    "!level",
    "!give @{other} {few}",
    "!give @{other} half",
    "!tts good evening {n}",
    "!sound ding",
    "!spin",
    "!queue",
    "!cancel",
    "!history",
    "!cooldowns",
)
MODS_SAY = (
    "!points add @{other} {many}",
    "!points remove @{other} {few}",
    "!points set @{other} {many}",
    "!undo",
    "!queue skip",
    "!refund @{other}",
    "!points addall {few}",
    "!panic",
    "!calm",
    "!calm",
)
WORDS = ("hello", "nice", "lol", "what a game", "again", "poggers")


class People:
    """Everybody in the channel.

    Args:
        channel: where they are.
        plan: how many they are, and how much they write.
    """

    def __init__(self, channel: Channel, plan: Plan) -> None:
        self._channel = channel
        self._plan = plan
        self._chance = random.Random(f"people {plan.seed}")
        self._numbers = itertools.count()
        self.viewers = [sandbox_user(f"viewer{n}") for n in range(plan.chatters)]
        self.mods = [sandbox_user(f"mod{n}", "moderator") for n in range(2)]
        for person in (*self.viewers, *self.mods):
            channel.twitch.users.settle(person)
        self._activity = ChannelActivity(channel.twitch)

    async def chat(self) -> None:
        """Viewers write, for ever. Some write much more than others."""
        while True:
            await asyncio.sleep(self._chance.expovariate(self._plan.pace))
            busy = int(self._chance.paretovariate(1.2)) % len(self.viewers)
            await self._channel.twitch.say(self.viewers[busy], self._words(VIEWERS_SAY))

    async def moderate(self) -> None:
        """Mods give, take, undo, skip and panic, for ever."""
        while True:
            await asyncio.sleep(self._chance.expovariate(self._plan.pace / 10))
            who = self._chance.choice([*self.mods, STREAMER])
            await self._channel.twitch.say(who, self._words(MODS_SAY))

    async def happenings(self) -> None:
        """Follows, subs, gifts, bits and raids, for ever."""
        while True:
            await asyncio.sleep(self._chance.expovariate(self._plan.pace / 20))
            await self._happens(self._chance.choice(self.viewers))

    async def streams(self) -> None:
        """The stream goes on and off, for ever."""
        while True:
            await asyncio.sleep(self._chance.uniform(600, 7_200))
            await self._channel.twitch.go_offline()
            await asyncio.sleep(self._chance.uniform(60, 600))
            await self._channel.twitch.go_live()

    async def calm_down(self) -> None:
        """The streamer lets everything that waits play."""
        await self._channel.twitch.say(STREAMER, "!calm")

    async def _happens(self, who: SandboxUser) -> None:
        kind: Callable[[], object] = self._chance.choice(
            [
                lambda: self._activity.sub(who, self._chance.choice([1, 2, 3])),
                lambda: self._activity.resub(who, 1, "still here"),
                lambda: self._activity.gift(who, self._chance.randint(1, 5)),
                lambda: self._activity.cheer(self._chance.choice([who, None]), self._chance.randint(1, 500)),
                lambda: self._activity.power_up(who, 30),
                lambda: self._activity.raid(who, self._chance.randint(2, 90)),
                lambda: self._activity.watch_streak(who, 5),
            ]
        )
        await kind()  # pyright: ignore[reportGeneralTypeIssues]

    def _words(self, sayings: tuple[str, ...]) -> str:
        return self._chance.choice(sayings).format(
            word=self._chance.choice(WORDS),
            n=next(self._numbers),
            other=self._chance.choice(self.viewers).login,
            few=self._chance.randint(1, 30),
            many=self._chance.randint(50, 2_000),
        )
