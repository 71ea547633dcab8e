"""The AI without a server."""

import socket
from pathlib import Path

import pytest

from cogs.pixel.ai import ai_for
from cogs.pixel.offline import MARK
from cogs.pixel.text import sayable
from tests.cogs.pixel.ai_double import AiDouble
from tests.cogs.pixel.asking import ai_settings, as_it_is


def test_without_settings_there_is_an_ai_only_in_the_sandbox(tmp_path: Path) -> None:
    assert ai_for(ai_settings(), as_it_is, "!", sandbox=False) is None
    assert ai_for(ai_settings(), as_it_is, "!", sandbox=True) is not None


async def test_with_settings_the_sandbox_asks_the_server(double: AiDouble) -> None:
    ai = ai_for(ai_settings(ai_base_url=double.url), as_it_is, "!", sandbox=True)
    assert ai is not None
    assert await ai.answer("alice", "hi") == "Hello from the double."
    await ai.close()


_OPENINGS = ("hello", "who are you", "how many", "how", "why", "is it", "what")


async def test_the_offline_persona_is_marked_steady_and_varied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the offline persona reached for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    ai = ai_for(ai_settings(), as_it_is, "!", sandbox=True)
    assert ai is not None
    questions = [f"{word} number {i}?" for word in _OPENINGS for i in range(20)]
    answers = [await ai.answer("alice", question) for question in questions]
    assert answers == [await ai.answer("bob", question.upper()) for question in questions]
    assert all(answer.endswith(MARK) and sayable(answer, as_it_is, "!") == answer for answer in answers)
    assert len(set(answers)) > 15
    assert await ai.answer("alice", "\ud800") != ""
