"""Redeems for Twitch's channel points, as mods manage them."""

from collections.abc import Sequence
from typing import Protocol

from pixel_bot.errors import ChatError
from pixel_bot.redeems.channel_points import ChannelPointsRedeem
from pixel_bot.wording.texts import texts

_ = texts(__name__)


class ChannelPointsAdmin(Protocol):
    """Redeems for channel points, as mods manage them. Each method raises ``ChatError`` when Twitch is not there."""

    async def switch_on(self, key: str, cost: int) -> ChannelPointsRedeem:
        """Offer a redeem for so many channel points."""
        ...

    async def switch_off(self, key: str) -> ChannelPointsRedeem:
        """Stop offering it; the reward stays on Twitch, disabled."""
        ...

    async def list(self) -> Sequence[ChannelPointsRedeem]:
        """All that are, or were, offered."""
        ...


class NoChannelPoints:
    """Stands there while no broadcaster's account is connected."""

    async def switch_on(self, key: str, cost: int) -> ChannelPointsRedeem:
        """Refused."""
        raise ChatError(_("Channel points need Twitch: the broadcaster's account is not connected here."))

    async def switch_off(self, key: str) -> ChannelPointsRedeem:
        """Refused."""
        return await self.switch_on(key, 1)

    async def list(self) -> Sequence[ChannelPointsRedeem]:
        """Nothing."""
        return []
