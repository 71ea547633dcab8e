"""The AI without a server."""

import socket
from pathlib import Path

import pytest

from pixel_bot.backends.ai import ai_for
from pixel_bot.backends.ai_offline import MARK
from pixel_bot.backends.ai_text import sayable
from pixel_bot.testing import settings_in
from tests.backends.ai.ai_double import AiDouble
from tests.backends.ai.asking import as_it_is


def test_without_settings_there_is_an_ai_only_in_the_sandbox(tmp_path: Path) -> None:
    assert ai_for(settings_in(tmp_path), as_it_is, sandbox=False) is None
    assert ai_for(settings_in(tmp_path), as_it_is, sandbox=True) is not None


async def test_with_settings_the_sandbox_asks_the_server(double: AiDouble) -> None:
    ai = ai_for(settings_in(Path(), ai_base_url=double.url), as_it_is, sandbox=True)
    assert ai is not None
    assert await ai.answer("alice", "hi") == "Hello from the double."
    await ai.close()


_OPENINGS = ("hello", "who are you", "how many", "how", "why", "is it", "what")


async def test_the_offline_persona_is_marked_steady_and_varied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the offline persona reached for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    ai = ai_for(settings_in(tmp_path), as_it_is, sandbox=True)
    assert ai is not None
    questions = [f"{word} number {i}?" for word in _OPENINGS for i in range(20)]
    answers = [await ai.answer("alice", question) for question in questions]
    assert answers == [await ai.answer("bob", question.upper()) for question in questions]
    assert all(answer.endswith(MARK) and sayable(answer, as_it_is, "!") == answer for answer in answers)
    assert len(set(answers)) > 15
    assert await ai.answer("alice", "\ud800") != ""
