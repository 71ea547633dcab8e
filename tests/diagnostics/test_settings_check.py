"""Settings that the bot can start with, and that are strange nevertheless."""

import os
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.configuration.finding import warning
from pixel_bot.diagnostics.settings_check import look_over, warnings_of
from pixel_bot.testing import settings_in


def said(folder: Path, **settings: Any) -> list[str]:
    return warnings_of(settings_in(folder, **settings))


def test_the_defaults_are_not_strange(tmp_path: Path) -> None:
    assert look_over(settings_in(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sounds_dir", "SOUNDS_DIR: there is no folder {}. Make it, or correct the setting."),
        ("cogs_dir", "COGS_DIR: there is no folder {}. Make it, or correct the setting."),
        ("backup_dir", "BACKUP_DIR: the folder {} is not there. The bot will make it; if it is a disk, connect it."),
        ("level_rewards_file", "LEVEL_REWARDS_FILE: there is no file {}. Correct the setting, or leave it out."),
        ("tts_words_file", "TTS_WORDS_FILE: there is no file {}. Correct the setting, or leave it out."),
    ],
)
def test_what_is_set_and_missing_is_named(tmp_path: Path, name: str, words: str) -> None:
    missing = tmp_path / "missing"
    assert said(tmp_path, **{name: missing}) == [words.format(missing)]
    if name.endswith("_dir"):
        missing.mkdir()
    else:
        missing.write_text("")
    assert said(tmp_path, **{name: missing}) == []


def test_a_file_in_place_of_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert said(tmp_path, sounds_dir=tmp_path / "file", tts_words_file=tmp_path) == [
        f"SOUNDS_DIR: {tmp_path / 'file'} is a file, and must be a folder.",
        f"TTS_WORDS_FILE: {tmp_path} is a folder, and must be a file.",
    ]


@pytest.mark.skipif(os.name == "nt", reason="such paths are right there")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("C:/stream/sounds", "is a path of Windows, and this system is another one."),
        ("\\\\nas\\sounds", "is a path of Windows, and this system is another one."),
        ("my\\sounds", "has a backslash in its name. Between folders write /."),
    ],
)
def test_a_path_of_windows_elsewhere(tmp_path: Path, path: str, words: str) -> None:
    assert said(tmp_path, sounds_dir=path)[0].endswith(words)


@pytest.mark.parametrize("path", ["%APPDATA%/sounds", "$HOME/sounds"])
def test_names_that_are_not_replaced(tmp_path: Path, path: str) -> None:
    assert said(tmp_path, sounds_dir=path)[0].startswith("SOUNDS_DIR: names like %NAME% and $NAME are not replaced.")


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"obs_port": 8080, "web_port": 8080}, "OBS_PORT and WEB_PORT are both 8080. OBS's own is usually 4455."),
    ({"tts_engine": "openai"}, "TTS_ENGINE=openai needs TTS_BASE_URL or TTS_API_KEY, or the same of the AI."),
    (
        {"points_watch_amount": 0, "xp_watch_amount": 0, "points_watch_vip_factor": 2},
        "POINTS_WATCH_..._FACTOR has no effect, because POINTS_WATCH_AMOUNT is 0.",
    ),
    ({"xp_max_level": 1}, "XP_MAX_LEVEL=1: nobody ever levels up."),
    (
        {"twitch_owner_id": "12"},
        "TWITCH_BOT_ID or TWITCH_OWNER_ID is set without TWITCH_CLIENT_ID: the bot stays on the sandbox.",
    ),
    ({"obs_host": "ws://127.0.0.1"}, "OBS_HOST: takes only names or addresses, without http:// and without a port."),
    ({"obs_host": "127.0.0.1:4455"}, "OBS_HOST: takes only names or addresses, without http:// and without a port."),
    (
        {"web_allowed_hosts": "a.example, https://b.example"},
        "WEB_ALLOWED_HOSTS: takes only names or addresses, without http:// and without a port.",
    ),
]


@pytest.mark.parametrize(("settings", "words"), CONTRADICTIONS, ids=[str(s) for s, _ in CONTRADICTIONS])
def test_settings_that_contradict_each_other(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    assert said(tmp_path, **settings) == [words]


@pytest.mark.parametrize(
    "settings",
    [
        {"obs_host": "::1", "obs_port": 4455},
        {"tts_engine": "openai", "ai_base_url": "http://localhost:8880"},
        {"tts_engine": "openai", "tts_api_key": "hunter2"},
        {"obs_port": 8080, "web_port": 8080, "obs_host": "192.168.0.9"},
        {"twitch_client_id": "abc", "twitch_owner_id": "12"},
        {"web_allowed_hosts": "a.example, b.example"},
    ],
    ids=str,
)
def test_settings_that_go_together(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert said(tmp_path, **settings) == []


def test_backups_in_the_folder_of_the_database(tmp_path: Path) -> None:
    assert said(tmp_path, backup_dir=tmp_path) == [
        "BACKUP_DIR is the folder of the database itself. Best is another disk."
    ]


def test_what_the_file_said_comes_first(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, xp_max_level=1).noting((warning("line 3"),))
    assert warnings_of(settings) == ["line 3", "XP_MAX_LEVEL=1: nobody ever levels up."]
