"""AI servers that fail, once or for good."""

import asyncio
import logging
import socket
from dataclasses import replace

import pytest

from tests.cogs.pixel.ai_double import AiDouble, Turn
from tests.cogs.pixel.asking import CANARY, HASTY, QUICK, asking, brief, refusal


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name.startswith("cogs.pixel") and r.levelno >= logging.WARNING]


# A server that fails once


@pytest.mark.parametrize(
    "failure",
    [
        Turn(status=408),
        Turn(status=409),
        Turn(status=429, headers={"retry-after": "0.01"}),
        Turn(status=429, headers={"retry-after": "3600"}),
        Turn(status=429, headers={"retry-after": "nonsense"}),
        Turn(status=500),
        Turn(status=503),
        Turn(text=""),
        Turn(text=None),
        Turn(text=" \n\u200b "),
        Turn(raw="{}"),
        Turn(raw='{"choices": []}'),
        Turn(raw='{"choices": [{}]}'),
        Turn(raw="{broken"),
        Turn(raw="<html>hello</html>", raw_type="text/html"),
    ],
    ids=brief,
)
async def test_one_failure_is_made_good(double: AiDouble, failure: Turn) -> None:
    double.will(failure, Turn(text="At last."))
    async with asking(double.url) as ai:
        assert await ai.answer("alice", "why?") == "At last."
    assert len(double.heard) == 2


async def test_a_time_out_is_made_good(double: AiDouble) -> None:
    async with asking(double.url, patience=replace(QUICK, request=1.0)) as ai:
        await ai.answer("alice", "so that the first connection is not what takes long")
        double.will(Turn(hangs=True), Turn(text="At last."))
        assert await ai.answer("alice", "why?") == "At last."
    assert len(double.heard) == 3


async def test_the_server_says_how_long_to_wait(double: AiDouble) -> None:
    double.will(Turn(status=429, headers={"retry-after": "0.2"}), Turn())
    loop = asyncio.get_running_loop()
    async with asking(double.url, patience=replace(QUICK, pause=0.0, longest_pause=2.0)) as ai:
        began = loop.time()
        await ai.answer("alice", "why?")
    assert loop.time() - began >= 0.2


# A server that fails for good


async def test_two_time_outs(double: AiDouble, caplog: pytest.LogCaptureFixture) -> None:
    double.will(Turn(hangs=True))
    async with asking(double.url, patience=HASTY) as ai:
        assert await refusal(ai) == "The AI took too long to answer."
    assert warnings_of(caplog) == ["!pixel got no answer. The AI server did not answer within 0.15 s."]


async def test_the_whole_answer_has_an_end(double: AiDouble, caplog: pytest.LogCaptureFixture) -> None:
    double.will(Turn(hangs=True))
    async with asking(double.url, patience=replace(QUICK, answer=0.2)) as ai:
        assert await refusal(ai) == "The AI took too long to answer."
    assert warnings_of(caplog) == ["!pixel got no answer. The AI had no answer within 0.2 s."]


@pytest.mark.parametrize(
    ("turn", "sentence"),
    [
        (Turn(status=429), "The AI has too much to do right now. Please try again in a minute."),
        (Turn(status=500), "The AI cannot be reached right now."),
        (Turn(raw="<html>", raw_type="text/html"), "The AI cannot be reached right now."),
        (Turn(text=""), "The AI found nothing to say that fits this chat."),
    ],
)
async def test_two_failures_are_the_end(
    double: AiDouble, caplog: pytest.LogCaptureFixture, turn: Turn, sentence: str
) -> None:
    double.will(turn)
    async with asking(double.url) as ai:
        assert await refusal(ai) == sentence
    assert len(double.heard) == 2
    assert len(warnings_of(caplog)) == 1


@pytest.mark.parametrize(
    ("turn", "settings"),
    [
        (Turn(status=400, error={"message": "no such model: tiny-1"}), {"AI_MODEL", "no such model"}),
        (Turn(status=401), {"AI_API_KEY"}),
        (Turn(status=402), {"credit"}),
        (Turn(status=403), {"AI_API_KEY", "AI_MODEL"}),
        (Turn(status=404), {"AI_BASE_URL", "AI_MODEL", "/v1"}),
        (Turn(status=429, error={"message": "pay first", "code": "insufficient_quota"}), {"credit"}),
    ],
)
async def test_wrong_settings_are_told_to_the_streamer(
    double: AiDouble, caplog: pytest.LogCaptureFixture, turn: Turn, settings: set[str]
) -> None:
    double.will(turn)
    async with asking(double.url) as ai:
        assert await refusal(ai) == "The AI is not set up right. The streamer finds the reason in the bot's log."
    assert len(double.heard) == 1
    (line,) = warnings_of(caplog)
    assert [word for word in settings if word not in line] == []


async def test_an_address_without_v1_is_told(double: AiDouble, caplog: pytest.LogCaptureFixture) -> None:
    async with asking(double.url.removesuffix("/v1") + "/api") as ai:
        await refusal(ai)
    (line,) = warnings_of(caplog)
    assert "AI_BASE_URL (most end with /v1)" in line


async def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        async with asking(f"http://127.0.0.1:{closed.getsockname()[1]}/v1") as ai:
            assert await refusal(ai) == "The AI cannot be reached right now."
    assert warnings_of(caplog) == [
        "!pixel got no answer. The AI server cannot be reached. Is it running? Check AI_BASE_URL."
    ]


@pytest.mark.parametrize(
    "url", ["localhost:11434/v1", "ftp://localhost/v1", "http://", "http://[::1/v1", "http://h:x/"]
)
async def test_an_address_that_is_none(caplog: pytest.LogCaptureFixture, url: str) -> None:
    async with asking(url) as ai:
        await refusal(ai)
    (line,) = warnings_of(caplog)
    assert "AI_BASE_URL is no web address" in line


@pytest.mark.parametrize("key", [f"{CANARY}\nx", f"{CANARY} x", f"{CANARY}…"])
async def test_a_key_that_is_none(double: AiDouble, caplog: pytest.LogCaptureFixture, key: str) -> None:
    async with asking(double.url, ai_api_key=key) as ai:
        await refusal(ai)
    (line,) = warnings_of(caplog)
    assert "AI_API_KEY" in line
    assert CANARY not in caplog.text
    assert double.heard == []
