"""The one import for cog authors.

A cog is a class of commands in a file of its own::

    from pixel_bot.plugin import Cog, Context, PixelBot, command


    class Hello(Cog):
        @command()
        async def hello(self, ctx: Context) -> None:
            \"\"\"Say hello.\"\"\"
            await ctx.reply(f"Hello {ctx.viewer}!")


    async def setup(bot: PixelBot) -> None:
        await bot.add_component(Hello(bot))
"""

from pixel_bot.accounts.merge import Linked
from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.hearing import on
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.timing import Scheduled, daily, every, scheduled
from pixel_bot.bot.command import command, command_list, usage
from pixel_bot.bot.context import Context
from pixel_bot.bot.converters import Amount, KnownViewer, Total
from pixel_bot.bot.guards import audience, broadcaster_only, mods_only, only
from pixel_bot.bot.redeem_command import redeem
from pixel_bot.configuration.cog_settings import CogSettings
from pixel_bot.errors import BadAmount, BadInput, ChatError, EffectFailed, NotEnoughPoints, UnknownViewer
from pixel_bot.model.channel_events import (
    Announcement,
    AutomaticReward,
    BitsBadge,
    ChannelEvent,
    CharityDonation,
    Cheer,
    Entrance,
    Follow,
    Gift,
    HypeTrain,
    PayItForward,
    Raid,
    Sub,
    Tip,
    Upgrade,
    WatchStreak,
    WheelClaim,
)
from pixel_bot.model.event import Event
from pixel_bot.model.heard_chat import ChatMessage, Fragment
from pixel_bot.model.outcome import Effect, Outcome, PlaySound, Run, ShowOverlay, Speak, SpinWheel
from pixel_bot.model.people import Person, Viewer
from pixel_bot.model.stream_events import Redemption, StreamOffline, StreamOnline
from pixel_bot.points.leaderboard import Rank
from pixel_bot.points.ledger_words import in_words
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.queue import QueuePosition
from pixel_bot.redeems.wheel import Odds
from pixel_bot.texts import count, duration, listed, number, ordinal, paged, signed

__all__ = [
    "API_VERSION",
    "Amount",
    "Announcement",
    "AutomaticReward",
    "BadAmount",
    "BadInput",
    "BitsBadge",
    "ChannelEvent",
    "CharityDonation",
    "ChatError",
    "ChatMessage",
    "Cheer",
    "Cog",
    "CogSettings",
    "Context",
    "Effect",
    "EffectFailed",
    "Entrance",
    "Event",
    "Follow",
    "Fragment",
    "Gift",
    "HypeTrain",
    "Job",
    "KnownViewer",
    "LevelUp",
    "Linked",
    "Live",
    "NotEnoughPoints",
    "Odds",
    "Outcome",
    "PayItForward",
    "Person",
    "PixelBot",
    "PlaySound",
    "QueuePosition",
    "Raid",
    "Rank",
    "Redemption",
    "Run",
    "Scheduled",
    "ShowOverlay",
    "Speak",
    "SpinWheel",
    "StreamOffline",
    "StreamOnline",
    "Sub",
    "Tip",
    "Total",
    "UnknownViewer",
    "Upgrade",
    "Viewer",
    "WatchStreak",
    "WheelClaim",
    "audience",
    "broadcaster_only",
    "command",
    "command_list",
    "count",
    "daily",
    "duration",
    "effect",
    "every",
    "in_words",
    "listed",
    "mods_only",
    "number",
    "on",
    "only",
    "ordinal",
    "paged",
    "redeem",
    "scheduled",
    "signed",
    "usage",
]

API_VERSION = "1.0"
"""The version of this module. Its first number changes when something goes away, after a minor version that warned."""


class Cog(CogBase):
    """A feature. ``self.bot`` has the services: ``viewers``, ``economy``, ``levels``, ``cooldowns``, ``leaderboard``.

    For tables of its own it has ``self.bot.sessions`` (begins at once as the only writer; hold it briefly) and
    ``self.bot.readers`` (reads what is committed).
    """

    bot: PixelBot

    def __init__(self, bot: PixelBot) -> None:
        self.bot = bot
