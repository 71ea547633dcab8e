"""Lives of a bot in forked processes: viewers play games of chance, and it is killed at a commit."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from pixel_bot.plugin import pick
from pixel_bot.testing import SettableClock, Stage, stage
from tests.harness.database import Place, findings, rows

PLAYERS = ("alice", "bob", "carol")
GAMES = ("gamble", "slots", "roulette")
RULES: dict[str, Any] = {"games": True, **{f"{game}_wait": 0 for game in GAMES}}

Typed = tuple[str, str, str]
"""Who, what, and the message's id."""


def program(number: int, rng: random.Random, length: int = 8) -> list[Typed]:
    """What viewers type in a life; some of it comes twice."""
    typed: list[Typed] = []
    for n in range(length):
        stake = rng.choice(["10", "50", "500", "501", "9", "all", "half", "33%", "lots"])
        field = rng.choice(["", " red", " odd", " 17", " 0", " 37"])
        game = rng.choice(GAMES)
        text = f"!{game} {stake}{field if game == 'roulette' else ''}"
        typed.append((rng.choice(PLAYERS), text, f"{number}-{n}"))
    return [*typed, *rng.sample(typed, length // 3)]


def live(folder: Path, typed: Sequence[Typed], at: str, nth: int) -> bool:
    """Run one life in a process of its own, which dies before or after its nth commit. Returns whether it did."""
    child = os.fork()
    if not child:
        code = 1
        try:
            logging.disable()
            asyncio.run(_live(folder, typed, at, nth))
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    return status != 0


async def _live(folder: Path, typed: Sequence[Typed], at: str, nth: int) -> None:
    async with stage(folder, SettableClock(), **RULES) as chat:
        await chat.goes_live()
        _arm(at, nth)
        await play(chat, typed)


async def play(chat: Stage, typed: Sequence[Typed]) -> None:
    """Viewers type all that."""
    for who, text, message_id in typed:
        await chat.say(who, text, message_id=message_id)


def _arm(at: str, nth: int) -> None:
    left = nth

    def on_commit(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", on_commit) if at == "before" else event.listen(Session, "after_commit", on_commit)


MOVED = """
SELECT r.id, r.kind, r.state, r.house, t.reason, t.amount FROM rounds r JOIN transactions t ON t.round_id = r.id
ORDER BY t.id
"""


async def is_exact(place: Place) -> int:
    """Each round is a stake within the limits, at most one win, and what is left is the house's. Returns how many."""
    assert await findings(place) == []
    stakes: dict[int, int] = {}
    won: dict[int, int] = {}
    houses: dict[int, int] = {}
    for number, kind, state, house, reason, amount in await rows(place, MOVED):
        assert state == "ended"
        paid = {kind: stakes, f"{kind}:won": won}[reason]
        assert number not in paid
        paid[number] = abs(amount)
        houses[number] = house
    assert all(10 <= stake <= 500 for stake in stakes.values())
    assert houses == {number: stake - won.get(number, 0) for number, stake in stakes.items()}
    assert await rows(place, "SELECT COUNT(*) FROM rounds") == [(len(stakes),)]
    for seed, odds, choice in await rows(place, "SELECT seed, odds_json, choice FROM fair_draws"):
        slices = [(str(name), float(weight)) for name, weight in _read(odds)]
        assert slices[pick(seed, slices)][0] == choice
    return len(stakes)


def _read(odds: Any) -> Any:
    return orjson.loads(odds) if isinstance(odds, str | bytes) else odds
