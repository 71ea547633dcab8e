"""What a bot that is no mod says, arrives: one message a second, slow mode, equal messages, refusals."""

import asyncio

import pytest

from pixel_bot.model.chat_rules import ChatModes, SendRules, twitch_rules
from pixel_bot.model.outgoing import Outgoing, Rank
from tests.bot.delivery.simulated_chat import SimulatedChat
from tests.bot.delivery.virtual_time import run_virtually


def test_the_rules_follow_from_the_standing_and_the_modes() -> None:
    slow = ChatModes(slow_seconds=30, subscribers_only=True)
    assert twitch_rules("moderator", slow) == SendRules(100)
    assert twitch_rules("vip", slow) == SendRules(20)
    assert twitch_rules("viewer", ChatModes()) == SendRules(20, gap=1.1)
    assert twitch_rules("viewer", slow) == SendRules(20, gap=30.1)
    assert slow.closed_to == "subscriber-only"


def test_five_who_ask_at_once_are_answered_one_after_another() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for who in "abcde":
            chat.ask(who, "!points")
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert chat.texts() == [f"{who} has 0 points." for who in "abcde"]
    assert all(1.1 <= gap < 1.3 for gap in chat.gaps())
    assert chat.dropped == []


def test_six_newcomers_hear_the_same_words() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        for who in "abcdef":
            chat.ask(who, "!points", "You have 0 points.")
            await asyncio.sleep(2)
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert chat.texts() == ["You have 0 points."] * 6
    assert [wait is not None for who in "abcdef" for wait in chat.waits(who)] == [True] * 6
    assert chat.dropped == []


def test_words_that_equal_what_was_dropped_need_no_mark() -> None:
    """It is compared with the last message that chat took, and not with one that it refused."""

    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.settings.held_words = {"rude"}
        for text in ("hello", "rude", "hello"):
            await chat.put(Outgoing(text))
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert len({text for _, text, _ in chat.said}) == len(chat.said) == 2
    assert chat.dropped == ["automod_held"]


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize(("slow", "code"), [(0, "msg_ratelimit"), (5, "msg_slowmode")])
def test_what_was_refused_as_too_soon_is_said_later(paid: bool, slow: int, code: str) -> None:
    """The bot takes itself for a mod, and is none."""

    async def play() -> SimulatedChat:
        chat = SimulatedChat(slow_seconds=slow)
        chat.outbox.rules = SendRules(100)
        answers = [chat.put(Outgoing(f"answer {i}", paid=paid)) for i in range(2)]
        await chat.settled()
        assert None not in [answer.result() for answer in answers]
        return chat

    chat = run_virtually(play())
    assert chat.texts() == ["answer 0", "answer 1"]
    assert set(chat.dropped) <= {code, "msg_ratelimit"}
    assert chat.dropped


def test_a_duplicate_of_what_somebody_else_said_as_the_bot_is_said_with_a_mark() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.settings.drop_code("1", "viewer", "hello")  # typed by hand, from the bot's account
        await asyncio.sleep(2)
        assert await chat.put(Outgoing("hello", paid=True)) is not None
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert chat.dropped == ["msg_duplicate"]
    assert chat.texts() == ["hello"]


def test_slow_mode_of_which_the_bot_does_not_know_is_found_out() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat(slow_seconds=60, knows=ChatModes())
        for i in range(4):
            chat.put(Outgoing(f"refund {i}", paid=True))
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert chat.texts() == [f"refund {i}" for i in range(4)]
    assert chat.said[-1][0] - chat.said[0][0] < 4 * 90


def test_a_chat_that_never_takes_anything_is_given_up() -> None:
    async def play() -> tuple[str | None, float]:
        chat = SimulatedChat()
        chat.settings.slow_seconds = 10**9
        await chat.put(Outgoing("taken", paid=True))
        before = chat.loop.time()
        sent = await chat.put(Outgoing("never", paid=True))
        await chat.settled()
        return sent, chat.loop.time() - before

    sent, seconds = run_virtually(play())
    assert sent is None
    assert 590 < seconds < 700


def test_the_interim_word_never_takes_the_answers_turn() -> None:
    def interim(number: int) -> Outgoing:
        return Outgoing(f"Let me think. {number}", paid=True, interim=True)

    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        assert await chat.put(interim(1)) is not None, "in a quiet chat it is said"
        assert await chat.put(interim(2)) is None, "the next turn belongs to an answer"
        await asyncio.sleep(2)
        chat.ask("alice", "!points")
        await asyncio.sleep(0)
        assert await chat.put(interim(3)) is None, "somebody waits"
        await asyncio.sleep(40)
        chat.outbox.rules = twitch_rules("viewer", ChatModes(slow_seconds=20))
        assert await chat.put(interim(4)) is None, "in slow mode the answer would wait for it"
        chat.outbox.rules = twitch_rules("vip", ChatModes())
        for i in range(10):
            await chat.put(Outgoing(f"paid {i}", paid=True))
        await asyncio.sleep(2)
        assert await chat.put(interim(5)) is None, "the limit is near"
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert [text for text in chat.texts() if "think" in text] == ["Let me think. 1"]


def test_a_refused_interim_word_is_not_repeated() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.settings.drop_code("1", "viewer", "typed by hand")
        assert await chat.put(Outgoing("Let me think.", paid=True, interim=True)) is None
        await chat.settled()
        return chat

    assert run_virtually(play()).dropped == ["msg_ratelimit"]


def test_what_automod_holds_is_said_no_second_time_and_explained_once(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.settings.held_words = {"rude"}
        for text in ("rude one", "rude two"):
            assert await chat.put(Outgoing(text, paid=True)) is None
        await chat.settled()
        return chat

    assert run_virtually(play()).dropped == ["automod_held"] * 2
    assert [r.levelname for r in caplog.records if "AutoMod holds messages of the bot back" in r.message] == ["WARNING"]


def test_streamer_and_mods_go_before_viewers_and_after_what_was_paid_for() -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat()
        chat.ask("first", "!points")
        await asyncio.sleep(0.01)
        chat.ask("viewer", "!points")
        chat.ask("mod", "!points", rank=Rank.MOD)
        chat.ask("streamer", "!points", rank=Rank.STREAMER)
        chat.put(Outgoing("refund", paid=True))
        await chat.settled()
        return chat

    who = [text.split()[0] for text in run_virtually(play()).texts()]
    assert who == ["first", "refund", "streamer", "mod", "viewer"]
