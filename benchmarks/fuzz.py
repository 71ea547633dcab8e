"""Ten thousand malformed requests and frames: is there a traceback, an answer of 500 or above, or a lost socket?"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from _report import table
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.web.fuzz.inputs import FRAMES, LARGE_INPUTS, requests
from tests.web.fuzz.target import Target, survives, targets

SHOWN = 2_000


class Fuzz:
    """Sends, and notes what went wrong, each kind once."""

    def __init__(self, bots: list[Target]) -> None:
        self.bots = bots
        self.sent: Counter[str] = Counter()
        self.wrong: dict[str, str] = {}
        page = bots[0]
        self.greetings = {
            f"/overlay/ws?key={page.key}": '{"do":"hello"}',
            "/sandbox/live": '{"do":"pick","login":"vi"}',
        }
        self.paths = [*self.greetings, "/sandbox/twitch/ws", "/sandbox/joystick/cable"]

    def request(self, data: st.DataObject) -> None:
        """One request to one of the bots."""
        bot = self.bots[data.draw(st.integers(0, 1))]
        route, sent = data.draw(requests(bot.routes))
        self.sent["requests"] += 1
        if wrong := bot.send(route, sent):
            self._note(wrong, sent)
        self._look(sent)

    def frames(self, path: str, frames: list[bytes], *, binary: bool) -> None:
        """Some frames on a websocket of its own."""
        greeting = self.greetings.get(path)
        with self.bots[0].open(path) as page:
            if greeting:
                page.send(greeting)
            for frame in frames:
                self.sent["frames"] += 1
                # The doubles close by themselves, as the platforms do.
                if not survives(page, frame, binary=binary) and greeting:
                    self._note(f"lost {path.partition('?')[0]}", frame)
        self._look(b" ".join(frames))

    def _look(self, sent: bytes) -> None:
        for bot in self.bots:
            for error in bot.errors.found:
                self._note(error, sent)
            bot.errors.found.clear()

    def _note(self, wrong: str, sent: bytes) -> None:
        if self.wrong.setdefault(wrong[:100], wrong) is wrong:
            print(f"{wrong[-SHOWN:]}\n  after {sent[:SHOWN]!r}", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="requests and frames together")
    options = parser.parse_args()
    # A look at the frames takes one to four of them.
    careless = settings(
        max_examples=options.inputs // 2, deadline=None, database=None, suppress_health_check=LARGE_INPUTS
    )
    with tempfile.TemporaryDirectory() as name, targets(Path(name)) as bots:
        fuzz = Fuzz(bots)

        @careless
        @given(st.data(), st.sampled_from(fuzz.paths), st.lists(FRAMES, min_size=1, max_size=2), st.booleans())
        def both(data: st.DataObject, path: str, frames: list[bytes], binary: bool) -> None:
            fuzz.request(data)
            fuzz.frames(path, frames, binary=binary)

        both()
    rows = [(name, f"{n:,}") for name, n in sorted(fuzz.sent.items())]
    table(f"{fuzz.sent.total():,} inputs", [*rows, ("wrong", f"{len(fuzz.wrong)} kinds" if fuzz.wrong else "nothing")])
    raise SystemExit(1 if fuzz.wrong else 0)


if __name__ == "__main__":
    main()
