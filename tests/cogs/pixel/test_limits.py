"""What is learnt about an AI server, the daily limit, and secrets."""

import asyncio
import io
import logging
import subprocess
import sys

import pytest

from pixel_bot.errors import EffectFailed
from pixel_bot.logs import SafeFormatter
from tests.cogs.pixel.ai_double import AiDouble, Turn
from tests.cogs.pixel.asking import CANARY, HASTY, QUICK, asking, brief, refusal


def refused(name: str) -> Turn:
    """What a server says that does not know this name of the token limit."""
    return Turn(status=400, error={"message": f"Unsupported parameter: '{name}'.", "param": name})


async def test_the_other_name_of_the_token_limit_is_tried_once_and_kept(double: AiDouble) -> None:
    double.will(refused("max_tokens"), Turn())
    async with asking(double.url) as ai:
        await ai.answer("alice", "one")
        await ai.answer("alice", "two")
    limits = [{"max_tokens", "max_completion_tokens"} & set(heard.body) for heard in double.heard]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}, {"max_completion_tokens"}]


async def test_a_server_that_knows_neither_name_is_left_alone(double: AiDouble) -> None:
    double.will(refused("max_tokens"), refused("max_completion_tokens"))
    async with asking(double.url) as ai:
        assert "not set up right" in await refusal(ai)
    assert len(double.heard) == 2


async def test_a_model_that_thinks_gets_more_room(double: AiDouble) -> None:
    double.will(Turn(text="<think>so many thoughts", finish="length"), Turn(text="Done."))
    async with asking(double.url) as ai:
        assert await ai.answer("alice", "one") == "Done."
        await ai.answer("alice", "two")
    first, second, third = (heard.body["max_tokens"] for heard in double.heard)
    assert first < second == third


# The daily limit


async def test_every_request_is_counted(double: AiDouble) -> None:
    calls: list[int] = []

    async def count_call() -> None:
        calls.append(len(double.heard))

    double.will(Turn(status=500), refused("max_tokens"), Turn())
    async with asking(double.url, count_call=count_call) as ai:
        await ai.answer("alice", "why?")
    assert calls == [0, 1, 2]


@pytest.mark.parametrize("allowed", [0, 1])
async def test_no_request_beyond_the_daily_limit(double: AiDouble, allowed: int) -> None:
    left = allowed

    async def count_call() -> None:
        nonlocal left
        if not left:
            raise EffectFailed("The AI rests until tomorrow.")
        left -= 1

    double.will(Turn(status=500))
    async with asking(double.url, count_call=count_call) as ai:
        with pytest.raises(EffectFailed, match="rests until tomorrow"):
            await ai.answer("alice", "why?")
    assert len(double.heard) == allowed


# Secrets


@pytest.mark.parametrize(
    "turn",
    [
        *(
            Turn(status=status, error={"message": f"bad key {CANARY}, {CANARY}!"})
            for status in (400, 401, 403, 404, 408, 422, 429, 500)
        ),
        Turn(hangs=True),
        Turn(raw=f"<html>{CANARY}", raw_type="text/html"),
        Turn(raw=f"{{{CANARY}"),
        Turn(text=""),
    ],
    ids=brief,
)
async def test_the_key_is_nowhere(double: AiDouble, caplog: pytest.LogCaptureFixture, turn: Turn) -> None:
    double.will(turn)
    with caplog.at_level(logging.DEBUG):
        async with asking(double.url, patience=HASTY if turn.hangs else QUICK) as ai:
            sentence = await refusal(ai)
    assert caplog.records
    assert CANARY not in caplog.text
    assert not any(
        CANARY in repr(record.__dict__) for record in caplog.records if record.name.startswith(("pixel_bot", "cogs"))
    )
    assert CANARY not in sentence


async def test_a_password_in_the_address_is_not_logged(double: AiDouble) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter("%(message)s"))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with asking(double.url.replace("://", "://me:canary-pass-77@")) as ai:
            await ai.answer("alice", "hi")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "/v1/chat/completions" in stream.getvalue()
    assert "canary-pass-77" not in stream.getvalue()


# Side by side, and at leisure


async def test_questions_are_answered_side_by_side(double: AiDouble) -> None:
    double.will(Turn(hangs=True), Turn(text="Me first."))
    async with asking(double.url) as ai:
        slow = asyncio.create_task(ai.answer("alice", "slow"))
        while not double.heard:
            await asyncio.sleep(0.005)
        assert await ai.answer("bob", "quick") == "Me first."
        assert not slow.done()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow


def test_nothing_heavy_is_imported_before_the_first_question() -> None:
    code = (
        "import sys\n"
        "from cogs.pixel.ai import ai_for\n"
        "from cogs.pixel.settings import Settings\n"
        "ai_for(Settings(AI_API_KEY='x'), str, '!', sandbox=False)\n"
        "sys.exit('openai' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
