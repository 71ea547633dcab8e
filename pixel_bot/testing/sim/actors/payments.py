"""What happens on Joystick.tv is paid once: what reached a bot that lived on is, and nothing that did not happen."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from pixel_bot.sandbox.joystick.connection import Connection, ConnectionState
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.invariants.facts import HINDERED_BY, PAID_SECONDS, SURE_SECONDS
from pixel_bot.testing.sim.lives import Life

ENTER = (0, 25)
"""Points for somebody who comes, as the streamer sets them from time to time."""

NOTED = (
    "SELECT id, kind, points FROM events WHERE id LIKE 'joystick:%' AND kind IN ('tip', 'gift', 'raid', 'sub', 'enter')"
)


@dataclass(frozen=True)
class Paid:
    """An event.

    Args:
        kind: as the bot notes it.
        points: what it may pay; one figure where it must be paid.
    """

    kind: str
    points: tuple[int, ...]


class Payments:
    """Follows each event that pays, and looks for it in the database in the end.

    Args:
        channel: with the bot.
        double: from where the events come.
    """

    def __init__(self, channel: Channel, double: JoystickDouble) -> None:
        self._channel = channel
        self._double = double
        self._happened: dict[str, Paid] = {}
        self._due: dict[str, None] = {}
        self._sentences: list[str] = []

    def happens(self, kind: str, event_id: str, tokens: int) -> None:
        """Something is sent to the bot now."""
        settings = self._channel.settings
        sub = settings.points_sub_amount
        paid = {
            "tips": Paid("tip", (int(settings.points_tip_per_token * tokens),)),
            "gives subs": Paid("gift", (2 * sub,)),
            "raids": Paid("raid", (settings.points_raid_amount,)),
            "subscribes": Paid("sub", (0, sub)),  # nobody pays twice for one month
            "enters": Paid("enter", ENTER),
        }.get(kind)
        if paid is None:
            return
        self._happened[event_id] = paid
        life = self._channel.life
        over = [c for c in self._double.gateway.connections if c.state is ConnectionState.OPEN and c.subscribed]
        if life is not None and over:
            asyncio.get_running_loop().call_later(SURE_SECONDS, self._if_arrived, event_id, life, over)

    def broken(self) -> Iterator[str]:
        """What is wrong in the end, a sentence each."""
        with closing(sqlite3.connect(f"file:{self._channel.file}?mode=ro", uri=True)) as connection:
            noted = {row[0].rsplit(":", 1)[1]: row[1:] for row in connection.execute(NOTED)}
        yield from self._sentences
        for event_id, (kind, points) in noted.items():
            happened = self._happened.get(event_id)
            if happened is None or happened.kind != kind or points not in happened.points:
                yield f"For the event {event_id} of Joystick.tv, {points} points are noted as {kind}: {happened}."

    def _if_arrived(self, event_id: str, life: Life, over: list[Connection]) -> None:
        stands = any(c in self._double.gateway.connections and c.state is ConnectionState.OPEN for c in over)
        if stands and not (life.is_dead or life.is_suspended):
            asyncio.get_running_loop().call_later(PAID_SECONDS, self._must_be_paid, event_id, life)

    def _must_be_paid(self, event_id: str, life: Life) -> None:
        if life.is_dead:
            return
        quiet = self._channel.quiet.seconds(*HINDERED_BY)
        if quiet < PAID_SECONDS:
            asyncio.get_running_loop().call_later(PAID_SECONDS - quiet + 1, self._must_be_paid, event_id, life)
            return
        with closing(sqlite3.connect(f"file:{self._channel.file}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM events WHERE id LIKE ?", (f"joystick:%:{event_id}",)).fetchone()
        if found is None:
            self._sentences.append(f"Of Joystick.tv the event {event_id} came, {self._happened[event_id]}, unpaid.")
