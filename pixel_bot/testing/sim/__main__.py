"""``python -m pixel_bot.testing.sim --seed N --hours H``: plays one simulation. Its last line is the digest."""

import argparse
import logging
import os
import sys
import time

HASHES = "PYTHONHASHSEED"


def main() -> int:
    """Exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m pixel_bot.testing.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="draws everything")
    parser.add_argument("--hours", type=float, default=1.0, help="of simulated time")
    options = parser.parse_args()
    if os.environ.get(HASHES) != "0":
        # The order of sets of strings must be the same each time.
        os.environ[HASHES] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "pixel_bot.testing.sim", *sys.argv[1:]])  # noqa: S606 - this program
    from pixel_bot.testing.sim.plan import drawn
    from pixel_bot.testing.sim.simulate import simulate

    logging.disable(logging.CRITICAL)
    # What a dead process was in the middle of raises once more when its memory is freed.
    sys.unraisablehook = lambda _: None
    plan = drawn(options.seed, options.hours * 3_600)
    print(plan)
    began = time.process_time()
    result = simulate(plan)
    took = time.process_time() - began
    print(
        f"{result.seconds:,.0f} s in {took:,.1f} s of processor time: {result.messages:,} messages, {result.said:,} of "
        f"the bot; {result.commits:,} commits, {result.kills:,} kills"
    )
    print(result.violation or "No promise was broken.")
    print(result.digest)
    return 1 if result.violation else 0


if __name__ == "__main__":
    sys.exit(main())
