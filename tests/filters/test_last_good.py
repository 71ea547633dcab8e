"""A file that people edit while the bot runs: when it is read, what stays in force, and who is told."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pixel_bot.model.last_good import LastGoodFile, Unreadable, text_of
from pixel_bot.run.live_app import live
from pixel_bot.run.runner import _file_facts
from pixel_bot.services import Services
from pixel_bot.testing import settings_in
from pixel_bot.web.access.sessions import Purpose
from tests.web.access.stranger import CREDENTIALS, ask, sign_in

BROKEN = b"\xff\xfef"
FILES = ("blocked_words.txt", "level_rewards.json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.txt"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def file(path: Path, told: list[str]) -> LastGoodFile[str]:
    made = LastGoodFile(path, lambda raw: text_of(raw, path.name), "nothing", "Nothing is.", "The last is.")
    made.on_problem = told.append
    return made


def test_a_file_that_was_never_good_is_named_and_not_told(
    path: Path, file: LastGoodFile[str], told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(BROKEN)
    problem = "file.txt cannot be read: it is no whole UTF-16 text. Nothing is."
    assert (file.problem, file.now_or_without(), told) == (problem, "nothing", [])
    with pytest.raises(Unreadable):
        file.now()
    assert [record.getMessage() for record in caplog.records] == [problem]


def test_a_file_that_comes_broken_while_the_bot_runs_is_told(
    path: Path, file: LastGoodFile[str], told: list[str]
) -> None:
    assert file.problem == ""
    path.write_bytes(BROKEN)
    assert file.now_or_without() == "nothing"
    assert told == [file.problem]


def test_another_fault_of_a_broken_file_is_logged_and_not_told_again(
    path: Path, file: LastGoodFile[str], told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text("good", encoding="utf-8")
    assert file.now() == "good"
    for content in (BROKEN, b"\x00\x00", BROKEN + b"oo"):
        path.write_bytes(content)
        assert file.now() == "good"
    assert told == ["file.txt cannot be read: it is no whole UTF-16 text. The last is."]
    logged = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert logged == [told[0], "file.txt cannot be read: it is no text file. The last is.", told[0]]
    path.write_text("new", encoding="utf-8")
    assert (file.now(), file.problem) == ("new", "")
    path.write_bytes(BROKEN)
    assert file.now() == "new"
    assert len(told) == 2


def test_a_file_that_another_program_holds_is_read_as_soon_as_it_lets_go(
    path: Path, file: LastGoodFile[str], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("good", encoding="utf-8")
    assert file.now() == "good"
    path.write_text("better", encoding="utf-8")
    opened: Callable[..., Any] = Path.open

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert [file.now(), file.now()] == ["good", "good"]
    assert told == ["file.txt cannot be read: Permission denied. The last is."]
    monkeypatch.setattr(Path, "open", opened)  # the file has not changed meanwhile
    assert (file.now(), file.problem) == ("better", "")


def test_a_file_that_is_gone_leaves_what_there_is_without(path: Path, file: LastGoodFile[str]) -> None:
    path.write_text("good", encoding="utf-8")
    assert file.now() == "good"
    path.unlink()
    assert (file.now(), file.problem) == ("nothing", "")


async def test_the_start_names_each_broken_file(services: Services) -> None:
    assert _file_facts(services) == []
    settings = services.settings
    for path in (settings.tts_words_file, settings.level_rewards_file):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BROKEN)
    facts = _file_facts(services)
    assert [(key, words.split()[0]) for key, words in facts] == [("File", name) for name in FILES]


async def test_the_set_up_page_names_each_broken_file(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, **CREDENTIALS)
    async with live(settings) as app, aiohttp.ClientSession() as web:
        cookie = await sign_in(app.access, await app.access.link(Purpose.START))
        assert "Your files" not in (await ask(web, app.access, "/setup", headers=cookie)).text
        for path in (settings.tts_words_file, settings.level_rewards_file):
            path.write_bytes(BROKEN)
        page = (await ask(web, app.access, "/setup", headers=cookie)).text
    assert "Your files" in page
    for name in FILES:
        assert f"{name} cannot be read: it is no whole UTF-16 text." in page
