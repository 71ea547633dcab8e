"""A fair order: no flood starves anybody, repeats are merged while answers wait, and too many are joined."""

import asyncio
import random

import pytest

from pixel_bot.bot.delivery.order import MAX_WAITING_OF_ONE
from pixel_bot.model.chat_rules import ChatModes, Standing
from pixel_bot.model.outgoing import Outgoing, Rank
from tests.bot.delivery.simulated_chat import SimulatedChat
from tests.bot.delivery.virtual_time import run_virtually

SECONDS = 55


@pytest.mark.parametrize("standing", ["viewer", "vip", "moderator"])
def test_the_streamer_is_answered_within_three_seconds_while_five_viewers_flood(standing: Standing) -> None:
    """One hundred commands a second, of twenty different ones."""

    async def play() -> SimulatedChat:
        chat, random_ = SimulatedChat(standing), random.Random(5)

        async def flood() -> None:
            for i in range(100 * SECONDS):
                chat.ask(f"viewer{i % 5}", f"!command{random_.randrange(20)}")
                await asyncio.sleep(0.01)

        flooding = asyncio.create_task(flood())
        await asyncio.sleep(3)
        for _ in range(20):
            chat.ask("streamer", "!points", rank=Rank.STREAMER)
            await asyncio.sleep(2.5)
        await flooding
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert [wait is not None and wait <= 3 for wait in chat.waits("streamer")] == [True] * 20
    shares = [sum(wait is not None for wait in chat.waits(f"viewer{i}")) for i in range(5)]
    assert min(shares) >= 3
    assert chat.dropped == []


def test_who_types_25_times_in_30_seconds_leaves_room_for_the_others() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()

        async def flood() -> None:
            for _ in range(25):
                chat.ask("flooder", "!top")
                await asyncio.sleep(1.2)

        async def others() -> None:
            for i in range(13):
                await asyncio.sleep(2.2)
                chat.ask("streamer", "!points", rank=Rank.STREAMER)
                chat.ask(f"other{i % 3}", "!points")

        await asyncio.gather(flood(), others())
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert all(wait is not None and wait < 3 for wait in chat.waits("streamer"))
    for who in ("other0", "other1", "other2", "flooder"):
        waits = chat.waits(who)
        assert waits[-1] is not None, "the last one of repeats is answered"
        assert len([wait for wait in waits if wait is not None]) >= 2
        assert all(wait < 20 for wait in waits if wait is not None)
    assert len([text for text in chat.texts() if "flooder" in text]) >= 4


def test_a_repeat_is_merged_while_its_answer_waits_and_only_then() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for i in range(2):
            chat.ask("alice", "!points", f"You have {i} points.")
            await asyncio.sleep(5)
        chat.ask("bob", "!points", "You have 7 points.")
        await asyncio.sleep(0.01)
        for i in range(2, 5):
            chat.ask("alice", "!points", f"You have {i} points.")
            chat.ask("carol", f"!give bob {i}", f"Gave {i} points.")
        await chat.settled()
        return chat

    chat = run_virtually(play())
    first, second, bob, *rest = chat.texts()
    assert (first, second, bob) == ("You have 0 points.", "You have 1 points.", "You have 7 points.")
    assert sorted(rest) == ["Gave 2 points.", "Gave 3 points.", "Gave 4 points.", "You have 4 points."]
    assert [wait is not None for wait in chat.waits("alice")] == [True, True, False, False, True]


def test_a_flood_does_not_pile_up() -> None:
    """Each command that waits holds back the reader of chat, so that no more wait than can be answered."""

    async def play() -> int:
        chat, most = SimulatedChat(), 0
        for i in range(2_000):
            chat.ask(f"viewer{i % 5}", f"!command{i % 7}")
            await asyncio.sleep(0.01)
            most = max(most, chat.under_way)
        await chat.settled()
        return most

    assert run_virtually(play()) < 30


def test_paid_answers_are_never_merged() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for i in range(3):
            chat.put(Outgoing(f"answer {i}", paid=True, asker="alice", question="1 !sound"))
        await chat.settled()
        return chat

    assert run_virtually(play()).texts() == ["answer 0", "answer 1", "answer 2"]


def test_one_viewer_holds_only_so_many_places() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.ask("first", "!points")
        await asyncio.sleep(0.01)
        for i in range(20):
            chat.ask("flooder", f"!command{i}", f"answer {i}")
        chat.ask("alice", "!points")
        await chat.settled()
        return chat

    texts = run_virtually(play()).texts()
    assert len(texts) == 2 + MAX_WAITING_OF_ONE
    assert texts[2] == "alice has 0 points.", "each asker in turn"
    assert texts[1] == "answer 17"


def test_where_too_many_wait_answers_are_joined_and_each_is_named() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for i in range(60):
            chat.ask(f"viewer{i}", "!points", f"You have {i} points.")
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert all(wait is not None and wait < 10 for i in range(60) for wait in chat.waits(f"viewer{i}"))
    parts = [part for text in chat.texts() for part in text.split(" · ")]
    joined = [part for part in parts if part.startswith("@")]
    assert joined == [f"@viewer{i} You have {i} points." for i in range(60)][-len(joined) :]
    assert len(joined) >= 50
    assert all(len(text) <= 500 for _, text, _ in chat.said)


def test_a_free_answer_that_waited_too_long_is_dropped() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for i in range(40):
            chat.put(Outgoing(f"paid {i}", paid=True))
        chat.ask("alice", "!points")
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert chat.waits("alice") == [None]
    assert chat.texts() == [f"paid {i}" for i in range(40)]


def test_mods_in_slow_mode_are_answered_and_a_lone_viewer_too() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat(slow_seconds=30, knows=ChatModes(slow_seconds=30))
        chat.ask("alice", "!points")
        await asyncio.sleep(5)
        chat.ask("bob", "!points")
        chat.ask("mod", "!points", rank=Rank.MOD)
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert [text.split()[0] for text in chat.texts()] == ["alice", "mod", "bob"]
    assert chat.dropped == []
