"""The streamer: files that change under the bot, orderly restarts, backups, cogs."""

import asyncio
import os
import time
from collections.abc import Awaitable, Sequence

from typing_extensions import override

from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing.sim.actors.part import Part
from pixel_bot.testing.sim.series import Event

PRIZES = (
    '[{"name": "10 points", "weight": 3, "grant_points": 10}, {"name": "Card", "weight": 1, "effect": "show:hi"}]',
    '[{"name": "By hand", "weight": 1}, {"name": "200 XP", "weight": 2, "grant_xp": 200}]',
    '[{"name": "One", "weight": 5, "grant_points": 300, "stock": 1}, {"name": "Air", "weight": 1, "grant_points": 0}]',
    '[{"name": "Ding", "weight": 1, "effect": "sound:ding"}, {"name": "Words", "weight": 1, "effect": "speak:bravo"}]',
)
REWARDS = (
    "{}",
    '{"2": {"points": 40, "message": "{user} is level {level}!"}, "3": {"points": 10}}',
    '{"2": {"points": 90}, "4": {"points": 15}, "ten": 3}',
)
WORDS = ("", "evening\n", "so good\naaaa\n")
GOOD = {"prizes.json": PRIZES, "level_rewards.json": REWARDS, "blocked_words.txt": WORDS}
BROKEN = ("", "[{", '{"2": ', "[]", "\x00\x01", '[{"name": "x", "weight": -1}]')


class Files(Part):
    """The streamer edits files, and saves some of them broken."""

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("file", 60.0, self._edit),)

    @override
    async def settle(self) -> None:
        for name, versions in GOOD.items():
            self._write(name, versions[0])

    async def _edit(self, event: Event) -> None:
        name = event.chance.choice(list(GOOD))
        kind = event.chance.choice(["good", "good", "broken", "gone"])
        self.tell(event, f"{name} is {kind}")
        if kind == "gone":
            (self.channel.folder / name).unlink(missing_ok=True)
        else:
            self._write(name, event.chance.choice(GOOD[name] if kind == "good" else BROKEN))

    def _write(self, name: str, text: str) -> None:
        path = self.channel.folder / name
        path.write_text(text, encoding="utf-8")
        # The file system's clock is not simulated.
        now = time.time_ns()
        os.utime(path, ns=(now, now))


class Restarts(Part):
    """The streamer ends the bot in order, and starts it again: at once or later, as it was or with other settings."""

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("restart", 300.0, self._restart),)

    async def _restart(self, event: Event) -> None:
        chance = event.chance
        self.tell(event, "the bot is stopped in order")
        with self.channel.quiet.broken_by("restart"):
            await self.channel.stop()
            if chance.random() < 0.5:
                choices: dict[str, list[object]] = {
                    "points_watch_amount": [0, 5],
                    "points_enter_amount": [0, 25],
                    "tts_queue_max": [1, 10],
                    "tts_max_chars": [10, 200],
                    "xp_base": [30, 100],
                    "redeem_mods_wait": [False, True],
                }
                name = chance.choice(list(choices))
                value = chance.choice(choices[name])
                self.tell(event, f"{name} is {value} from now on")
                self.channel.choose(**{name: value})
            await asyncio.sleep(chance.choice([0.0, 1.0, 60.0]))
        self.tell(event, "the bot is started")
        self.channel.start()


class Upkeep(Part):
    """The streamer makes backups, and takes cogs out and in again while the show goes on."""

    COGS = ("speech", "sounds", "wheel", "clips", "pixel", "points", "queue", "redeems")

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("upkeep", 90.0, self._do),)

    @override
    async def settle(self) -> None:
        for cog in self.COGS:
            await self.twitch.say(STREAMER, f"!cog load {cog}")
            await asyncio.sleep(1.0)

    async def _do(self, event: Event) -> None:
        chance = event.chance
        cog = chance.choice(self.COGS)
        words = chance.choice(["!backup", "!cog list", f"!cog reload {cog}", f"!cog unload {cog}", f"!cog load {cog}"])
        await self.say(event, STREAMER, words)
        if "unload" in words:
            await asyncio.sleep(chance.uniform(0.0, 60.0))
            await self.say(event, STREAMER, f"!cog load {cog}")
