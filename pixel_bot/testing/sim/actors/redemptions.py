"""Viewers who pay with Twitch's channel points."""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from typing_extensions import override

from pixel_bot.sandbox.twitch.channel_points import Reward, RewardRefused, Status
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing.sim.actors.part import Part
from pixel_bot.testing.sim.series import Event

KEYS = ("tts", "pixel", "sound", "spin", "clip")
INPUTS = ("good evening", "ding", "what is that?", "nonsense", "!give @mod0 all", "a")


class Redemptions(Part):
    """Mods offer redeems for channel points, viewers use them, and sometimes a mod decides before the bot does."""

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("offer", self.pause(40), self._offer),
            self.again("redemption", self.pause(10), self._redeem),
            self.again("decision", self.pause(60), self._decide),
        )

    @override
    def broken(self) -> Iterator[str]:
        for reward in self._rewards():
            for redemption in self.twitch.points.open(reward.id):
                yield f"{redemption.who.login} waits for {reward.title}, or for the channel points ({redemption.id})."

    def _rewards(self) -> list[Reward]:
        """Those that the bot has made."""
        ours = self.twitch.users.client_id
        return [reward for reward in self.twitch.points.rewards.values() if reward.client_id == ours]

    async def _offer(self, event: Event) -> None:
        chance, key = event.chance, event.chance.choice(KEYS)
        words = chance.choice([f"!redeem native on {key} {chance.randint(1, 300)}"] * 3 + [f"!redeem native off {key}"])
        await self.say(event, chance.choice([STREAMER, self.mod(event)]), words)

    async def _redeem(self, event: Event) -> None:
        chance, who, rewards = event.chance, self.somebody(event), self._rewards()
        if rewards:
            reward = chance.choice(rewards)
            words = chance.choice(INPUTS) if reward.needs_input else ""
            self.tell(event, f"{who.login} redeems {reward.title}: {words}")
            with suppress(RewardRefused):
                await self.twitch.redeem(who, reward.id, words)

    async def _decide(self, event: Event) -> None:
        waiting = (found for reward in self._rewards() for found in self.twitch.points.open(reward.id))
        for redemption in islice(waiting, 1):
            status: Status = "FULFILLED" if event.chance.random() < 0.5 else "CANCELED"
            self.tell(event, f"a mod makes a redemption of {redemption.who.login} {status}")
            await self.twitch.tell_settled(self.twitch.points.settle([redemption.id], status))
