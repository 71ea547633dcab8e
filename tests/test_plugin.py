"""The one import for cog authors: what it exports is a promise."""

from types import FunctionType

import pytest

from pixel_bot import plugin

EXPORTS = [
    "API_VERSION",
    "Allow",
    "AlreadyDone",
    "Amount",
    "Announcement",
    "AutomaticReward",
    "BadAmount",
    "BadInput",
    "BitsBadge",
    "Block",
    "Bought",
    "Category",
    "ChannelEvent",
    "ChannelInfo",
    "CharityDonation",
    "ChatError",
    "ChatMessage",
    "CheckedBot",
    "Cheer",
    "Claim",
    "Cog",
    "CogModel",
    "CogSettings",
    "CommandRule",
    "CommandTyped",
    "CommandsImported",
    "Context",
    "Decided",
    "Draw",
    "Earlier",
    "Effect",
    "EffectFailed",
    "Entrance",
    "Event",
    "Follow",
    "Fragment",
    "Gift",
    "HttpAnswer",
    "HttpFailed",
    "HypeTrain",
    "Job",
    "KnownViewer",
    "LEVELS",
    "LastGoodFile",
    "LevelUp",
    "LimitReached",
    "Linked",
    "Live",
    "NotEnoughPoints",
    "ObsConnected",
    "ObsFailed",
    "ObsProblem",
    "ObsSceneChanged",
    "OnPage",
    "Outcome",
    "OverlayEffect",
    "Owed",
    "PayItForward",
    "Person",
    "PixelBot",
    "PlatformRefused",
    "PlaySound",
    "Promise",
    "QueuePosition",
    "Raid",
    "Rank",
    "RedeemOff",
    "Redemption",
    "Rendered",
    "Round",
    "RoundOver",
    "Run",
    "Scheduled",
    "Sentence",
    "SetupButton",
    "SetupStep",
    "Shares",
    "ShowOverlay",
    "Speak",
    "StoredDraw",
    "StoredPromise",
    "StreamOffline",
    "StreamOnline",
    "Sub",
    "Template",
    "Tip",
    "TooSoon",
    "Total",
    "Transaction",
    "UnknownViewer",
    "Unreadable",
    "Upgrade",
    "VariableCall",
    "VariableFailed",
    "VariableSource",
    "Viewer",
    "ViewerId",
    "WatchStreak",
    "WheelClaim",
    "Widget",
    "audience",
    "broadcaster_only",
    "claims",
    "command",
    "command_list",
    "count",
    "daily",
    "duration",
    "effect",
    "every",
    "filter",
    "fit",
    "help_line",
    "hide",
    "in_words",
    "joined",
    "later",
    "listed",
    "mods_only",
    "no_command",
    "number",
    "on",
    "only",
    "ordinal",
    "paged",
    "percent",
    "pick",
    "redact",
    "redeem",
    "role",
    "scheduled",
    "signed",
    "text_of",
    "texts",
    "usage",
    "variable",
    "visible",
    "with_version",
]


def test_the_exports_are_exactly_these() -> None:
    assert sorted(plugin.__all__) == EXPORTS


def test_everything_public_is_exported() -> None:
    """A name that is there without being promised would be used all the same."""
    libraries = {"Any", "AsyncSession", "ClassVar", "CogBase", "Mapping", "MappingProxyType", "Sequence"}
    public = {name for name in vars(plugin) if not name.startswith("_")} - libraries
    assert public == set(plugin.__all__)


def test_every_export_says_what_it_is() -> None:
    for name in EXPORTS:
        doc = getattr(plugin, name).__doc__
        # A dataclass without a docstring gets its signature for one.
        assert doc is not None, name
        assert doc.strip(), name
        assert not doc.startswith(f"{name}("), name


@pytest.mark.parametrize("name", ["Cog", "Context", "PixelBot", "Transaction"])
def test_every_public_method_says_what_it_does(name: str) -> None:
    cls = getattr(plugin, name)
    public = [key for key in dir(cls) if key in cls.__dict__ and not key.startswith("_")]
    callables = [key for key in public if isinstance(cls.__dict__[key], FunctionType | property)]
    assert [key for key in callables if not cls.__dict__[key].__doc__] == []
