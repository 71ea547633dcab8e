"""Both platforms at once: whether a flood of chat on one of them delays the answers on the other."""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from _report import ms, percentile, ratio, table

from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Live, live

CHATTERS = 1_000
WARM_UP_SECONDS = 2.0
ROUNDS = ("Twitch alone", "Joystick.tv alone", "both")

Say = Callable[[int, str], Awaitable[object]]


async def run_all(rate: int, commands: int, seconds: float, rounds: int) -> dict[str, list[list[float]]]:
    """Each case in every round, in changing order. Returns seconds to the answer, by platform and case."""
    found: dict[str, list[list[float]]] = {}
    for number in range(rounds):
        for case in ROUNDS if number % 2 == 0 else tuple(reversed(ROUNDS)):
            with tempfile.TemporaryDirectory() as folder:
                for platform, answers in (await run_one(case, rate, commands, seconds, Path(folder))).items():
                    found.setdefault(f"{platform}, {case}", []).append(answers)
                    print(f"round {number + 1}: {platform:<12} {case:<18} {_both(answers)}", flush=True)
    return found


async def run_one(case: str, rate: int, commands: int, seconds: float, folder: Path) -> dict[str, list[float]]:
    """One bot and its sandbox, in this process, over real sockets."""
    async with live(folder) as show:
        on_twitch, on_joystick = case != "Joystick.tv alone", case != "Twitch alone"
        flows = [
            *([_flow(_on_twitch(show), rate, commands, seconds)] if on_twitch else []),
            *([_flow(_on_joystick(show), rate, commands, seconds)] if on_joystick else []),
        ]
        await asyncio.gather(*flows)
        await show.settled()
        await show.app.joystick_platform.connection.drain()
        await show.bot.settled()
        skipped = int(WARM_UP_SECONDS * commands)
        answers = {
            "Twitch": show.twitch.answers.seconds[skipped:],
            "Joystick.tv": show.app.joystick.answers.seconds[skipped:],
        }
        return {platform: taken for platform, taken in answers.items() if taken}


async def _flow(say: Say, rate: int, commands: int, seconds: float) -> None:
    """Chat at an even pace, with commands among it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    every = rate // commands
    for number in range(int(rate * (WARM_UP_SECONDS + seconds))):
        late = began + number / rate - loop.time()
        if late > 0.001:
            await asyncio.sleep(late)
        await say(number, "!points" if number % every == 0 else "hello everybody in here")


def _on_twitch(show: Live) -> Say:
    people = [sandbox_user(f"viewer{n}") for n in range(CHATTERS)]

    async def say(number: int, text: str) -> object:
        return await show.twitch.say(people[number % CHATTERS], text)

    return say


def _on_joystick(show: Live) -> Say:
    async def say(number: int, text: str) -> object:
        return await show.app.joystick.say(f"viewer{number % CHATTERS}", text)

    return say


def _both(seconds: Sequence[float]) -> str:
    return f"p50 {ms(percentile(seconds, 0.5)):>8}   p99 {ms(percentile(seconds, 0.99)):>8}   of {len(seconds):,}"


def show_results(found: dict[str, list[list[float]]], rate: int) -> None:
    """Print it."""
    rows = [(name, _both([v for taken in rounds for v in taken])) for name, rounds in sorted(found.items())]
    for platform in ("Twitch", "Joystick.tv"):
        alone, both = found[f"{platform}, {platform} alone"], found[f"{platform}, both"]
        p99 = [[percentile(taken, 0.99) for taken in rounds] for rounds in (both, alone)]
        rows.append((f"p99 on {platform}, both to alone", f"{ratio(*p99):.2f} times (median of rounds)"))
    table(f"!points answered while {rate:,} messages a second arrive on each platform", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=500, help="messages a second on each platform")
    parser.add_argument("--commands", type=int, default=10, help="of them !points, a second")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found = asyncio.run(run_all(args.rate, args.commands, args.seconds, args.rounds))
    show_results(found, args.rate)


if __name__ == "__main__":
    main()
