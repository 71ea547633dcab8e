"""Looks into what a soak left: is each event paid once, and is each effect that was paid for seen once?"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from _soak.bot import SoakPage
from _soak.traffic import Due, Traffic

from pixel_bot.sandbox.twitch.double import TwitchDouble

SHOWN = 5
KINDS = ("follow", "sub", "gift", "cheer", "raid")
COOLDOWN_SECONDS = 60


class Ledger:
    """What stands in the bot's database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """All rows."""
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(query).fetchall()

    @property
    def awards(self) -> int:
        """Rows that paid for something that happened."""
        ((found,),) = self.ask(
            "SELECT COUNT(*) FROM transactions WHERE reason IN ('chat', 'watch', 'follow', 'sub', "
            "'gift', 'cheer', 'raid')"
        )
        assert isinstance(found, int)
        return found


def wrong_with(ledger: Ledger, traffic: Traffic, page: SoakPage, twitch: TwitchDouble) -> list[str]:
    """All that must not be; an empty list where all is right."""
    return [
        *_events(ledger, traffic.due),
        *_sums(ledger),
        *_chat(ledger),
        *_added(ledger, traffic.added),
        *_effects(ledger, page),
        *_redemptions(twitch),
    ]


def _events(ledger: Ledger, due: Mapping[str, Due]) -> Iterator[str]:
    marks = ", ".join(f"'{kind}'" for kind in KINDS)
    found = {
        key: (kind, points)
        for key, kind, points in ledger.ask(f"SELECT id, kind, points FROM events WHERE kind IN ({marks})")
    }
    missing = [key for key, d in due.items() if d.sure and key not in found]
    strange = [key for key in found if key not in due]
    other = [key for key, d in due.items() if key in found and found[key] != (d.kind, d.points)]
    for what, keys in (("were heard, and not paid", missing), ("were never sent", strange), ("paid wrongly", other)):
        if keys:
            yield f"{len(keys)} events {what}: {[(str(k), due.get(str(k))) for k in keys[:SHOWN]]}."


def _sums(ledger: Ledger) -> Iterator[str]:
    """Each event has one row in the ledger, of its amount, and the other way round."""
    marks = ", ".join(f"'{kind}'" for kind in (*KINDS, "chat", "watch"))
    events = ledger.ask(
        f"SELECT kind, COUNT(*), SUM(points) FROM events WHERE points > 0 AND kind IN ({marks}) GROUP BY kind"
    )
    rows = ledger.ask(
        f"SELECT reason, COUNT(*), SUM(amount) FROM transactions WHERE reason IN ({marks}) GROUP BY reason"
    )
    if sorted(events, key=str) != sorted(rows, key=str):
        yield f"Events and ledger differ: {events} and {rows}."


def _chat(ledger: Ledger) -> Iterator[str]:
    """Nobody earned twice within the cooldown."""
    ((early,),) = ledger.ask(
        "SELECT COUNT(*) FROM (SELECT (julianday(created_at) - julianday(LAG(created_at) OVER "
        "(PARTITION BY user_id ORDER BY created_at))) * 86400 AS gap FROM transactions WHERE reason = 'chat') "
        f"WHERE gap < {COOLDOWN_SECONDS - 0.01}"
    )
    if early:
        yield f"{early} messages were paid within the cooldown."


def _added(ledger: Ledger, answered: set[str]) -> Iterator[str]:
    notes = [
        str(note).rpartition("number ")[2]
        for (note,) in ledger.ask("SELECT note FROM transactions WHERE reason = 'mod:add'")
    ]
    if len(notes) != len(set(notes)):
        yield "A command was worked twice."
    if lost := answered - set(notes):
        yield f"{len(lost)} commands were answered, and have no row: {sorted(lost)[:SHOWN]}."


def _effects(ledger: Ledger, page: SoakPage) -> Iterator[str]:
    """Paid for what was played to its end, and for nothing else."""
    items = {str(token): str(status) for token, status in ledger.ask("SELECT token, status FROM queue_items")}
    finished = {token for token, state in page.played.items() if state == "finished"}
    unseen = [token for token, status in items.items() if status == "done" and token not in finished]
    given = [token for token, status in items.items() if status == "failed" and token in finished]
    left = [token for token, status in items.items() if status in {"pending", "running"}]
    for what, tokens in (("paid and not played", unseen), ("played and given back", given), ("left over", left)):
        if tokens:
            yield f"{len(tokens)} effects were {what}."


def _redemptions(twitch: TwitchDouble) -> Iterator[str]:
    left = [r for r in twitch.points.redemptions.values() if r.reward.client_id and r.status == "UNFULFILLED"]
    if left:
        yield f"{len(left)} redemptions of channel points are still open."
