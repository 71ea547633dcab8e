"""What is wrong with a value, with its line; names of the environment; paths."""

import os
from pathlib import Path

import pytest

from pixel_bot.configuration.names import accused, distance, nearly
from pixel_bot.errors import SettingsError
from pixel_bot.settings import Settings, load_settings

KNOWN = {name.upper() for name in Settings.model_fields}


def refused(text: str) -> list[str]:
    """The problems with which a file of settings is refused."""
    Path(".env").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_settings()
    return error.value.problems


WRONG = {
    "TWITCH_OWNER_ID=mychannel": "must be the number of the account, not its name; or leave it out",
    "TWITCH_BOT_ID=١٢٣": "must be the number of the account",
    "WEB_PORT=99999": "must be a whole number from 0 to 65,535 (line 2 of .env).",
    "WEB_PORT=8080#mine": "must be a whole number from 0 to 65,535 (line 2 of .env).",
    "POINTS_CHAT_AMOUNT=1.5": "must be a whole number from 0 to 1,000,000,000 (line 2 of .env).",
    "XP_BASE=1,5": "must be a number like 1.5 above 0 and up to 1,000,000 (line 2 of .env).",
    "XP_EXPONENT=nan": "must be a number like 1.5 from 1 to 5 (line 2 of .env).",
    "SILENT=yeah": "must be true or false (line 2 of .env).",
    "TTS_ENGINE=alexa": "must be espeak, piper or openai (line 2 of .env).",
    "TWITCH_ID_URL=id.twitch.tv": "must start with https:// or http:// (line 2 of .env).",
    "TWITCH_EVENTSUB_URL=https://x": "must start with wss:// or ws:// (line 2 of .env).",
    "COMMAND_PREFIX=!!!!!!": "must have at most 5 characters each, with a blank between two of them (line 2 of .env).",
    "PIXEL_SECRET_KEY=hunter2": "use 16 or more characters, or leave it out (line 2 of .env).",
    'SOUNDS_DIR="C:\\new\\backups"': "has a line feed and a backspace in it",
    'DATA_DIR="D:\\tmp\\abc"': "has a tab and a bell in it",
    'DATABASE_URL="sqlite+aiosqlite:///C:\\new.db"': "has control characters in it. Write / for each backslash",
}


@pytest.mark.parametrize(("line", "words"), WRONG.items())
def test_a_wrong_value_is_named_with_its_line_and_what_it_must_be(line: str, words: str) -> None:
    (problem,) = refused(f"# Mine\n{line}\n")
    assert problem.startswith(f"{line.partition('=')[0]}: {words}")
    assert problem.endswith("(line 2 of .env).")
    assert "hunter2" not in problem


def test_what_stands_in_the_environment_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "abc")
    assert refused("WEB_PORT=abc\n") == ["WEB_PORT: must be a whole number from 0 to 65,535."]


def test_the_likely_cause_stands_beside_what_is_refused() -> None:
    problems = refused("TWITCH_CLIENTID=abc\nTWITCH_CLIENT_SECRET=hunter2hunter2\n")
    assert problems[0].startswith("TWITCH_CLIENT_ID: ")
    assert problems[1] == ".env, line 1: TWITCH_CLIENTID is no setting. Did you mean TWITCH_CLIENT_ID?"


@pytest.mark.parametrize("name", ["TWITCH_CLIENTID", "TwitchClientId", "BACKUPDIR", "TWITCH_CLIENT_IDD"])
def test_a_name_of_the_environment_that_is_nearly_ours_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2hunter2")
    (found,) = load_settings().findings
    assert str(found).startswith(f"{name} is set in the environment, and is no setting. Did you mean ")
    assert "hunter2" not in str(found)


OTHERS = tuple(
    """
APPDATA COLORTERM COMPUTERNAME DATABASE_URI DATADIR DISPLAY DOCKER_HOST EDITOR GITHUB_TOKEN GPG_TTY HOME HOSTNAME
HTTP_PROXY LANG LANGUAGE LC_ALL LOCALAPPDATA LOGLEVEL LOGNAME LS_COLORS MAIL NODE_ENV NUMBER_OF_PROCESSORS
OPENAI_API_KEY OPENAI_BASE_URL OS PATH PATHEXT PGDATABASE PGPASSWORD PORT PROGRAMDATA PROMPT PWD PYTHONPATH
SECRET_KEY SHELL SHLVL SSH_AUTH_SOCK SYSTEMROOT TEMP TERM TMPDIR TWITCH_ACCESS_TOKEN USER USERDOMAIN USERPROFILE
VIRTUAL_ENV WEBROOT WINDIR WSL_DISTRO_NAME XAUTHORITY XDG_DATA_DIRS XDG_RUNTIME_DIR XP_SOMETHING API_KEY CLIENT_ID
""".split()  # noqa: SIM905 - read like the environment itself
)


def test_names_of_other_programs_in_the_environment_are_not_accused() -> None:
    assert list(accused(OTHERS, KNOWN)) == []
    assert list(accused([name.upper() for name in KNOWN], KNOWN)) == []


def test_every_setting_is_found_without_its_underscores() -> None:
    for name in KNOWN:
        if len(name) > 6:
            assert nearly(name.replace("_", "").lower(), KNOWN) == name


@pytest.mark.parametrize(
    ("one", "other", "errors"), [("ab", "ab", 0), ("ab", "ba", 1), ("abc", "abd", 1), ("a", "abc", 2)]
)
def test_typing_errors_are_counted(one: str, other: str, errors: int) -> None:
    assert distance(one, other) == distance(other, one) == errors


def test_another_value_in_the_environment_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("WEB_PORT=1\nOBS_PORT=2\n")
    monkeypatch.setenv("WEB_PORT", "3")
    monkeypatch.setenv("OBS_PORT", "2")
    (found,) = load_settings().findings
    assert (found.weight, str(found)) == (
        "hint",
        ".env, line 1: the environment has another WEB_PORT, which goes before this one.",
    )


def test_the_home_folder_is_put_in_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Path) or name == "cogs_dir":
            assert getattr(load_settings(**{name: "~/x"}), name) == tmp_path / "x", name
    settings = load_settings(data_dir="~/d")
    assert settings.tts_words_file == tmp_path / "d" / "blocked_words.txt"
    assert settings.backup_dir == tmp_path / "d" / "backups"
    url = load_settings(database_url="sqlite+aiosqlite:///~/pixel.db").database_url
    assert url == f"sqlite+aiosqlite:///{(tmp_path / 'pixel.db').as_posix()}"
