"""Synchronises redeems to custom rewards on Twitch. Only rewards whose id is stored are ever changed."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from pixel_bot.concurrency.retry import Backoff, RetryLoop
from pixel_bot.errors import BadInput, ChatError
from pixel_bot.platforms.decoding import text_or
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.platforms.twitch.helix_structs import CooldownSetting, Created, Reward
from pixel_bot.platforms.twitch.reward_problems import FIXED, is_duplicate, is_temporary, sentence
from pixel_bot.redeems.catalogue import ALL, Price, Redeems
from pixel_bot.redeems.channel_points import ChannelPoints, ChannelPointsRedeem, RewardText
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

REWARDS = "channel_points/custom_rewards"
LONGEST_TITLE = 45
LONGEST_PROMPT = 200
LONGEST_COOLDOWN = 604_800
HIGHEST_COST = 1_000_000_000
"""Limits of Twitch (https://dev.twitch.tv/docs/api/reference/#create-custom-rewards); the cost's is our own."""

CALM = Backoff(calm=1.0, first=5.0)
"""Debounce: a reloaded cog, or a mod who changes several things in a row, is one change for Twitch."""

FOREIGN = (
    "Delete it on Twitch (Creator Dashboard, Viewer Rewards, Channel Points) and start the bot again, which makes it "
    "anew. Or put TWITCH_CLIENT_ID back."
)
COLOUR = "#8B5CF6"
COOLDOWN = ("is_global_cooldown_enabled", "global_cooldown_seconds")


class RewardRefused(ChatError):
    """Twitch refuses the reward for good; trying again would not help."""


class RewardWaits(ChatError):
    """The change is stored, and is applied when Twitch can be reached again."""


class Rewards:
    """Creates, changes and disables the rewards of one channel."""

    def __init__(
        self,
        helix: Helix,
        channel_points: ChannelPoints,
        redeems: Redeems,
        owner_id: str,
        texts: Callable[[], Mapping[str, RewardText]],
        backoff: Backoff = CALM,
    ) -> None:
        self._helix = helix
        self._channel_points = channel_points
        self._redeems = redeems
        self._owner_id = owner_id
        self._texts = texts
        self._lock = asyncio.Lock()
        self.foreign: dict[str, str] = {}
        """Titles of rewards that another application made, by redeem: Twitch lets nobody else change them."""
        self._retry = RetryLoop("Channel Points", self.align, backoff)

    # What mods do

    async def switch_on(self, key: str, cost: int) -> ChannelPointsRedeem:
        """Offer a redeem for so many channel points.

        Raises:
            BadInput: there is no such redeem, or the cost cannot be used.
            RewardRefused: Twitch does not take it; nothing is kept.
            RewardWaits: Twitch cannot be asked now; it follows by itself.
        """
        key = self._redeems.check_fixed(self._checked(key), FIXED)
        if why := self._redeems.why_not_for_channel_points(key):
            raise BadInput(why)
        if not 1 <= cost <= HIGHEST_COST:
            raise BadInput(_("A reward costs from 1 to {most} channel points.", most=HIGHEST_COST))
        # Under the lock of ``align``: a run that began before would compare with the old row, and undo this.
        async with self._lock:
            before = await self._find(key)
            desired = ChannelPointsRedeem(key, before.reward_id if before else None, cost, enabled=True)
            # Written first: after a crash in between, ``align`` creates the reward. The other order leaves an orphan.
            await self._channel_points.save(desired)
            try:
                made = await self._align_one(desired, await self._on_twitch())
                if key not in self.foreign:
                    return made
            except HelixError as exc:
                if not is_temporary(exc):
                    await (self._channel_points.save(before) if before else self._channel_points.forget(key))
                raise await self._to_chat_error(exc, key) from exc
            raise RewardRefused(
                _("Another application made the reward {reward}. Delete it on Twitch first.", reward=self.foreign[key])
            )

    async def switch_off(self, key: str) -> ChannelPointsRedeem:
        """Stop offering it. The reward stays on Twitch, disabled.

        Raises:
            BadInput: it is no reward of ours.
            RewardWaits: Twitch cannot be asked now; it follows by itself.
        """
        key = key.lower()
        async with self._lock:
            before = await self._find(key)
            if before is None:
                raise BadInput(_("{reward} is no Channel Points reward of mine.", reward=key[:40]))
            desired = await self._channel_points.save(replace(before, enabled=False))
            try:
                return await self._align_one(desired, await self._on_twitch())
            except HelixError as exc:
                raise await self._to_chat_error(exc, key) from exc

    async def list(self) -> Sequence[ChannelPointsRedeem]:
        """All that are, or were, offered."""
        return await self._channel_points.all()

    # Synchronising

    def catch_up(self) -> None:
        """Align soon: call it after each sign-in. Returns at once."""
        self._retry.request_now()

    async def run(self) -> None:
        """Align until cancelled: now, and after each change of a redeem."""
        self._redeems.changed.add(self._retry.request)
        self.catch_up()
        try:
            await self._retry.run()
        finally:
            self._redeems.changed.discard(self._retry.request)

    async def align(self) -> None:
        """Compare with Twitch, and patch only what differs. A channel without such rewards sends no request.

        Raises:
            HelixError: Twitch cannot be asked; what is wrong with a single reward is logged.
        """
        async with self._lock:
            channel_points = await self._channel_points.all()
            if not channel_points:
                return
            there = await self._on_twitch()
            for redeem in channel_points:
                try:
                    await self._align_one(redeem, there)
                except HelixError as exc:
                    if is_temporary(exc):
                        raise
                    await self._to_chat_error(exc, redeem.key)

    async def _on_twitch(self) -> dict[str, Reward]:
        """The rewards on Twitch that this application made, by id."""
        rows = await self._helix.get(
            REWARDS, "broadcaster", Reward, broadcaster_id=self._owner_id, only_manageable_rewards="true"
        )
        return {row.id: row for row in rows}

    async def _align_one(self, redeem: ChannelPointsRedeem, there: Mapping[str, Reward]) -> ChannelPointsRedeem:
        """Align one reward. One that was deleted on Twitch is created again, if it is enabled."""
        desired = await self._fields(redeem)
        reward = there.get(redeem.reward_id or "")
        if reward is not None:
            changes = _differences(reward, desired)
            try:
                if changes:
                    await self._patch(reward.id, changes)
            except HelixError as exc:
                if exc.status != 404:
                    raise
            else:
                self.foreign.pop(redeem.key, None)
                return redeem
        if not redeem.enabled or "title" not in desired:
            return redeem
        if reward is None and await self._is_foreign(redeem):
            return redeem
        return await self._make(redeem, desired)

    async def _is_foreign(self, redeem: ChannelPointsRedeem) -> bool:
        """True where its reward is there, but another application's: the client id was changed. It is told once."""
        title = await self._title_of(redeem.reward_id) if redeem.reward_id else None
        if title is None:
            self.foreign.pop(redeem.key, None)
            return False
        if redeem.key not in self.foreign:
            log.warning("The reward %s belongs to another application. %s", title, FOREIGN)
        self.foreign[redeem.key] = title
        return True

    async def _title_of(self, reward_id: str) -> str | None:
        """The title of a reward, whoever made it; None where there is no such reward."""
        try:
            rows = await self._helix.get(REWARDS, "broadcaster", Reward, broadcaster_id=self._owner_id, id=reward_id)
        except HelixError as exc:
            if exc.status == 404:
                return None
            raise
        return next((text_or(row.title) for row in rows if row.id == reward_id), None)

    async def _make(self, redeem: ChannelPointsRedeem, desired: Mapping[str, Any]) -> ChannelPointsRedeem:
        try:
            fields = {**desired, "background_color": COLOUR}
            made = await self._helix.create(REWARDS, "broadcaster", Created, fields, broadcaster_id=self._owner_id)
            reward_id = made.id
        except HelixError as exc:
            # A create whose answer was lost, or a crash before the id was stored, left our own reward behind: adopt it.
            orphan = await self._find_orphan(desired["title"]) if is_duplicate(exc) else None
            if orphan is None:
                raise
            await self._patch(orphan.id, desired)
            reward_id = orphan.id
        return await self._channel_points.save(replace(redeem, reward_id=reward_id))

    async def _find_orphan(self, title: str) -> Reward | None:
        """A reward of that title that this application created, and whose id is not stored."""
        kept = {redeem.reward_id for redeem in await self._channel_points.all()}
        found = (row for row in (await self._on_twitch()).values() if row.title == title)
        return next((row for row in found if row.id not in kept), None)

    async def _patch(self, reward_id: str, changes: Mapping[str, Any]) -> None:
        await self._helix.call(
            "PATCH", REWARDS, "broadcaster", dict(changes), broadcaster_id=self._owner_id, id=reward_id
        )

    async def _fields(self, redeem: ChannelPointsRedeem) -> dict[str, Any]:
        """The desired fields of a reward; where no cog offers the redeem, only that it is disabled."""
        price, text = await self._price(redeem.key), self._texts().get(redeem.key)
        if price is None or text is None:
            return {"is_enabled": False}
        cooldown = min(price.everyone_cooldown or price.cooldown, LONGEST_COOLDOWN)
        return {
            "title": price.display_name[:LONGEST_TITLE],
            "prompt": text.prompt[:LONGEST_PROMPT],
            "cost": redeem.cost,
            "is_enabled": redeem.enabled and price.enabled and not self._is_paused(redeem.key),
            "is_user_input_required": text.takes_text,
            "should_redemptions_skip_request_queue": False,
            "is_global_cooldown_enabled": cooldown > 0,
            **({"global_cooldown_seconds": cooldown} if cooldown else {}),
        }

    def _is_paused(self, key: str) -> bool:
        return bool(self._redeems.why_closed(key) or self._redeems.why_not_for_channel_points(key))

    async def _price(self, key: str) -> Price | None:
        return next((p for p in await self._redeems.prices() if p.key == key), None)

    async def _find(self, key: str) -> ChannelPointsRedeem | None:
        return next((n for n in await self._channel_points.all() if n.key == key), None)

    def _checked(self, key: str) -> str:
        key = self._redeems.checked(key)
        if key == ALL:
            raise BadInput(_("Name one redeem."))
        return key

    async def _to_chat_error(self, exc: HelixError, key: str) -> ChatError:
        price = await self._price(key)
        title = price.display_name if price else key
        words = sentence(exc, title)
        log.warning("%s (%s)", words, exc)
        if not is_temporary(exc):
            return RewardRefused(words)
        self._retry.request()
        return RewardWaits(f"{words} I keep it in mind.")


def _differences(reward: Reward, desired: Mapping[str, Any]) -> dict[str, Any]:
    setting = reward.global_cooldown_setting
    cooldown = setting if isinstance(setting, CooldownSetting) else CooldownSetting()
    enabled, seconds = COOLDOWN
    fields = msgspec.structs.asdict(reward)
    now = {**fields, enabled: cooldown.is_enabled, seconds: cooldown.global_cooldown_seconds}
    changed = {name for name, value in desired.items() if now.get(name) != value}
    # Twitch accepts the two only together.
    names = changed | set(COOLDOWN) if changed & set(COOLDOWN) else changed
    return {name: value for name, value in desired.items() if name in names}
