"""Entry point of the child processes: ``python benchmarks/_bots.py stock|pixel --port PORT ...``."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What the parent wants."""

    bot: str
    port: int
    messages: int
    folder: Path
    cogs: Path | None
    time_commits: bool
    time_collector: bool


def main() -> None:
    """Run the bot that the command line asks for."""
    options = _options()
    # Each branch imports its own bot only: what a process imports counts in its memory and its collector's work.
    if options.bot == "stock":
        from _children.stock import run_stock

        asyncio.run(run_stock(options.port, options.messages))
    else:
        from _children.pixel import run_pixel

        asyncio.run(run_pixel(options))


def _options() -> Options:
    parser = argparse.ArgumentParser(description="Run one bot against a double of Twitch.")
    parser.add_argument("bot", choices=("stock", "pixel"))
    parser.add_argument("--port", type=int, required=True, help="where the double listens")
    parser.add_argument("--messages", type=int, default=0, help="say 'done' when so many chat messages are worked")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the database goes")
    parser.add_argument("--cogs", type=Path, help="a folder with more cogs")
    parser.add_argument("--time-commits", action="store_true", help="measure from receipt to durable")
    parser.add_argument("--time-collector", action="store_true", help="measure the garbage collector's pauses")
    return Options(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
