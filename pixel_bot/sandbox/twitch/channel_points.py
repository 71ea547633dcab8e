"""The double's channel points: balances, rewards, redemptions and their status."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from pixel_bot.errors import PixelError
from pixel_bot.sandbox.twitch.frames import Json, timestamp
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser

Status = Literal["UNFULFILLED", "FULFILLED", "CANCELED"]

BALANCE = 100_000
"""Channel points that everybody begins with."""

MOST_REWARDS = 50
REMEMBERED = 2_000


class RewardRefused(PixelError):
    """A redemption that Twitch does not take. The sentence is for the viewer."""


@dataclass(frozen=True, slots=True)
class Reward:
    """A custom reward; ``client_id`` is the application that made it, empty for one made by hand. 0 is no limit."""

    id: str
    title: str
    cost: int
    client_id: str = ""
    prompt: str = ""
    color: str = "#8B5CF6"
    enabled: bool = True
    paused: bool = False
    needs_input: bool = False
    skips_queue: bool = False
    per_stream: int = 0
    per_viewer: int = 0
    cooldown: int = 0

    def brief(self) -> Json:
        """The reward as redemptions name it."""
        return {"id": self.id, "title": self.title, "cost": self.cost, "prompt": self.prompt}

    def as_json(self, redeemed: int | None, ready_at: datetime | None) -> Json:
        """The reward as Helix shows it; ``redeemed`` how often in this stream, None where it is off."""
        picture = "https://static-cdn.jtvnw.net/custom-reward-images/default-"
        return {
            "broadcaster_id": STREAMER.id,
            "broadcaster_login": STREAMER.login,
            "broadcaster_name": STREAMER.name,
            **self.brief(),
            "image": None,
            "default_image": {f"url_{size}x": f"{picture}{size}.png" for size in (1, 2, 4)},
            "background_color": self.color,
            "is_enabled": self.enabled,
            "is_paused": self.paused,
            "is_in_stock": not self.per_stream or (redeemed or 0) < self.per_stream,
            "is_user_input_required": self.needs_input,
            "should_redemptions_skip_request_queue": self.skips_queue,
            "max_per_stream_setting": {"is_enabled": self.per_stream > 0, "max_per_stream": self.per_stream},
            "max_per_user_per_stream_setting": {
                "is_enabled": self.per_viewer > 0,
                "max_per_user_per_stream": self.per_viewer,
            },
            "global_cooldown_setting": {"is_enabled": self.cooldown > 0, "global_cooldown_seconds": self.cooldown},
            "redemptions_redeemed_current_stream": redeemed,
            "cooldown_expires_at": timestamp(ready_at) if ready_at else None,
        }


@dataclass(frozen=True, slots=True)
class Redemption:
    """Somebody redeemed a reward; the reward is as it was then."""

    id: str
    who: SandboxUser
    reward: Reward
    words: str
    status: Status
    at: datetime

    def as_json(self) -> Json:
        """The redemption as Helix shows it."""
        channel = {f"broadcaster_{k}": v for k, v in _names(STREAMER).items()}
        return {**channel, **self._common_fields(), "status": self.status}

    def as_event(self) -> Json:
        """The redemption as both of its events show it."""
        channel = {f"broadcaster_user_{k}": v for k, v in _names(STREAMER).items()}
        return {**channel, **self._common_fields(), "status": self.status.lower()}

    def _common_fields(self) -> Json:
        viewer = {f"user_{k}": v for k, v in _names(self.who).items()}
        at = timestamp(self.at)
        return {"id": self.id, **viewer, "user_input": self.words, "redeemed_at": at, "reward": self.reward.brief()}


class Points:
    """The channel's rewards and redemptions, and what everybody has."""

    def __init__(self) -> None:
        hydrate = Reward(secrets.token_hex(16), "Hydrate!", 500, prompt="Make the streamer drink.")
        self.rewards: dict[str, Reward] = {hydrate.id: hydrate}
        self.redemptions: dict[str, Redemption] = {}
        self._spent: Counter[str] = Counter()
        self._in_stream: Counter[tuple[str, str]] = Counter()
        self._last: dict[str, float] = {}

    def balance_of(self, who: SandboxUser) -> int:
        """How many channel points somebody has."""
        return BALANCE - self._spent[who.id]

    def called(self, title: str) -> Reward | None:
        """The reward of that title, in whatever case."""
        return next((r for r in self.rewards.values() if r.title.casefold() == title.casefold()), None)

    def put(self, reward: Reward) -> Reward:
        """Add a reward, or change it."""
        self.rewards[reward.id] = reward
        return reward

    def remove(self, reward: Reward) -> list[Redemption]:
        """Delete a reward. Its open redemptions count as fulfilled, and are returned."""
        del self.rewards[reward.id]
        return self.settle([r.id for r in self.open(reward.id)], "FULFILLED")

    def shown(self, reward: Reward, *, live: bool) -> Json:
        """The reward as Helix shows it now."""
        cooldown = self._seconds_left(reward)
        ready_at = datetime.now(UTC) + timedelta(seconds=cooldown) if cooldown > 0 else None
        return reward.as_json(self._in_stream[reward.id, ""] if live else None, ready_at)

    def new_stream(self) -> None:
        """The limits of a stream count anew."""
        self._in_stream.clear()

    def redeem(self, who: SandboxUser, reward_id: str, words: str = "") -> Redemption:
        """Somebody redeems a reward, and pays for it.

        Raises:
            RewardRefused: it may not be, now or at all.
        """
        reward = self._redeemable(who, reward_id, words)
        status: Status = "FULFILLED" if reward.skips_queue else "UNFULFILLED"
        made = Redemption(
            secrets.token_hex(16), who, reward, words if reward.needs_input else "", status, datetime.now(UTC)
        )
        self._spent[who.id] += reward.cost
        self._in_stream[reward.id, ""] += 1
        self._in_stream[reward.id, who.id] += 1
        self._last[reward.id] = time.monotonic()
        self.redemptions[made.id] = made
        self._forget_old()
        return made

    def _redeemable(self, who: SandboxUser, reward_id: str, words: str) -> Reward:
        reward = self.rewards.get(reward_id)
        if reward is None or not reward.enabled:
            raise RewardRefused("That reward is not on offer.")
        if reward.paused:
            raise RewardRefused(f"{reward.title} is paused.")
        if (cooldown := self._seconds_left(reward)) > 0:
            raise RewardRefused(f"{reward.title} rests for another {cooldown:.0f} s.")
        if 0 < reward.per_stream <= self._in_stream[reward.id, ""]:
            raise RewardRefused(f"{reward.title} is out of stock for this stream.")
        if 0 < reward.per_viewer <= self._in_stream[reward.id, who.id]:
            raise RewardRefused(f"You had your share of {reward.title} in this stream.")
        if reward.needs_input and not words:
            raise RewardRefused(f"{reward.title} needs some words.")
        if self.balance_of(who) < reward.cost:
            raise RewardRefused(f"{who.name} has too few channel points for {reward.title}.")
        return reward

    def open(self, reward_id: str) -> list[Redemption]:
        """Open redemptions, oldest first."""
        return [r for r in self.redemptions.values() if r.reward.id == reward_id and r.status == "UNFULFILLED"]

    def settle(self, ids: list[str], status: Status) -> list[Redemption]:
        """End open redemptions: CANCELED ones pay back. Returns those that were open."""
        ended: list[Redemption] = []
        for redemption_id in ids:
            redemption = self.redemptions.get(redemption_id)
            if redemption is None or redemption.status != "UNFULFILLED":
                continue
            if status == "CANCELED":
                self._spent[redemption.who.id] -= redemption.reward.cost
            self.redemptions[redemption_id] = replace(redemption, status=status)
            ended.append(self.redemptions[redemption_id])
        return ended

    def _seconds_left(self, reward: Reward) -> float:
        return self._last.get(reward.id, -reward.cooldown) + reward.cooldown - time.monotonic()

    def _forget_old(self) -> None:
        if len(self.redemptions) > REMEMBERED:
            ended = next((key for key, r in self.redemptions.items() if r.status != "UNFULFILLED"), None)
            if ended is not None:
                del self.redemptions[ended]


def _names(who: SandboxUser) -> dict[str, str]:
    return {"id": who.id, "login": who.login, "name": who.name}
