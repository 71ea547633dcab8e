"""What viewers do in the channel, with all the events that Twitch sends for it: several tell of the same."""

import secrets
from datetime import UTC, datetime
from typing import Any

from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser

NOTICE = "channel.chat.notification"

NAMELESS = SandboxUser("ananonymouscheerer", "AnAnonymousCheerer")


class ChannelActivity:
    """Subs, gifts, bits, raids, streaks and hype trains in the double's channel."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch

    async def sub(self, who: SandboxUser, tier: int = 1, *, prime: bool = False) -> None:
        """Somebody subscribes, for the first time or after a gap."""
        months = self._next_month(who)
        self._twitch.users.subscribers.add(who.id)
        await self._twitch.emit("channel.subscribe", frames.subscribe(who, tier=tier))
        if months == 1:
            await self._notice(who, "sub", sub_tier=f"{tier}000", is_prime=prime, duration_months=1)

    async def resub(self, who: SandboxUser, months: int, words: str = "", tier: int = 1) -> int:
        """Somebody shares their month in chat. Returns how many there are now: more than the last time."""
        months = self._next_month(who, months)
        self._twitch.users.subscribers.add(who.id)
        details: frames.Json = {
            "cumulative_months": months,
            "duration_months": 1,
            "sub_tier": f"{tier}000",
            "streak_months": None,
        }
        await self._twitch.emit("channel.subscription.message", frames.resub(who, months, words, tier=tier))
        await self._notice(who, "resub", words, **details, is_prime=False, is_gift=False)
        return months

    async def gift(self, giver: SandboxUser | None, total: int, tier: int = 1) -> None:
        """Somebody gives subscriptions to viewers who are here."""
        community, level = secrets.token_hex(8), f"{tier}000"
        await self._twitch.emit("channel.subscription.gift", frames.gift(giver, total, tier=tier))
        if total > 1:
            details: frames.Json = {"id": community, "total": total, "sub_tier": level, "cumulative_total": None}
            await self._notice(giver, "community_sub_gift", **details)
        group = community if total > 1 else None
        for receiver in self._receivers(giver, total):
            await self._twitch.emit("channel.subscribe", frames.subscribe(receiver, gift=True, tier=tier))
            who = {f"recipient_user_{key}": getattr(receiver, key) for key in ("id", "login", "name")}
            await self._notice(giver, "sub_gift", **who, sub_tier=level, duration_months=1, community_gift_id=group)

    async def upgrade(self, who: SandboxUser, before: str = "prime") -> None:
        """Somebody pays for the subscription that came with Prime, or was a gift."""
        if before == "prime":
            await self._notice(who, "prime_paid_upgrade", sub_tier="1000")
        else:
            await self._notice(who, "gift_paid_upgrade", gifter_is_anonymous=True)

    async def cheer(self, who: SandboxUser | None, bits: int) -> None:
        """Somebody cheers in chat, perhaps without a name."""
        await self._twitch.emit("channel.bits.use", frames.bits_use(who, bits))
        await self._twitch.emit("channel.cheer", frames.cheer(who, bits))
        await self._twitch.say(who or NAMELESS, f"Cheer{bits}", bits=bits)

    async def power_up(self, who: SandboxUser, bits: int, used_for: str = "power_up") -> None:
        """Somebody uses bits for a power-up."""
        await self._twitch.emit("channel.bits.use", frames.bits_use(who, bits, used_for))

    async def raid(self, who: SandboxUser, viewers: int) -> None:
        """Another channel raids this one."""
        details: frames.Json = {
            "user_id": who.id,
            "user_login": who.login,
            "user_name": who.name,
            "viewer_count": viewers,
        }
        await self._twitch.emit("channel.raid", frames.raid(who, viewers))
        await self._notice(who, "raid", **details, profile_image_url="")

    async def watch_streak(self, who: SandboxUser, streams: int, words: str = "") -> None:
        """Somebody shares that they watched so many streams in a row."""
        await self._notice(who, "watch_streak", words, streak_count=streams, channel_points_awarded=450)

    async def hype_train(self, level: int) -> None:
        """A hype train runs from its beginning to its end, up to that level."""
        train, now = secrets.token_hex(8), datetime.now(UTC)
        await self._twitch.emit("channel.hype_train.begin", frames.hype_train(train, 1, now))
        for reached in range(1, level + 1):
            progress = frames.hype_train(train, reached, now, total=1_000 * reached)
            await self._twitch.emit("channel.hype_train.progress", progress)
        ended = frames.hype_train(train, level, now, total=1_000 * level, ended=True)
        await self._twitch.emit("channel.hype_train.end", ended)

    def _next_month(self, who: SandboxUser, least: int = 1) -> int:
        months = self._twitch.users.months
        months[who.id] = max(least, months.get(who.id, 0) + 1)
        return months[who.id]

    def _receivers(self, giver: SandboxUser | None, total: int) -> list[SandboxUser]:
        """Those who get one of a gift: as many of those who are here as there are subs."""
        staff = {BOT.id, STREAMER.id, giver.id if giver is not None else ""}
        here = sorted((who for who in self._twitch.present if who.id not in staff), key=lambda who: who.login)
        return here[:total]

    async def _notice(self, who: SandboxUser | None, kind: str, words: str = "", **details: Any) -> None:
        await self._twitch.emit(NOTICE, notices.notice(who, kind, secrets.token_hex(16), words, **details))
