"""Log lines hold no secret, and nothing from chat that could harm whoever reads them."""

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_bot.logs import hide, redact, set_up_logging
from pixel_bot.testing import Stage, live, stage

pytestmark = pytest.mark.sqlite

log = logging.getLogger("pixel_bot.tests")


@pytest.fixture
def written() -> Callable[[], str]:
    """Logging goes to a text; calling the fixture tells what was written so far."""
    stream = io.StringIO()
    set_up_logging("INFO", stream)
    return stream.getvalue


def test_a_registered_secret_is_hidden(written: Callable[[], str]) -> None:
    hide("hunter2hunter2")
    log.info("signing in with %s now", "hunter2hunter2")
    assert "signing in with [hidden] now" in written()
    assert "hunter2" not in written()


def test_a_registered_secret_is_hidden_in_the_middle_of_a_word() -> None:
    hide("hunter2hunter2")
    assert redact("x-hunter2hunter2-y") == "x-[hidden]-y"


@pytest.mark.parametrize(
    "line",
    [
        "POST https://id.twitch.tv/oauth2/token?client_id=abc&client_secret=s3cr3tvalue&grant_type=x",
        "client_secret: s3cr3tvalue",
        "{'client_secret': 's3cr3tvalue'}",
        '{"access_token": "s3cr3tvalue"}',
        '{"refresh_token":"s3cr3tvalue"}',
        "CLIENT_SECRET=s3cr3tvalue",
        "TWITCH_CLIENT_SECRET=s3cr3tvalue",
        "Authorization: Bearer s3cr3tvalue",
        "authorization: bearer s3cr3tvalue",
        "Authorization: OAuth s3cr3tvalue",
        "password=s3cr3tvalue",
        "/overlay?key=s3cr3tvalue",
        "/oauth/callback?code=s3cr3tvalue&state=1",
    ],
)
def test_what_looks_like_a_credential_is_hidden(written: Callable[[], str], line: str) -> None:
    log.warning("%s", line)
    assert "s3cr3tvalue" not in written()
    assert "[hidden]" in written()


@pytest.mark.parametrize(
    "line",
    ["tokens: many of them", "Cogs: admin, points", "keyboard = mechanical"],
)
def test_ordinary_words_stay(line: str) -> None:
    assert redact(line) == line


def test_a_long_secret_is_hidden_whole() -> None:
    assert redact("client_secret=" + "a.b-c_d~e/f+g=" * 20) == "client_secret=[hidden]"


def test_a_traceback_holds_no_secret(written: Callable[[], str]) -> None:
    hide("hunter2hunter2")
    try:
        try:
            raise ValueError("refused: client_secret=s3cr3tvalue")
        except ValueError as exc:
            raise RuntimeError("no sign-in with hunter2hunter2") from exc
    except RuntimeError:
        log.exception("It failed.")
    assert "Traceback" in written()
    assert "RuntimeError" in written()
    assert "hunter2" not in written()
    assert "s3cr3t" not in written()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("two\nlines", "two\\nlines"),
        ("two\r\nlines", "two\\r\\nlines"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("bell\x07", "bell\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("line\u2028break", "line\\u2028break"),
        ("nul\x00", "nul\\x00"),
    ],
)
def test_what_chat_says_is_one_harmless_line(written: Callable[[], str], hostile: str, shown: str) -> None:
    log.info("heard: %s", hostile)
    (line,) = written().splitlines()
    assert line.endswith(f"heard: {shown}")


def test_a_forged_line_cannot_be_told_from_chat(written: Callable[[], str]) -> None:
    log.info("heard: %s", "x\n2026-01-01 00:00:00 ERROR pixel_bot: all points are gone")
    assert len(written().splitlines()) == 1


def test_chat_in_a_traceback_cannot_move_the_cursor(written: Callable[[], str]) -> None:
    try:
        raise ValueError("\x1b[2J from chat")
    except ValueError:
        log.exception("It failed.")
    assert "\x1b" not in written()


def test_umlauts_and_faces_stay_readable(written: Callable[[], str]) -> None:
    log.info("Grüße, %s", "日本 😀")
    assert "Grüße, 日本 😀" in written()


def test_libraries_speak_from_warnings_on(written: Callable[[], str]) -> None:
    logging.getLogger("twitchio").info("chatter")
    logging.getLogger("twitchio").warning("trouble")
    log.info("ours")
    assert "chatter" not in written()
    assert "trouble" in written()
    assert "ours" in written()


def test_setting_up_twice_writes_each_line_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    set_up_logging("INFO", first)
    set_up_logging("INFO", second)
    log.info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


async def test_hostile_names_and_words_reach_the_log_escaped(written: Callable[[], str], chat: Stage) -> None:
    await chat.hear("channel.chat.message", {"message": {"text": "\x1b[31m!points\n"}})
    await chat.hear("channel.cheer", {"user_id": "1", "user_login": "x\x1b[2J\nERROR", "bits": 5})
    assert "\x1b" not in written()
    assert "\nERROR" not in written()
    assert "Cheer: x\\x1b[2j\\nerror" in written()


async def test_an_error_of_a_cog_is_logged_without_control_characters(
    written: Callable[[], str], tmp_path: Path
) -> None:
    cogs = tmp_path / "cogs"
    cogs.mkdir()
    (cogs / "echo.py").write_text(
        "from pixel_bot.plugin import Cog, command\n"
        "class Echo(Cog):\n"
        "    @command()\n"
        "    async def echo(self, ctx, *, words: str) -> None:\n"
        "        raise ValueError(words)\n"
        "async def setup(bot):\n"
        "    await bot.add_component(Echo(bot))\n"
    )
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await chat.say("mallory", "!echo \x1b[2Jgone")
    assert "ValueError" in written()
    assert "\x1b" not in written()


async def test_the_secrets_of_the_bot_are_hidden_from_its_start(written: Callable[[], str], tmp_path: Path) -> None:
    async with live(tmp_path) as show:
        for secret in (show.twitch.users.client_secret, *(t["token"] for t in show.bot.tokens.values())):
            log.warning("It is %s here", secret)
            assert secret not in written()
