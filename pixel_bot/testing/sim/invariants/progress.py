"""Nobody waits longer than it takes, and nothing grows without bound."""

from typing import Any, cast

from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.invariants.words import SET_BY_MODS

STILL_SECONDS = 400.0
"""Longer than anything that waits for a page, for chat or for a retry."""

MOST_TASKS = 400
MOST_HANDLES = 400
MOST_AWARDS = 20_000
MOST_ITEMS = 1_000


class Progress:
    """Looks at the bot from outside, and at its tables.

    Args:
        channel: whose bot it is.
        durable: what is in the database.
    """

    def __init__(self, channel: Channel, durable: Durable) -> None:
        self._channel = channel
        self._durable = durable
        self._longest: dict[str, int] = {}
        """The longest cooldown of each redeem that was seen; mods may have changed it."""
        self._waits: dict[int, float] = {}
        """Since when each item waits while nothing goes wrong, and its lane is not paused."""

    def check(self) -> None:
        """Look once.

        Raises:
            Violation: something waits for too long, or there is too much of it.
        """
        self._check_size()
        self._check_items()
        self._check_cooldowns()

    def _check_size(self) -> None:
        life, app = self._channel.life, self._channel.app
        if life is None or app is None:
            return
        sizes = {"tasks": (len(life.tasks), MOST_TASKS), "open handles": (life.handles, MOST_HANDLES)}
        if app.running_bot is not None:
            awards = cast(Any, app.services.awards)
            sizes["messages that wait for their award"] = len(awards._messages), MOST_AWARDS
            sizes["events that wait for their award"] = len(awards._pending), MOST_AWARDS
            for name, channel in app.running_bot.bot.channels.items():
                sizes[f"messages for {name}"] = len(list(cast(Any, channel.outbox)._order)), MOST_ITEMS
        for what, (size, most) in sizes.items():
            if size > most:
                raise Violation(f"The bot has {size} {what}.")

    def _check_items(self) -> None:
        """One item of each track is at work, and ends; so what has waited for long has some before it."""
        quiet = self._channel.quiet.seconds()
        paused = {kind for (kind,) in self._durable.rows("SELECT kind FROM lanes WHERE paused")}
        heads = self._durable.rows(
            "SELECT track, MIN(id), kind FROM queue_items WHERE status IN ('pending', 'running') "
            "AND approval IS NULL GROUP BY track"
        )
        now = self._channel.now()
        waits = {item: self._waits.get(item, now) for _, item, kind in heads if kind not in paused and quiet}
        self._waits = waits
        for item, since in waits.items():
            if min(now - since, quiet) > STILL_SECONDS:
                row = self._durable.rows("SELECT track, status, attempts, page FROM queue_items WHERE id = ?", item)
                raise Violation(f"Item {item} {row} is the first of its track, and waits for {now - since:.0f} s.")

    def _check_cooldowns(self) -> None:
        """None is longer than the longest that is or was set."""
        for key, seconds in self._durable.rows("SELECT key, cooldown_s FROM redeems"):
            self._longest[key] = max(self._longest.get(key, SET_BY_MODS), seconds)
        query = """
            SELECT c.user_id, c.key, strftime('%s', c.expires_at) - strftime('%s', c.started_at) AS length
            FROM cooldowns c JOIN redeems r ON r.key = c.key
            WHERE c.started_at IS NOT NULL AND length > r.cooldown_s + 1
        """
        for user, key, length in self._durable.rows(query):
            if length > self._longest[key] + 1:
                raise Violation(f"The cooldown {key} of user {user} lasts {length} s, and less was set.")
