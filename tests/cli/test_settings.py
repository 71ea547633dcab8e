"""The command line: help, arguments and settings."""

from pathlib import Path

import pytest

from pixel_bot import __version__
from pixel_bot.cli.command_line import main
from pixel_bot.settings import load_settings
from tests.harness.process import run, run_as_typed

pytestmark = pytest.mark.sqlite


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "python -m pixel_bot" in said
    assert all(word in said for word in ("sandbox", "db", "--version"))


def test_version(tmp_path: Path) -> None:
    done = run_as_typed(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"Pixel Bot {__version__}\n")


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["--verbose"],
        ["db"],
        ["db", "nonsense"],
        ["sandbox", "--speed", "-1"],
        ["sandbox", "--speed", "nan"],
        ["sandbox", "--speed", "inf"],
        ["sandbox", "--speed", "fast"],
        ["sandbox", "--replay"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "usage: python -m pixel_bot" in said.err
    assert "Traceback" not in said.err


WRONG: list[dict[str, str]] = [
    {"TWITCH_BOT_ID": "pixelbot"},
    {"TWITCH_OWNER_ID": "me"},
    {"TWITCH_HELIX_URL": "ftp://x"},
    {"TWITCH_ID_URL": "id.twitch.tv"},
    {"TWITCH_EVENTSUB_URL": "https://x"},
    {"DATABASE_URL": "mysql://user:hunter2hunter2@host/db"},
    {"DATABASE_URL": "data/pixel.db"},
    {"DATABASE_URL": "sqlite+aiosqlite:///"},
    {"DATABASE_URL": "sqlite+aiosqlite:///:memory:"},
    {"WEB_PORT": "abc"},
    {"WEB_PORT": "70000"},
    {"WEB_PORT": "-1"},
    {"WEB_PORT": "8080.5"},
    {"COMMAND_PREFIX": "! !!!!!!"},
    {"COMMAND_PREFIX": "!!!!!!"},
    {"LOG_LEVEL": "loud"},
    {"POINTS_CHAT_AMOUNT": "-1"},
    {"POINTS_CHAT_AMOUNT": "1.5"},
    {"POINTS_CHAT_AMOUNT": "99999999999999999999"},
    {"POINTS_CHAT_COOLDOWN_SECONDS": "a minute"},
    {"POINTS_CHEER_PER_BIT": "-0.1"},
    {"POINTS_CHEER_PER_BIT": "nan"},
    {"POINTS_CHEER_PER_BIT": "inf"},
    {"XP_BASE": "0"},
    {"XP_BASE": "nan"},
    {"XP_EXPONENT": "0"},
    {"XP_EXPONENT": "nan"},
    {"XP_MAX_LEVEL": "0"},
    {"XP_MAX_LEVEL": "10000"},
    {"WEB_PORT": "abc", "XP_EXPONENT": "0", "LOG_LEVEL": "loud", "POINTS_SUB_AMOUNT": "-5"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: " ".join(f"{k}={v}" for k, v in wrong.items()))
def test_wrong_settings_end_with_2_and_are_named(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    assert main(["db", "check"]) == 2
    said = capsys.readouterr()
    named = {line.split(":")[0].strip() for line in said.err.splitlines()[1:]}
    assert named == set(wrong)
    assert "hunter2" not in said.err + said.out
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("TWITCH_CLIENT_SECRET", "TWITCH_CLIENT_ID"),
        ("JOYSTICK_CLIENT_SECRET", "JOYSTICK_CLIENT_ID"),
        ("JOYSTICK_CLIENT_ID", "JOYSTICK_CLIENT_SECRET"),
    ],
)
@pytest.mark.parametrize("args", [[], ["sandbox"], ["db", "check"]], ids=["live", "sandbox", "check"])
def test_half_the_credentials_end_with_2(
    given: str, missing: str, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(given, "hunter2hunter2")
    assert main(args) == 2
    said = capsys.readouterr().err
    assert f"  {missing}: " in said
    assert given in said
    assert "hunter2" not in said


def test_a_client_id_of_twitch_alone_is_an_application_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWITCH_CLIENT_ID", "hunter2hunter2")
    settings = load_settings()
    assert (settings.live, settings.on_twitch, settings.on_joystick) == (True, True, False)
    assert settings.twitch_client_secret.get_secret_value() == ""


def test_a_secret_is_not_printed_beside_another_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWITCH_CLIENT_SECRET", "hunter2hunter2")
    monkeypatch.setenv("WEB_PORT", "hunter2hunter2")
    assert main([]) == 2
    said = capsys.readouterr()
    assert "WEB_PORT" in said.err
    assert "hunter2" not in said.err + said.out


def test_several_wrong_settings_make_no_traceback(tmp_path: Path) -> None:
    done = run(tmp_path, WEB_PORT="abc", LOG_LEVEL="loud")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 3
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_a_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n# WEB_PORT=abc\nTWITCH_CLIENT_ID=hunter2hunter2\n")
    assert main(["db", "check"]) == 2
    said = capsys.readouterr().err
    assert "XP_EXPONENT" in said
    assert "WEB_PORT" not in said
    assert "hunter2" not in said


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n")
    monkeypatch.setenv("XP_EXPONENT", "2")
    assert main(["db", "upgrade"]) == 0


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n", encoding="utf-8-sig")
    assert main(["db", "check"]) == 2
    assert "XP_EXPONENT" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_ends_with_2(
    tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("COMMAND_PREFIX=ü\n", encoding=encoding)
    assert main(["db", "check"]) == 2
    assert ".env" in capsys.readouterr().err
