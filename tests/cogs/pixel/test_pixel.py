"""!pixel: questions to the AI, and its answers."""

from pathlib import Path
from typing import Any

from pixel_bot.errors import EffectFailed
from pixel_bot.testing import stage
from tests.cogs.pixel.sage import Sage, stage_with
from tests.queue.funded import rich


async def test_the_ai_answers_in_chat(tmp_path: Path) -> None:
    sage = Sage("A very small square.")
    async with stage_with(tmp_path, sage) as chat:
        await rich(chat)
        answers = await chat.say("alice", "!pixel what is a pixel?")
        assert answers == ["Let me think. 50 points left.", "AI: A very small square."]
        assert sage.asked == [("alice", "what is a pixel?")]


async def test_the_answer_begins_with_the_word_of_the_setting(tmp_path: Path) -> None:
    async with stage_with(tmp_path, Sage("Hello."), ai_prefix="Robot says:") as chat:
        await rich(chat)
        assert (await chat.say("alice", "!pixel hi"))[-1] == "Robot says: Hello."


async def test_the_answer_is_a_reply_to_its_asker(tmp_path: Path) -> None:
    async with stage_with(tmp_path, Sage("Hello.")) as chat:
        await rich(chat)
        sent: list[Any] = []
        real = chat.bot.outbox.put

        async def put(message: Any) -> str | None:
            sent.append(message)
            return await real(message)

        chat.bot.outbox.put = put  # pyright: ignore[reportAttributeAccessIssue]
        await chat.say("alice", "!pixel hi", message_id="question-1")
        (answer,) = [message for message in sent if message.text == "AI: Hello."]
        assert answer.reply_to == "question-1"


async def test_the_question_passes_the_filter(tmp_path: Path) -> None:
    sage = Sage("Hello.")
    async with stage_with(tmp_path, sage) as chat:
        await rich(chat)
        await chat.say("alice", "!pixel is example.com any good, or is it spam spam spam spam?")
        assert sage.asked == [("alice", "is any good, or is it spam spam")]
        chat.clock.advance(60)
        assert (await chat.say("alice", "!pixel 👋 https://example.com"))[-1].startswith("Ask me something")


async def test_an_ai_that_fails_costs_nothing(tmp_path: Path) -> None:
    async with stage_with(tmp_path, Sage(EffectFailed("The AI is asleep."))) as chat:
        await rich(chat)
        assert (await chat.say("alice", "!pixel hi"))[-1] == "@alice pixel: The AI is asleep. Your 50 points are back."


async def test_an_answer_can_be_spoken_too(tmp_path: Path) -> None:
    async with stage_with(tmp_path, Sage("Hello there."), ai_speak=True) as chat:
        await rich(chat)
        await chat.say("alice", "!pixel hi")
        assert [(m["what"], m["text"]) for m in chat.overlay.played] == [("speak", "Hello there.")]
        assert await chat.points("alice") == 50


async def test_without_an_ai_it_is_off_and_tells_a_mod_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        chat.bot.mode = "live"
        await chat.bot.cogs.reload("pixel")
        await rich(chat)
        assert await chat.say("alice", "!pixel hi") == ["!pixel is off: no AI is set up here."]
        (told,) = await chat.say("mila", "!pixel hi", "moderator")
        assert told == "!pixel needs an AI: set AI_API_KEY or AI_BASE_URL in .env, then start the bot again."
        assert await chat.say("mila", "!pixel hi", "moderator") == ["!pixel is off: no AI is set up here."]
        assert "!pixel" not in (await chat.say("alice", "!redeems"))[0]
        assert await chat.points("alice") == 100


async def test_chat_that_does_not_take_the_answer(tmp_path: Path) -> None:
    async with stage_with(tmp_path, Sage("Hello.")) as chat:
        await rich(chat)
        real = chat.bot.outbox.put

        async def put(message: Any) -> str | None:
            return None if message.text == "AI: Hello." else await real(message)

        chat.bot.outbox.put = put  # pyright: ignore[reportAttributeAccessIssue]
        told = await chat.say("alice", "!pixel hi")
        assert told[-1] == "@alice pixel: Chat did not take the answer. Your 50 points are back."
