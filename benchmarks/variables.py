"""How long texts of custom commands take whose variables are hostile: 200 of them, processor time, best of three."""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

from _report import table

sys.path.insert(0, str(Path(__file__).parent.parent))

from pixel_bot.variables.call import VariableCall, VariableSource
from pixel_bot.variables.rendering import Known, render
from tests.variables.hostile import texts

MOST = 0.005
TYPED = "$(user) ' \" )"


async def answer(call: VariableCall) -> str:
    """What each variable stands for."""
    return f"<{call.name}>"


def unexpected(name: str, error: Exception) -> None:
    """No variable may fail."""
    raise AssertionError(name) from error


async def seconds(text: str) -> float:
    """The least processor time of three."""
    best = 1.0
    for _ in range(3):
        begun = time.process_time()
        await render(text, VariableSource("m1", text=TYPED), lambda _, after: (Known(answer), after), unexpected)
        best = min(best, time.process_time() - begun)
    return best


async def measured() -> list[float]:
    """Of each text."""
    return [await seconds(text) for text in texts(200)]


def main() -> None:
    """Run from the command line."""
    took = asyncio.run(measured())
    rows = [("half of them", f"{median(took) * 1_000:.2f} ms"), ("the longest", f"{max(took) * 1_000:.2f} ms")]
    table(f"{len(took)} hostile texts", rows)
    raise SystemExit(1 if max(took) > MOST else 0)


if __name__ == "__main__":
    main()
