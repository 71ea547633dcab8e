"""Those who take part: viewers with habits, mods, the streamer, and what Twitch tells of them."""

import asyncio
from collections.abc import Awaitable, Callable

from pixel_bot.sandbox.twitch.channel_activity import ChannelActivity
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser, sandbox_user
from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.plan import Plan
from pixel_bot.testing.sim.series import Event, Story, series

COMMANDS = (
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
TALK = ("{word} {n}",)
WORDS = ("hello", "nice", "lol", "what a game", "again", "poggers")


class People:
    """Everybody in the channel.

    Args:
        channel: where they are.
        plan: how many they are, and how much they write.
        story: is told what they do.
    """

    def __init__(self, channel: Channel, plan: Plan, story: Story) -> None:
        self._channel = channel
        self._plan = plan
        self._story = story
        self.viewers = [sandbox_user(f"viewer{n}") for n in range(plan.chatters)]
        self.mods = [sandbox_user(f"mod{n}", "moderator") for n in range(2)]
        for person in (*self.viewers, *self.mods):
            channel.twitch.users.settle(person)
        self._activity = ChannelActivity(channel.twitch)

    async def chat(self) -> None:
        """Viewers write, for ever. Some write much more than others."""
        async for event in series(self._plan, "chat", 1 / self._plan.pace):
            busy = int(event.chance.paretovariate(1.2)) % len(self.viewers)
            is_command = event.chance.random() < self._plan.commands
            await self._say(event, self.viewers[busy], COMMANDS if is_command else TALK)

    async def moderate(self) -> None:
        """Mods give, take, undo, skip and panic, for ever."""
        async for event in series(self._plan, "mod", 10 / self._plan.pace):
            await self._say(event, event.chance.choice([*self.mods, STREAMER]), MODS_SAY)

    async def happenings(self) -> None:
        """Follows, subs, gifts, bits and raids, for ever."""
        async for event in series(self._plan, "event", 20 / self._plan.pace):
            await self._happens(event)

    async def streams(self) -> None:
        """The stream goes on and off, for ever."""
        async for event in series(self._plan, "stream", 4_000):
            self._story.tell(event, "the stream goes off")
            await self._channel.twitch.go_offline()
            await asyncio.sleep(event.chance.uniform(60, 600))
            self._story.tell(event, "the stream goes on")
            await self._channel.twitch.go_live()

    async def calm_down(self) -> None:
        """The streamer lets everything that waits play."""
        await self._channel.twitch.say(STREAMER, "!calm")

    async def _say(self, event: Event, who: SandboxUser, sayings: tuple[str, ...]) -> None:
        chance = event.chance
        words = chance.choice(sayings).format(
            word=chance.choice(WORDS),
            n=event.number,
            other=chance.choice(self.viewers).login,
            few=chance.randint(1, 30),
            many=chance.randint(50, 2_000),
        )
        self._story.tell(event, f"{who.login}: {words}")
        await self._channel.twitch.say(who, words)

    async def _happens(self, event: Event) -> None:
        chance, activity = event.chance, self._activity
        who = chance.choice(self.viewers)
        kinds: dict[str, Callable[[], Awaitable[object]]] = {
            "sub": lambda: activity.sub(who, chance.choice([1, 2, 3])),
            "resub": lambda: activity.resub(who, 1, "still here"),
            "gift": lambda: activity.gift(who, chance.randint(1, 5)),
            "cheer": lambda: activity.cheer(chance.choice([who, None]), chance.randint(1, 500)),
            "power-up": lambda: activity.power_up(who, 30),
            "raid": lambda: activity.raid(who, chance.randint(2, 90)),
            "watch streak": lambda: activity.watch_streak(who, 5),
        }
        kind = chance.choice(list(kinds))
        self._story.tell(event, f"{kind} by {who.login}")
        await kinds[kind]()
