"""Outgoing messages keep the platform's limits."""

import asyncio

import pytest

from pixel_bot.bot.delivery import outbox as module
from pixel_bot.bot.delivery.order import MAX_FREE_WAITING
from pixel_bot.bot.delivery.outbox import Outbox
from pixel_bot.model.chat_rules import SendRules
from pixel_bot.model.outgoing import Outgoing, SendFailed


class Wire:
    """Notes what is sent; refuses as often as told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.refuse: list[SendFailed] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, message: Outgoing) -> str:
        await self.gate.wait()
        if self.refuse:
            raise self.refuse.pop(0)
        self.sent.append(message.text)
        return str(len(self.sent))


@pytest.fixture
def wire() -> Wire:
    return Wire()


def put(box: Outbox, text: str, *, paid: bool = False) -> "asyncio.Task[str | None]":
    return asyncio.ensure_future(box.put(Outgoing(text, paid=paid)))


async def test_without_a_limit_all_is_sent_at_once(wire: Wire) -> None:
    box = Outbox(wire, None)
    results = await asyncio.gather(*(box.put(Outgoing(f"m{i}")) for i in range(200)))
    assert len(wire.sent) == 200
    assert None not in results


async def test_no_more_than_the_limit_in_one_window(wire: Wire) -> None:
    box = Outbox(wire, SendRules(3, window=0.2))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(box.put(Outgoing(f"m{i}")) for i in range(7)))
    assert wire.sent == [f"m{i}" for i in range(7)]
    assert loop.time() - began >= 0.4
    await box.stop()


async def test_paid_answers_go_first_and_free_ones_are_dropped(wire: Wire) -> None:
    box = Outbox(wire, SendRules(1, window=0.1))
    await box.put(Outgoing("first"))
    free = [put(box, f"free {i}") for i in range(MAX_FREE_WAITING + 5)]
    paid = [put(box, f"paid {i}", paid=True) for i in range(3)]
    assert None not in await asyncio.gather(*paid)
    assert wire.sent[1:4] == ["paid 0", "paid 1", "paid 2"]
    assert [task.done() and task.result() is None for task in free[:5]] == [True] * 5
    await box.stop()


async def test_stale_free_answers_are_dropped(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALE_SECONDS", 0.05)
    box = Outbox(wire, SendRules(1, window=0.2))
    await box.put(Outgoing("first"))
    assert await put(box, "too late") is None
    assert wire.sent == ["first"]
    await box.stop()


async def test_a_raised_limit_counts_at_once(wire: Wire) -> None:
    box = Outbox(wire, SendRules(1, window=60))
    await box.put(Outgoing("first"))
    second = put(box, "second")
    await asyncio.sleep(0)
    box.rules = SendRules(100)
    assert await asyncio.wait_for(second, 1) == "2"
    await box.stop()


async def test_a_paid_answer_is_tried_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    wire.refuse = [SendFailed("429", retry=True)] * 3
    box = Outbox(wire, SendRules(20))
    assert await box.put(Outgoing("paid", paid=True)) == "1"
    wire.refuse = [SendFailed("429", retry=True)]
    assert await box.put(Outgoing("free")) is None
    wire.refuse = [SendFailed("banned word", retry=False)]
    assert await box.put(Outgoing("refused", paid=True)) is None
    await box.stop()


async def test_an_equal_message_is_made_different(wire: Wire) -> None:
    box = Outbox(wire, SendRules(20))
    await box.put(Outgoing("same"))
    await box.put(Outgoing("same"))
    assert wire.sent[0] == "same"
    assert wire.sent[1] != "same"
    assert wire.sent[1].startswith("same")
    await box.stop()


async def test_long_messages_are_cut_at_a_word(wire: Wire) -> None:
    box = Outbox(wire, None)
    await box.put(Outgoing("word " * 300))
    assert len(wire.sent[0]) <= 500
    assert wire.sent[0].endswith("word…")


async def test_nothing_to_say_is_not_sent(wire: Wire) -> None:
    assert await Outbox(wire, None).put(Outgoing(" \n ")) is None
    assert wire.sent == []


async def test_drained_waits_for_what_is_on_its_way(wire: Wire) -> None:
    box = Outbox(wire, SendRules(20))
    wire.gate.clear()
    sending = put(box, "slow")
    await asyncio.sleep(0)
    await box.drained(0.01)
    assert wire.sent == []
    wire.gate.set()
    await box.drained(5)
    assert await sending == "1"
    await box.stop()


async def test_stop_lets_nobody_wait_for_ever(wire: Wire) -> None:
    box = Outbox(wire, SendRules(1, window=60))
    await box.put(Outgoing("first"))
    waiting = put(box, "never")
    await asyncio.sleep(0)
    await box.stop()
    assert await asyncio.wait_for(waiting, 1) is None


async def test_who_gives_up_in_time_takes_it_back() -> None:
    """A message that still waits for its slot is never sent once nobody waits for it."""
    wire = Wire()
    outbox = Outbox(wire, SendRules(1, window=0.3))
    await outbox.put(Outgoing("first", paid=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await outbox.put(Outgoing("second", paid=True))
    assert await outbox.put(Outgoing("third", paid=True)) is not None
    assert wire.sent == ["first", "third"]
    await outbox.stop()


@pytest.mark.parametrize("rules", [None, SendRules(5)])
async def test_what_is_on_its_way_counts(rules: SendRules | None) -> None:
    """Who gives up while the message is being sent hears what became of it: it cannot be called back."""
    started, go = asyncio.Event(), asyncio.Event()

    async def send(message: Outgoing) -> str:
        started.set()
        await go.wait()
        return "sent-1"

    outbox = Outbox(send, rules)
    putting = asyncio.create_task(outbox.put(Outgoing("an answer", paid=True)))
    await started.wait()
    putting.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await putting == "sent-1"
    await outbox.stop()


async def test_what_failed_meanwhile_is_called_off() -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def send(message: Outgoing) -> str:
        started.set()
        await go.wait()
        raise SendFailed("no", retry=False)

    outbox = Outbox(send, SendRules(5))
    putting = asyncio.create_task(outbox.put(Outgoing("an answer", paid=True)))
    await started.wait()
    putting.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await outbox.stop()


@pytest.mark.parametrize("rules", [None, SendRules()])
async def test_who_waits_is_told_when_sending_is_cut_off(rules: SendRules | None) -> None:
    begun = asyncio.Event()

    async def never(_: Outgoing) -> str:
        begun.set()
        return await asyncio.get_running_loop().create_future()

    outbox = Outbox(never, rules)
    putting = asyncio.create_task(outbox.put(Outgoing("hello", paid=True)))
    await begun.wait()
    await outbox.stop()
    async with asyncio.timeout(5):
        assert await putting is None
