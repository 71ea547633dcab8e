"""Kills a bot at random moments in the middle of a flood: is the ledger right, and was anything promised that is gone?

Every command carries a number that ends up in its row, so each answer that Twitch received can be looked up.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from _database.ledger import DATABASE, findings, written
from _database.million import XP, crowded
from _double import Double, double
from _frames import chat, crowd, frame, known_viewer
from _process import bot
from _report import table

ROUNDS_A_DATABASE = 25
"""After so many kills a fresh database, so that checking it stays quick."""

LATEST_KILL = 1.0
"""Seconds after the first message."""

PEOPLE = 500
RICH_GIVER, MOD = 0, 1
FRAMES_A_SECOND = 4_000
FRAMES_A_COMMAND = 10
COMMANDS = int(LATEST_KILL * FRAMES_A_SECOND) // FRAMES_A_COMMAND
CHAT_BETWEEN = FRAMES_A_COMMAND - 1
GIVEN, ADDED = "You gave", "Added"


@dataclass
class Results:
    """Counts over all kills; ``wrong`` says what must not be."""

    kills: int = 0
    chat_written: int = 0
    given: int = 0
    added: int = 0
    refused: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and how its row is found: gifts by their amount, additions by their note."""

    number: int
    text: str
    is_gift: bool

    @property
    def message_id(self) -> str:
        """The id of the chat message that carries it."""
        return f"command-{self.number}"


async def run_all(rounds: int, seed: int) -> Results:
    """Kill that often."""
    chance = random.Random(seed)
    results = Results()
    numbers = count(1)
    while results.kills < rounds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            await crowded(folder, PEOPLE)
            promised: list[Command] = []
            for _ in range(min(ROUNDS_A_DATABASE, rounds - results.kills)):
                await kill_once(folder, chance, numbers, promised, results)
                results.wrong += await wrong_after(folder, promised)
                results.kills += 1
            results.chat_written += written(folder).events
        print(f"{results.kills} kills, {results.given + results.added} answers, {len(results.wrong)} wrong", flush=True)
    return results


async def kill_once(
    folder: Path, chance: random.Random, numbers: Iterator[int], promised: list[Command], results: Results
) -> None:
    """One bot from its start to its death, and what it had answered until then."""
    asked = [_command(next(numbers), chance) for _ in range(COMMANDS)]
    flood = _flood(asked, mark=f"round-{results.kills}")
    async with double() as twitch, bot("pixel", twitch.port, f"--folder={folder}") as child:
        await child.told("ready")
        sending = asyncio.create_task(twitch.stream(flood, FRAMES_A_SECOND))
        await asyncio.sleep(chance.uniform(0, LATEST_KILL))
        await child.kill()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        _note(twitch, asked, promised, results)


def _command(number: int, chance: random.Random) -> Command:
    to = f"@viewer_{chance.randrange(2, PEOPLE)}"
    if chance.random() < 0.5:
        return Command(number, f"!give {to} {number}", is_gift=True)
    return Command(number, f"!points add {to} 1 number {number}", is_gift=False)


def _flood(asked: Sequence[Command], mark: str) -> list[bytes]:
    """Chat with a command now and then."""
    giver, mod = known_viewer(RICH_GIVER), known_viewer(MOD, "moderator")
    frames = chat(COMMANDS * CHAT_BETWEEN, crowd(PEOPLE), mark=mark)
    mixed: list[bytes] = []
    for place, command in enumerate(asked):
        mixed += frames[place * CHAT_BETWEEN : (place + 1) * CHAT_BETWEEN]
        who = giver if command.is_gift else mod
        mixed.append(frame(who, command.text, command.message_id, datetime.now(UTC)))
    return mixed


def _note(twitch: Double, asked: Sequence[Command], promised: list[Command], results: Results) -> None:
    for command in asked:
        answer = twitch.answers.get(command.message_id)
        if answer is None:
            continue
        if not answer.text.startswith(GIVEN if command.is_gift else ADDED):
            results.refused.append(answer.text)
            continue
        promised.append(command)
        results.given += command.is_gift
        results.added += not command.is_gift


async def wrong_after(folder: Path, promised: Sequence[Command]) -> list[str]:
    """What is broken, and what was promised and is gone."""
    wrong = await findings(folder)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        gifts = [n for (n,) in connection.execute("SELECT amount FROM transactions WHERE reason = 'give'")]
        notes = [n for (n,) in connection.execute("SELECT note FROM transactions WHERE reason = 'mod:add'")]
    given, noted = set(gifts), {note.rpartition("number ")[2] for note in notes}
    for command in promised:
        there = {command.number, -command.number} <= given if command.is_gift else str(command.number) in noted
        if not there:
            wrong.append(f"{command.text!r} was answered, but has no row.")
    if len(gifts) != len(given) or len(notes) != len(noted):
        wrong.append("A command was worked twice.")
    if not (left := written(folder, xp_before=PEOPLE * XP)).agrees:
        wrong.append(f"Chat left traces that do not agree: {left}.")
    return wrong


def show(results: Results, seed: int) -> None:
    """Print it."""
    rows = [
        ("kills", f"{results.kills} (seed {seed})"),
        ("chat messages paid", f"{results.chat_written:,}"),
        ("gifts answered", f"{results.given:,}"),
        ("additions by a mod answered", f"{results.added:,}"),
        ("commands refused", f"{len(results.refused)} {sorted(set(results.refused))[:3] or ''}"),
        ("wrong", "nothing" if not results.wrong else "; ".join(results.wrong[:10])),
    ]
    table("Killed in the middle of a flood", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="kills")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for the moments of the kills")
    args = parser.parse_args()
    results = asyncio.run(run_all(args.rounds, args.seed))
    show(results, args.seed)
    raise SystemExit(1 if results.wrong else 0)


if __name__ == "__main__":
    main()
