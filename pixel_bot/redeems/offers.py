"""Redeems as their cogs declare them."""

from dataclasses import dataclass, field
from typing import get_args

from pixel_bot.model.on_page import OnPage
from pixel_bot.model.outcome import SOUNDS, Lane, Moment
from pixel_bot.wording.texts import texts_of

RESERVED_KEYS = frozenset({"chat", "xp"})
"""Cooldown keys of the chat awards, which no redeem may have."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A redeem as its cog declares it: the defaults of its row. Cooldowns in seconds, the second one for everyone."""

    key: str
    display_name: str
    cost: int = 0
    cooldown: int = 0
    everyone_cooldown: int = 0
    lane: Lane = "effect"
    counts_from: Moment = "done"
    price: str = ""
    """What it costs in words, where that depends."""
    module: str = ""
    """Where it is declared."""
    final: str = ""
    """With what a mod's ``!refund`` is refused once it counts; empty where a mod can still give it back."""
    has_words: bool = True
    """False where it takes no text from who buys it."""
    random_payout: bool = False
    """Whether what it brings depends on chance. While there are games, channel points do not pay for it."""
    is_game: bool = False
    """Whether its cog is a game with points: it can only be bought while there are games."""
    page: OnPage = field(default_factory=OnPage)
    """How the sandbox's page shows it."""

    @property
    def title(self) -> str:
        """Its name in the language of the chat."""
        return self.shown(self.display_name)

    def shown(self, words: str) -> str:
        """Words of its declaration in the language of the chat."""
        return texts_of(self.module).of_source(words) if self.module and words else words

    def __post_init__(self) -> None:
        if not self.key.isidentifier() or self.key != self.key.lower() or self.key in RESERVED_KEYS:
            raise ValueError(f"{self.key!r} cannot be the key of a redeem")
        if self.counts_from not in get_args(Moment):
            raise ValueError(f"{self.key} counts from {self.counts_from!r}; there are {', '.join(get_args(Moment))}")
        if not self.lane.isidentifier() or self.lane == SOUNDS:
            raise ValueError(f"{self.lane!r} cannot be the lane of {self.key}; it is one word")
        if min(self.cost, self.cooldown, self.everyone_cooldown) < 0:
            raise ValueError(f"cost and cooldowns of {self.key} cannot be negative")
