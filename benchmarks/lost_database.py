"""Takes the database away from a busy bot, in every way, and kills it then: is anything lost that chat was told?"""

import argparse
import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from _report import table

from tests.harness.database import findings
from tests.harness.process import BotProcess
from tests.run.busy_chat import MESSAGES_A_SECOND, busy_chat, logged
from tests.run.losses import LOSSES, LOST, Loss, copy_named_in

SETTINGS = {"points_chat_cooldown_seconds": 0, "xp_chat_amount": 0}


@dataclass(frozen=True)
class Result:
    """Of one loss: seconds until it was noticed, and until the copy was saved; what was promised, and is not in it."""

    noticed: float
    saved: float
    promised: int
    missing: int
    wrong: int


async def lose(loss: Loss, folder: Path, seconds: float) -> Result:
    """Run a bot for so many seconds, take its database away, and kill it once it has said where the copy is."""
    database = folder / "data" / "sandbox.db"
    async with BotProcess(folder, "sandbox", **SETTINGS) as bot, busy_chat(bot) as chat:
        await asyncio.sleep(seconds)
        await chat.added_more(5)
        loss(database)
        began = time.monotonic()
        await logged(bot, "cannot be written")
        noticed = time.monotonic() - began
        copy = copy_named_in(await logged(bot, LOST))
        saved = time.monotonic() - began
        await bot.kill()
    return Result(noticed, saved, len(chat.added), len(chat.missing_in(copy)), len(await findings(copy)))


async def run_all(rounds: int, seconds: float) -> dict[str, list[Result]]:
    """Each way, so many times."""
    results: dict[str, list[Result]] = {}
    for loss in LOSSES:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                results.setdefault(loss.__name__, []).append(await lose(loss, Path(folder), seconds))
        print(f"{loss.__name__}: {results[loss.__name__][-1]}", flush=True)
    return results


def _in_words(found: list[Result]) -> str:
    return (
        f"noticed after {max(r.noticed for r in found):.1f} s, saved after {max(r.saved for r in found):.1f} s "
        f"(worst of {len(found)}); {sum(r.missing for r in found)} of {sum(r.promised for r in found)} promises "
        f"missing, {sum(r.wrong for r in found)} findings"
    )


def show(results: dict[str, list[Result]]) -> None:
    """Print it."""
    rows = [(name.replace("_", " "), _in_words(found)) for name, found in results.items()]
    table(f"A lost database at {MESSAGES_A_SECOND} messages a second", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way")
    parser.add_argument("--seconds", type=float, default=20.0, help="of busy chat before the loss")
    args = parser.parse_args()
    os.environ.pop("DATA_DIR", None)
    results = asyncio.run(run_all(args.rounds, args.seconds))
    show(results)
    raise SystemExit(any(r.missing or r.wrong for found in results.values() for r in found))


if __name__ == "__main__":
    main()
