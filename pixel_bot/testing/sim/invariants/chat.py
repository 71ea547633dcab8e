"""Chat earns points: whoever has not written for the length of the pause is paid for the next message, and once."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.users import ANONYMOUS_IDS, BOT
from pixel_bot.testing.sim.channel import Channel, Notified
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.facts import HINDERED_BY, PAID_SECONDS, SURE_SECONDS, arrived
from pixel_bot.testing.sim.invariants.invariant import Invariant
from pixel_bot.testing.sim.invariants.links import Links
from pixel_bot.testing.sim.invariants.violation import Violation
from pixel_bot.testing.sim.lives import Life

MARGIN_SECONDS = 1.0
REMEMBERED = 4_000
NOBODY = {BOT.id, *ANONYMOUS_IDS.values()}


class ChatAwards(Invariant):
    """Follows each message that must earn."""

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None], links: Links) -> None:
        super().__init__(channel, durable, report)
        self._links = links
        self._pause = float(channel.settings.points_chat_cooldown_seconds)
        self._pays = channel.settings.points_chat_amount > 0
        self._written: dict[str, list[float]] = defaultdict(list)
        """When each person wrote, the last times, by the simulation's clock."""
        self._at: dict[str, float] = {}
        """When each message was written, until it was sent."""
        channel.when_emitted.append(self._on_emitted)
        channel.when_delivered.append(self._on_delivered)

    def _on_emitted(self, notified: Notified) -> None:
        if notified.kind == "channel.chat.message":
            times = self._written[notified.event["chatter_user_id"]]
            self._at[notified.id] = self._channel.now()
            times.append(self._channel.now())
            del times[:-50]
            if len(self._at) > REMEMBERED:
                del self._at[next(iter(self._at))]

    def _on_delivered(self, notified: Notified, life: Life, sessions: tuple[SandboxSession, ...]) -> None:
        at = self._at.pop(notified.id, None)
        if at is None or not self._pays:
            return
        person, text = notified.event["chatter_user_id"], notified.event["message"]["text"]
        is_plain = text[:1].isalpha() and not notified.event["channel_points_custom_reward_id"]
        if is_plain and person not in NOBODY:
            loop = asyncio.get_running_loop()
            loop.call_later(SURE_SECONDS, self._if_arrived, notified, life, sessions, at)

    def _if_arrived(self, notified: Notified, life: Life, sessions: tuple[SandboxSession, ...], at: float) -> None:
        if arrived(life, sessions):
            asyncio.get_running_loop().call_later(PAID_SECONDS, self._must_be_paid, notified, life, at)

    def _must_be_paid(self, notified: Notified, life: Life, at: float) -> None:
        person = notified.event["chatter_user_id"]
        quiet = self._channel.quiet.seconds(*HINDERED_BY)
        if life.is_dead or not self._is_alone(person, at):
            return
        if quiet < PAID_SECONDS:
            loop = asyncio.get_running_loop()
            loop.call_later(PAID_SECONDS - quiet + 1, self._must_be_paid, notified, life, at)
            return
        if self._durable.value("SELECT points FROM events WHERE id = ?", notified.id):
            return
        user = self._durable.user(person)
        # Who was linked meanwhile may have been paid for what they wrote elsewhere.
        since = at - self._pause - MARGIN_SECONDS
        if user is None or not (self._links.was_linked(user, since) or self._durable.is_ignored(user)):
            who, text = notified.event["chatter_user_login"], notified.event["message"]["text"]
            self._report(Violation(f"Of {who}, {text!r} came {self._channel.now() - at:.0f} s ago, and was not paid."))

    def _is_alone(self, person: str, at: float) -> bool:
        """Whether they wrote nothing else that might have been paid instead."""
        near = self._pause + MARGIN_SECONDS
        return sum(abs(time - at) <= near for time in self._written[person]) == 1
