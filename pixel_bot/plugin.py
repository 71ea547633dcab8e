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

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.accounts.merge import Linked
from pixel_bot.backends.base_url import with_version
from pixel_bot.backends.obs_problems import ObsProblem
from pixel_bot.bot.bot import PixelBot
from pixel_bot.bot.claimed_commands import Claim, claims
from pixel_bot.bot.cog_services.channel_control import Category, ChannelInfo
from pixel_bot.bot.cog_services.http import HttpFailed
from pixel_bot.bot.cog_services.http_transport import HttpAnswer
from pixel_bot.bot.cog_services.obs import ObsFailed
from pixel_bot.bot.cog_services.twitch_api import PlatformRefused, TooSoon
from pixel_bot.bot.cogs.cog_base import CogBase
from pixel_bot.bot.cogs.command_table import LEVELS, CommandRule
from pixel_bot.bot.cogs.filtering import Allow, Block, filter  # noqa: A004 - the word that everybody looks for
from pixel_bot.bot.cogs.given_roles import role
from pixel_bot.bot.cogs.hearing import on
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.timing import Scheduled, daily, every, scheduled
from pixel_bot.bot.cogs.variables import variable
from pixel_bot.bot.command import command, command_list, help_line, usage
from pixel_bot.bot.context import Context
from pixel_bot.bot.converters import Amount, KnownViewer, Total
from pixel_bot.bot.guards import audience, broadcaster_only, mods_only, only
from pixel_bot.bot.redeem_command import redeem
from pixel_bot.cog_data.draws import Draw, Promise, StoredDraw, StoredPromise, pick
from pixel_bot.cog_data.limits import LimitReached
from pixel_bot.cog_data.models import CogModel, ViewerId
from pixel_bot.cog_data.rounds import Round, RoundOver
from pixel_bot.cog_data.transaction import Shares, Transaction
from pixel_bot.cog_data.transactions import AlreadyDone
from pixel_bot.configuration.cog_settings import CheckedBot, CogSettings
from pixel_bot.errors import BadAmount, BadInput, ChatError, EffectFailed, NotEnoughPoints, RedeemOff, UnknownViewer
from pixel_bot.filters.no_command import no_command
from pixel_bot.logs import hide, redact
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
from pixel_bot.model.last_good import LastGoodFile, Unreadable, text_of
from pixel_bot.model.obs_events import ObsConnected, ObsSceneChanged
from pixel_bot.model.on_page import OnPage
from pixel_bot.model.outcome import Decided, Effect, Outcome, OverlayEffect, PlaySound, Run, ShowOverlay, Speak
from pixel_bot.model.owed import Owed
from pixel_bot.model.people import Person, Viewer
from pixel_bot.model.stream_events import CommandsImported, CommandTyped, Redemption, StreamOffline, StreamOnline
from pixel_bot.overlay.widgets import Widget
from pixel_bot.points.leaderboard import Rank
from pixel_bot.points.ledger_words import in_words
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.queue import QueuePosition
from pixel_bot.redeems.earlier_items import Earlier
from pixel_bot.redeems.hooks import Bought
from pixel_bot.setting_types import Sentence, Template
from pixel_bot.texts import count, duration, fit, joined, listed, number, ordinal, paged, percent, signed, visible
from pixel_bot.variables.call import Rendered, VariableCall, VariableFailed, VariableSource
from pixel_bot.web.setup import Button as SetupButton
from pixel_bot.web.setup import Step as SetupStep
from pixel_bot.wording.texts import later, texts

__all__ = [
    "API_VERSION", "LEVELS", "Allow", "AlreadyDone", "Amount", "Announcement", "AutomaticReward", "BadAmount",
    "BadInput", "BitsBadge", "Block", "Bought", "Category", "ChannelEvent", "ChannelInfo", "CharityDonation",
    "ChatError", "ChatMessage", "CheckedBot", "Cheer", "Claim", "Cog", "CogModel", "CogSettings", "CommandRule",
    "CommandTyped", "CommandsImported", "Context", "Decided", "Draw", "Earlier", "Effect", "EffectFailed", "Entrance",
    "Event", "Follow", "Fragment", "Gift", "HttpAnswer", "HttpFailed", "HypeTrain", "Job", "KnownViewer",
    "LastGoodFile", "LevelUp", "LimitReached", "Linked", "Live", "NotEnoughPoints", "ObsConnected", "ObsFailed",
    "ObsProblem", "ObsSceneChanged", "OnPage", "Outcome", "OverlayEffect", "Owed", "PayItForward", "Person",
    "PixelBot", "PlatformRefused", "PlaySound", "Promise", "QueuePosition", "Raid", "Rank", "RedeemOff", "Redemption",
    "Rendered", "Round", "RoundOver", "Run", "Scheduled", "Sentence", "SetupButton", "SetupStep", "Shares",
    "ShowOverlay", "Speak", "StoredDraw", "StoredPromise", "StreamOffline", "StreamOnline", "Sub", "Template", "Tip",
    "TooSoon", "Total", "Transaction", "UnknownViewer", "Unreadable", "Upgrade", "VariableCall", "VariableFailed",
    "VariableSource", "Viewer", "ViewerId", "WatchStreak", "WheelClaim", "Widget", "audience", "broadcaster_only",
    "claims", "command", "command_list", "count", "daily", "duration", "effect", "every", "filter", "fit",
    "help_line", "hide", "in_words", "joined", "later", "listed", "mods_only", "no_command", "number", "on", "only",
    "ordinal", "paged", "percent", "pick", "redact", "redeem", "role", "scheduled", "signed", "text_of", "texts",
    "usage", "variable", "visible", "with_version",
]  # fmt: skip

API_VERSION = "1.0"
"""The version of this module. Its first number changes when something goes away, after a minor version that warned."""


class Cog(CogBase):
    """A feature. ``self.bot`` has the services: ``viewers``, ``economy``, ``levels``, ``cooldowns``, ``leaderboard``.

    Points move in ``self.bot.transaction``. For rows without points there are ``self.bot.write`` and
    ``self.bot.sessions`` (each the only writer from its first statement on; hold it briefly) and ``self.bot.readers``
    (reads what is committed).
    """

    bot: PixelBot
    tables: ClassVar[Sequence[type[CogModel]]] = ()
    """The cog's models."""
    widgets: ClassVar[Sequence[Widget]] = ()
    """What it keeps on the overlay: each needs ``overlay/<name>.js`` in the cog's folder."""
    scopes: ClassVar[Sequence[str]] = ()
    """What it needs of Twitch, like ``moderator:manage:chat_messages``. The set-up page asks the streamer for it."""
    reasons: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What its reasons in the ledger are called in ``!history``: ``{"slots": "won at the slots"}``."""
    files: Sequence[LastGoodFile[Any]] = ()
    """Files of the streamer that it reads. When one breaks, chat hears it, and ``!status`` says so."""
    version: ClassVar[int] = 1
    """Of its tables. Raise it when a model changes, and upgrade them in ``migrate``."""

    def __init__(self, bot: PixelBot) -> None:
        self.bot = bot

    async def migrate(self, session: AsyncSession, old: int) -> None:
        """Upgrade the cog's tables to ``version``, in one transaction, after a verified backup.

        New tables and indexes are made by themselves; columns are added here, with ``ALTER TABLE``.

        Args:
            session: of the transaction.
            old: the version that they have.
        """

    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Two accounts are linked, and rows of both would have the same key: decide here what stays.

        Add up what belongs together in the row of ``new``, and delete that of ``old``. What still collides afterwards
        stays with the old account.

        Args:
            session: of the transaction that links them.
            old: the viewer id that is merged.
            new: the viewer id that is kept.
        """

    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """Somebody asked to be forgotten: delete here what the cog keeps of them.

        Rows that stay keep the id; the name is replaced in all of them.

        Args:
            viewer: who.
            session: of the transaction.
        """
