"""The order in which messages wait: paid ones, then the streamer, then mods, then a fair share for each viewer."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pixel_bot.model.outgoing import Outgoing, Rank

MAX_FREE_WAITING = 100
MAX_WAITING_OF_ONE = 3
"""Free answers to one viewer that wait; beyond, the oldest goes."""

JOIN = " · "
LONGEST = 500


@dataclass(slots=True, eq=False)
class Waiting:
    """A message on its way.

    Attributes:
        message: what is to be said.
        since: when it was put.
        done: its id once it was taken, None once it never will be.
        not_before: when it may be tried (again).
        tries: how often it was tried.
        unconfirmed: how often the answer to a try was lost.
        wording: the text as it was tried last, with its mark against duplicates.
        refused_since: when the chat first refused it as too soon.
        variant: a number that is added to the text, where the chat takes nothing that was said before; 0 for none.
        is_duplicate: True when it was refused for being the same as one before.
        on_its_way: True while it is being sent.
        withdrawn: True when nobody wants it any more.
    """

    message: Outgoing
    since: float
    done: "asyncio.Future[str | None]"
    not_before: float = 0.0
    tries: int = 0
    unconfirmed: int = 0
    wording: str = ""
    refused_since: float | None = None
    variant: int = 0
    is_duplicate: bool = False
    on_its_way: bool = False
    withdrawn: bool = False

    def end(self, sent: str | None = None) -> None:
        """Nothing more is done for it."""
        if not self.done.done():
            self.done.set_result(sent)

    def follow(self, other: "Waiting") -> None:
        """What becomes of the other one becomes of this one."""
        other.done.add_done_callback(lambda done: self.end(None if done.cancelled() else done.result()))


class _Tier:
    """Messages of one urgency: askers take turns, and each asker's own stay in their order."""

    def __init__(self) -> None:
        self.by_asker: dict[str, deque[Waiting]] = {}

    def __iter__(self) -> Iterator[Waiting]:
        for waiting in self.by_asker.values():
            yield from waiting

    def add(self, waiting: Waiting) -> None:
        self.by_asker.setdefault(waiting.message.asker, deque()).append(waiting)

    def put_back(self, waiting: Waiting) -> None:
        """Before all others: it had its turn already."""
        asker = waiting.message.asker
        queue = self.by_asker.pop(asker, deque())
        queue.appendleft(waiting)
        self.by_asker = {asker: queue, **self.by_asker}

    def remove(self, waiting: Waiting) -> None:
        """Take a message out. It was its asker's turn, so that one is the last now."""
        queue = self.by_asker.pop(waiting.message.asker)
        queue.remove(waiting)
        if queue:
            self.by_asker[waiting.message.asker] = queue

    def discard(self, waiting: Waiting) -> None:
        """Take a message out that gets no turn."""
        queue = self.by_asker[waiting.message.asker]
        queue.remove(waiting)
        if not queue:
            del self.by_asker[waiting.message.asker]

    def first(self, now: float) -> Waiting | None:
        """The one whose turn it is; what waits for its next try holds up nobody behind it."""
        return next((waiting for waiting in self._rounds() if waiting.not_before <= now), None)

    def _rounds(self) -> Iterator[Waiting]:
        """One of each asker, then the second of each, and so on."""
        queues = list(self.by_asker.values())
        for i in range(max(map(len, queues), default=0)):
            yield from (queue[i] for queue in queues if i < len(queue))


class Order:
    """All messages that wait."""

    def __init__(self) -> None:
        self._paid = _Tier()
        self._ranks = {rank: _Tier() for rank in Rank}

    def __iter__(self) -> Iterator[Waiting]:
        for tier in (self._paid, *self._ranks.values()):
            yield from tier

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def add(self, waiting: Waiting) -> Sequence[Waiting]:
        """One more. Returns those that have to go for it: a repeat takes the place of the answer that waits."""
        tier = self._tier_of(waiting)
        if (earlier := _same_question(tier, waiting)) is not None:
            own = tier.by_asker[waiting.message.asker]
            own[own.index(earlier)] = waiting
            return (earlier,)
        tier.add(waiting)
        surplus: list[Waiting] = []
        if not waiting.message.paid:
            own = tier.by_asker[waiting.message.asker]
            if waiting.message.asker and len(own) > MAX_WAITING_OF_ONE:
                surplus.append(own[0])
            elif len(list(tier)) > MAX_FREE_WAITING:
                surplus.append(max(tier.by_asker.values(), key=len)[0])
        for one in surplus:
            tier.discard(one)
        return surplus

    def put_back(self, waiting: Waiting) -> None:
        """It was tried in vain, and is tried again before all that came later."""
        self._tier_of(waiting).put_back(waiting)

    def leave_out(self, now: float, stale: float, stale_for_mods: float) -> list[Waiting]:
        """Take out what nobody wants any more, and free answers that have waited for too long. Returns the latter."""
        late: list[Waiting] = []
        for tier in (self._paid, *self._ranks.values()):
            for waiting in list(tier):
                seconds = stale if waiting.message.rank == Rank.VIEWER else stale_for_mods
                is_late = not waiting.message.paid and waiting.since < now - seconds
                if waiting.withdrawn or is_late:
                    tier.discard(waiting)
                    late.append(waiting)
        return late

    def urgent(self, now: float) -> Waiting | None:
        """The next one that goes before viewers' free answers."""
        tiers = (self._paid, self._ranks[Rank.STREAMER], self._ranks[Rank.MOD])
        return next((found for tier in tiers if (found := tier.first(now)) is not None), None)

    def ordinary(self, now: float) -> Waiting | None:
        """The next free answer to a viewer."""
        return self._ranks[Rank.VIEWER].first(now)

    def retry_at(self, now: float) -> float | None:
        """When the first of those that wait for another try may be tried."""
        return min((waiting.not_before for waiting in self if waiting.not_before > now), default=None)

    def take(self, waiting: Waiting) -> None:
        """It is sent now."""
        self._tier_of(waiting).remove(waiting)

    def viewers_waiting(self) -> int:
        """How many free answers to viewers wait."""
        return sum(1 for _ in self._ranks[Rank.VIEWER])

    def gather(self, first: Waiting, done: "asyncio.Future[str | None]") -> Waiting:
        """Join the first answer with others that wait, one of each viewer in turn, as far as one message holds.

        Returns:
            The joined message, each part beginning with its ``@name``; ``first`` itself where nothing can be joined.
            All of them are out of the order then.
        """
        tier, parts, text = self._ranks[Rank.VIEWER], [first], _named(first)
        self.take(first)
        while text and (following := tier.first(first.since + 1e9)) is not None:
            named = _named(following)
            if not named or len(text) + len(JOIN) + len(named) > LONGEST:
                break
            text += JOIN + named
            self.take(following)
            parts.append(following)
        if len(parts) == 1:
            return first
        joined = Waiting(Outgoing(text), min(part.since for part in parts), done)
        for part in parts:
            part.on_its_way = True  # it cannot be taken back any more
            part.follow(joined)
        return joined

    def _tier_of(self, waiting: Waiting) -> _Tier:
        return self._paid if waiting.message.paid else self._ranks[waiting.message.rank]


def without_reply(message: Outgoing) -> Outgoing:
    """The message as one that stands alone, and names whom it answers."""
    text = f"@{message.asker_name} {message.text}" if message.asker_name else message.text
    return replace(message, text=text, reply_to=None)


def _named(waiting: Waiting) -> str:
    """The answer with the name of its asker in front; empty where it cannot stand beside others."""
    message = waiting.message
    can_join = message.reply_to and message.asker_name and not message.whisper_to and not message.text.startswith("/")
    return without_reply(message).text if can_join and not waiting.tries else ""


def _same_question(tier: _Tier, waiting: Waiting) -> Waiting | None:
    """The answer that waits for the same question of the same asker. Paid ones are never merged."""
    message = waiting.message
    if not message.question or message.paid:
        return None
    own = tier.by_asker.get(message.asker, ())
    return next(
        (w for w in own if w.message.question == message.question and not w.withdrawn and not w.unconfirmed), None
    )
