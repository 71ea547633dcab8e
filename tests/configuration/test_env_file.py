"""The file ``.env``: each line that is not read as it was meant is named, with its line and how to write it."""

from pathlib import Path

import pytest

from pixel_bot.configuration.cog_settings import names_in_cogs
from pixel_bot.configuration.env_file import read_env_file
from pixel_bot.errors import SettingsError
from pixel_bot.settings import Settings, load_settings

KNOWN = {name.upper() for name in Settings.model_fields} | names_in_cogs(None, installed=False).keys()
SECRET = "hunter2hunter2"


def said(text: str, *, encoding: str = "utf-8") -> list[str]:
    """The warnings about a file with that content in the working directory."""
    Path(".env").write_bytes(text.encode(encoding))
    return [str(found) for found in read_env_file(Path(".env"), KNOWN).findings if found.weight == "warning"]


def hinted(text: str) -> list[str]:
    Path(".env").write_text(text, encoding="utf-8")
    return [str(found) for found in read_env_file(Path(".env"), KNOWN).findings if found.weight == "hint"]


UNREADABLE = [
    (
        "set TWITCH_CLIENT_SECRET={}",
        "set is a word of the Windows command line. Leave it out: TWITCH_CLIENT_SECRET=...",
    ),
    ("SET OBS_PASSWORD={}", "set is a word of the Windows command line. Leave it out: OBS_PASSWORD=..."),
    ("setx AI_API_KEY {}", "set is a word of the Windows command line. Leave it out: AI_API_KEY=..."),
    ("$env:OBS_PASSWORD={}", "$env: is a word of PowerShell. Write OBS_PASSWORD=..., without it."),
    ('$Env:OBS_PASSWORD = "{}"', "$env: is a word of PowerShell. Write OBS_PASSWORD=..., without it."),
    ("let OBS_PASSWORD={}", "there is a word in front of the name. Leave it out: OBS_PASSWORD=..."),
    ("- OBS_PASSWORD={}", "there is a word in front of the name. Leave it out: OBS_PASSWORD=..."),
    ("OBS_PASSWORD: {}", "has a colon where = must stand. Write OBS_PASSWORD=..."),
    ("OBS_PASSWORD:{}", "has a colon where = must stand. Write OBS_PASSWORD=..."),
    ('"OBS_PASSWORD": "{}",', "has a colon where = must stand. Write OBS_PASSWORD=..."),
    ("OBS_PASSWORD {}", "has no =. Write OBS_PASSWORD=..., or # in front of a comment."),
    ("OBS_PASSWORD", "has no =. Write OBS_PASSWORD=..., or # in front of a comment."),
    ("OBS_PASSWORD＝{}", "has a character that only looks like =. Write OBS_PASSWORD=..."),
    ("OBS_PASSWRD {}", "has no =. Write OBS_PASSWORD=..., or # in front of a comment."),
    ('OBS_PASSWORD="{}', "begins with a quote that does not close. Write OBS_PASSWORD=..."),
    ('OBS_PASSWORD="{}"x', "has something behind the closing quote. Write OBS_PASSWORD=..."),
    ("this is my own note {}", "has no =. Write NAME=value, one setting in each line, or # in front of a comment."),
    ("// {}", "a comment begins with #."),
    ("; {}", "a comment begins with #."),
    ("REM {}", "a comment begins with #."),
    ("[twitch]", "is no setting, and there are no sections or braces in this file. Delete the line."),
]


@pytest.mark.parametrize(("line", "words"), UNREADABLE, ids=[line for line, _ in UNREADABLE])
def test_a_line_that_cannot_be_read_is_named_with_its_mend(line: str, words: str) -> None:
    assert said(f"# Mine\n\n\n{line.format(SECRET)}\nWEB_PORT=8081\n") == [f".env, line 4: {words}"]
    assert load_settings().web_port == 8081


@pytest.mark.parametrize("line", ["export WEB_PORT=8081", "WEB_PORT = 8081", "web_port='8081'", "WEB_PORT=8081 # mine"])
def test_what_can_be_read_is_not_named(line: str) -> None:
    assert said(line) == []
    assert load_settings().web_port == 8081


def test_lines_that_a_quote_swallows_are_counted() -> None:
    (words,) = said('AI_MODEL="gpt\nWEB_PORT=8081\nOBS_PORT=4455\nAI_PERSONA="Pixel"\n')
    assert words.startswith(".env, line 1: begins with a quote that does not close, so 3 more lines were lost.")
    (words,) = said('AI_MODEL="gpt\nWEB_PORT=8081"\n')
    assert words == ".env, line 1: the quote of AI_MODEL does not close in its line, so 1 more belong to it."


NEARLY = {
    "BACKUPDIR=/mnt/nas": "BACKUPDIR is no setting. Did you mean BACKUP_DIR?",
    "TWITCH_CLIENTID=abc": "TWITCH_CLIENTID is no setting. Did you mean TWITCH_CLIENT_ID?",
    "TWITCH-CLIENT-ID=abc": "TWITCH-CLIENT-ID is no setting. Did you mean TWITCH_CLIENT_ID?",
    "TWITCH_CLEINT_ID=abc": "TWITCH_CLEINT_ID is no setting. Did you mean TWITCH_CLIENT_ID?",
    "TWITCH_SECRET=hunter2hunter2": "TWITCH_SECRET is no setting. Did you mean TWITCH_CLIENT_SECRET?",
    "OBS_PASWORD=hunter2hunter2": "OBS_PASWORD is no setting. Did you mean OBS_PASSWORD?",
    "LOGLEVEL=DEBUG": "LOGLEVEL is no setting. Did you mean LOG_LEVEL?",
    "\u200bWEB_PORT=1": "the name has a character too many. Write WEB_PORT=...",
    "XP_SUBAMOUNTS=1": "XP_SUBAMOUNTS is no setting. Did you mean XP_SUB_AMOUNT?",
}


@pytest.mark.parametrize(("line", "words"), NEARLY.items())
def test_a_name_that_is_nearly_ours_is_named(line: str, words: str) -> None:
    assert said(f"WEB_HOST=127.0.0.1\n{line}\n") == [f".env, line 2: {words}"]


@pytest.mark.parametrize(
    "line",
    [
        "COMPOSE_PROJECT_NAME=x",
        "POSTGRES_PASSWORD=hunter2hunter2",
        "TZ=UTC",
        "PYTHONUNBUFFERED=1",
        "SECRET_KEY=x",
        "X=1",
    ],
)
def test_names_of_other_programs_are_not_accused(line: str) -> None:
    assert said(line) == []
    assert len(hinted(line)) == 1


STRANGE = {
    "OBS_PASSWORD=“hunter2hunter2”": "OBS_PASSWORD has typographic quotes",
    'OBS_PASSWORD=hunter2hunter2"': "OBS_PASSWORD ends with a quote that did not begin",
    "OBS_PASSWORD='\"hunter2hunter2\"'": "OBS_PASSWORD has quotes inside its quotes",
    "OBS_PASSWORD==hunter2hunter2": "OBS_PASSWORD has two =",
    "TWITCH_CLIENT_ID=<your id>": "TWITCH_CLIENT_ID has a placeholder",
    "TWITCH_CLIENT_ID=your_client_id": "TWITCH_CLIENT_ID has a placeholder",
    'OBS_PASSWORD="hunter2\\nhunter2"': "OBS_PASSWORD has a line feed in it",
    "OBS_PASSWORD=hunter2${x}hunter2": "OBS_PASSWORD has ${...} in it",
    "AI_MODEL=gpt-4o // my model": "AI_MODEL ends with a sign that is no comment here",
    "AI_MODEL=gpt-4o;": "AI_MODEL ends with a sign that is no comment here",
}


@pytest.mark.parametrize(("line", "words"), STRANGE.items())
def test_a_strange_value_is_named_and_never_shown(line: str, words: str) -> None:
    (found,) = said(line)
    assert found.startswith(f".env, line 1: {words}")
    assert "hunter2" not in found


def test_ordinary_values_are_not_strange() -> None:
    lines = (
        "GREETING=Hi, folks! Type {prefix}help; “really”, it’s worth it",
        "DATABASE_URL=postgresql://pixel:hunter2@localhost/pixel",
        "COGS_DIR=my_cogs",
        "COMMAND_PREFIX=!",
        "OBS_PASSWORD='a#b$c'",
        "WEB_ALLOWED_HOSTS=bot.example.com,",
        "AI_BASE_URL=http://localhost:11434/v1",
    )
    assert said("\n".join(lines)) == []


def test_what_stands_twice_is_named_with_all_its_lines() -> None:
    (words,) = said("WEB_PORT=1\nOBS_PORT=2\n\nweb_port=3\n")
    assert words == ".env: WEB_PORT stands in the lines 1, 4; the last one counts. Delete the others."


def test_an_empty_value_and_a_comment_are_hints() -> None:
    assert hinted("WEB_PORT=\n") == [".env, line 1: WEB_PORT is empty, so its default counts."]
    (words,) = hinted("OBS_PASSWORD=abc #1\n")
    assert "OBS_PASSWORD ends before the #" in words


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", "is UTF-16 text"),
        ("utf-16-le", "is UTF-16 text"),
        ("utf-16-be", "is UTF-16 text"),
        ("cp1252", "is not UTF-8 text (line 2"),
    ],
)
def test_another_encoding_is_refused_with_what_to_do(encoding: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        said("WEB_PORT=8081\nCOMMAND_PREFIX=ü\n", encoding=encoding)
    assert f".env: {words}" in str(refused.value)
    assert "Save it again as UTF-8" in str(refused.value)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert said("WEB_PORT=8081\nBACKUPDIR=x\n", encoding="utf-8-sig") == [
        ".env, line 2: BACKUPDIR is no setting. Did you mean BACKUP_DIR?"
    ]
    assert load_settings().web_port == 8081


@pytest.mark.parametrize("there", [True, False], ids=["beside .env", "alone"])
def test_a_file_that_windows_named_is_told_of(there: bool) -> None:
    Path(".env.txt").write_text("WEB_PORT=8081\n")
    if there:
        Path(".env").write_text("WEB_PORT=8082\n")
    (found,) = read_env_file(Path(".env"), KNOWN).findings
    assert str(found).startswith(".env.txt: is not read. The file with the settings must be called .env.")


def test_no_file_is_no_fault() -> None:
    assert read_env_file(Path(".env"), KNOWN).findings == ()
    Path(".env").mkdir()
    (found,) = read_env_file(Path(".env"), KNOWN).findings
    assert (found.weight, "is a folder" in str(found)) == ("hint", True)
