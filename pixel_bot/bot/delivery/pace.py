"""When the next message may be sent: a sliding window, a gap between two, and back-off after a refusal."""

from dataclasses import dataclass

from pixel_bot.model.chat_rules import SendRules

RESERVED, RESERVED_AT_LEAST = 0.3, 0.1
"""The share of the window that free answers to viewers leave to all others: the first, less what those have used of
it, but never less than the second."""

FIRST_BACKOFF, LONGEST_BACKOFF = 1.1, 30.0
"""Seconds without a message after the chat refused one as too soon; doubled with each refusal in a row."""


@dataclass(slots=True, eq=False)
class Turn:
    """One message that was sent. ``at`` moves to the moment of the chat's answer, when it is known."""

    at: float
    urgent: bool


class Pace:
    """Keeps the rules of one chat. All times are those of the event loop."""

    def __init__(self, rules: SendRules | None) -> None:
        self.rules = rules
        """None where there are none."""
        self._turns: list[Turn] = []
        self._hold_until = 0.0
        self._backoff = 0.0

    def free_at(self, now: float, *, urgent: bool) -> float:
        """When the next message may be sent; not after ``now`` where it may be sent at once.

        Viewers' free answers (not ``urgent``) leave a share of the window to the others. They use the first half of
        what is theirs at once, and the rest evenly, so that chat never falls silent for long.
        """
        rules = self.rules
        if rules is None:
            return now
        at = self._hold_until
        if self._turns and rules.gap:
            at = max(at, self._last() + rules.gap)
        times = self._times(now, rules)
        budget = rules.messages if urgent else self._viewers_budget(now, rules)
        if len(times) >= budget:
            return max(at, times[len(times) - budget] + rules.window)
        if times and not urgent and 2 * len(times) >= budget:
            left = times[0] + rules.window - times[-1]
            at = max(at, times[-1] + left / (budget - len(times) + 1))
        return at

    def gap(self, now: float) -> float:
        """About how many seconds there are between two answers to viewers now."""
        rules = self.rules
        if rules is None:
            return 0.0
        free_at = self.free_at(now, urgent=False)
        return max(rules.gap, free_at - self._last()) if self._turns else rules.gap

    def has_room(self, now: float) -> bool:
        """True while a message that is not needed would take nothing away from those that are."""
        rules = self.rules
        if rules is None:
            return True
        used = len(self._times(now, rules))
        return 2 * used < rules.messages and rules.gap <= 2 * FIRST_BACKOFF and self.free_at(now, urgent=True) <= now

    def begin(self, now: float, *, urgent: bool) -> Turn:
        """A message is sent. Its turn is used even if its answer is lost."""
        turn = Turn(now, urgent)
        if self.rules is not None:
            self._turns.append(turn)
        return turn

    def taken(self, turn: Turn, now: float) -> None:
        """The chat took it. It counts from now, because nobody knows at which moment on its way it was counted."""
        turn.at = now
        self._backoff = 0.0

    def refused(self, turn: Turn, now: float) -> None:
        """The chat refused it as too soon: it does not count, and for a while nothing is sent."""
        if turn in self._turns:
            self._turns.remove(turn)
        gap = self.rules.gap if self.rules is not None else 0.0
        self._backoff = min(LONGEST_BACKOFF, self._backoff * 2) if self._backoff else max(FIRST_BACKOFF, gap)
        self._hold_until = now + self._backoff

    def _viewers_budget(self, now: float, rules: SendRules) -> int:
        used = sum(turn.urgent for turn in self._turns if turn.at > now - rules.window)
        first, least = int(rules.messages * RESERVED), int(rules.messages * RESERVED_AT_LEAST)
        return rules.messages - max(first - used, least)

    def _last(self) -> float:
        return max(turn.at for turn in self._turns)

    def _times(self, now: float, rules: SendRules) -> list[float]:
        """When the messages of the window were sent, in order."""
        kept = max(rules.window, rules.gap)
        self._turns = [turn for turn in self._turns if turn.at > now - kept]
        return sorted(turn.at for turn in self._turns if turn.at > now - rules.window)
