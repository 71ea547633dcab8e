"""What may happen in a show, and programs of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from pixel_bot.backends.tts.speech import Speech
from pixel_bot.model.outcome import Effect, PlaySound, Run, Speak
from pixel_bot.model.people import Viewer
from pixel_bot.redeems.offers import Offer
from tests.cogs.wheel.wheel_parts import SPIN, WHEEL

USERS = (1, 2, 3)
START = 400
VIEWERS = {i: Viewer(i, f"user{i}", f"user{i}", START) for i in USERS}
STOCK = 2
PRIZES = [
    {"name": "Points", "weight": 3, "grant_points": 70},
    {"name": "Rare", "weight": 3, "grant_points": 250, "stock": STOCK},
    {"name": "Nothing", "weight": 1, "grant_points": 0},
    {"name": "Fanfare", "weight": 1, "effect": "sound:fanfare"},
]
GRANTS = {"Points": 70, "Rare": 250}
SHELF: dict[str, tuple[Offer, Effect]] = {
    "say": (Offer("say", "Say", cost=25, cooldown=10, lane="tts"), Speak("hello")),
    "ding": (Offer("ding", "Ding", cost=15, cooldown=5), PlaySound("ding")),
    "spin": (SPIN, WHEEL),
    "ask": (Offer("ask", "Ask", cost=50, cooldown=20), Run("ask")),
}
SECONDS = 10.0

Kind = Literal[
    "buy", "again", "cancel", "refund", "skip", "clear", "delete", "panic", "calm", "pause", "resume",
    "begin", "end", "break", "hide", "look", "lose", "bye", "come", "answer", "err", "pass", "restart", "kill",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Op:
    """One thing that happens. ``pick`` chooses among what there is to choose from."""

    kind: Kind
    user: int = 1
    what: str = "say"
    pick: int = 0


def often(*kinds: Kind) -> st.SearchStrategy[Op]:
    return st.builds(
        Op,
        kind=st.sampled_from(kinds),
        user=st.sampled_from(USERS),
        what=st.sampled_from(sorted(SHELF)),
        pick=st.integers(0, 3),
    )


ops = st.one_of(often("buy"), often("buy", "begin", "end", "answer"), often(*KINDS))
programs = st.lists(st.lists(ops, min_size=1, max_size=4), min_size=2, max_size=12)


class FakeSpeech:
    async def speak(self, text: str, voice: str = "") -> Speech:
        return Speech(b"RIFF", 1.0)

    async def check(self, text: str, voice: str = "") -> None:
        """Every text can be read."""

    async def voices(self) -> Sequence[str]:
        return []

    async def close(self) -> None:
        """Nothing is held."""


class Seeds:
    """Draws that are the same in every run."""

    def __init__(self) -> None:
        self._dice = random.Random(7)

    def token_hex(self, size: int) -> str:
        return self._dice.randbytes(size).hex()


def steps(*kinds: Kind, what: str = "say") -> list[list[Op]]:
    return [[Op(kind, what=what)] for kind in kinds]
