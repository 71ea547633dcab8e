"""The report of ``diagnose``: it says what is needed, whatever is broken, and never a secret."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from pixel_bot.cli.command_line import main
from pixel_bot.cli.diagnose import diagnose
from pixel_bot.db.models import JoystickInstall
from pixel_bot.db.models_links import LinkCode
from pixel_bot.db.models_twitch import AccountRow
from pixel_bot.db.schema import HEAD
from pixel_bot.diagnostics.scrub import Scrubber
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.settings import Settings, load_settings
from pixel_bot.testing import SettableClock
from tests.harness.process import BotProcess, free_port, run

pytestmark = pytest.mark.sqlite

SECRET_SETTINGS = [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]
PLANTED: dict[str, str] = {name: f"planted-{number}-s3cr3t_Value" for number, name in enumerate(SECRET_SETTINGS)}
LINK_CODE, ACCESS, REFRESH = "QX7RPLANT", "access0token1planted2xyz", "refresh0token1planted2xyz"
API_TOKEN, ONE_TIME = "pb_q9Planted8Token7Value", "Zq3Planted9OneTime8Link"


def unpacked(file: Path) -> dict[str, str]:
    """The files of a report, by name."""
    with zipfile.ZipFile(file) as pack:
        return {name: pack.read(name).decode("utf-8") for name in pack.namelist()}


async def report() -> dict[str, str]:
    """Make one in the working directory, and read it."""
    assert await diagnose(Path("report.zip")) == 0
    return unpacked(Path("report.zip"))


def leaks(files: dict[str, str], secrets: list[str]) -> list[tuple[str, str]]:
    return [(name, secret) for name, text in files.items() for secret in secrets if secret in text]


def log_with(secrets: list[str]) -> None:
    """A log in which a careless line tells each secret, in each way in which libraries write them."""
    lines = ["2026-01-01 12:00:00 WARNING pixel_bot.run: the sentence that helps"]
    for secret in secrets:
        lines += [f"said {secret} aloud", f"Authorization: Bearer {secret}", f'{{"access_token": "{secret}"}}']
        lines += [f"GET http://localhost:8080/overlay?key={secret} 200", f"http://localhost:8080/dashboard#{secret}"]
        lines += [f"open http://localhost:8080/login/{secret}", f"postgresql://pixel:{secret}@db/pixel"]
    folder = Path("data/logs")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pixel.log").write_text("\n".join(lines), encoding="utf-8")


async def plant_rows(folder: Path) -> str:
    """A live database with sign-ins and codes in it. Returns a sealed token as it is kept."""
    settings = load_settings(data_dir=folder)
    sealed = load_cipher(settings).seal(ACCESS)
    async with opened(settings, "live", SettableClock()) as services:
        now = services.clock.now()
        alice = await services.viewers.meet(Person("9", "alice", "Alice"))
        await services.economy.add(alice, alice, 100)
        account = {"role": "bot", "user_id": "1", "login": "bot", "display_name": "Bot", "tokens": sealed}
        install = {"channel_id": "c", "access_token": ACCESS, "refresh_token": REFRESH}
        async with services.database.write() as session:
            await session.execute(insert(AccountRow).values(**account, scopes="", updated_at=now))
            await session.execute(insert(JoystickInstall).values(**install))
            await session.execute(insert(LinkCode).values(user_id=alice.id, code=LINK_CODE, expires_at=now))
    return sealed


async def test_no_secret_stands_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = await plant_rows(Path("data"))
    keys = [
        (Path("data") / name).read_text().strip()
        for name in ("secret.key", "overlay.key")
        if (Path("data") / name).exists()
    ]
    assert keys
    (Path("data") / "overlay.key").write_text("overlay-planted-key-9\n")
    in_env = dict(list(PLANTED.items())[::2])
    for name, value in in_env.items():
        monkeypatch.setenv(name.upper(), value)
    lines = [f"{name.upper()}={value}" for name, value in PLANTED.items() if name not in in_env]
    odd = {
        "set OBS_PASSWORD={}": "odd-1-planted",
        "AI_API_KEY: {}": "odd-2-planted",
        "TWITCH_CLIENTSECRET={}": "odd-3-planted",
        "MY_WEBHOOK_TOKEN='{}'": "odd-4-planted",
        "$env:TTS_API_KEY = \"{}\"": "odd-5-planted",
        "{}": "odd-6-planted",
        "AI_BASE_URL=http://me:{}@localhost/v1": "odd7planted",
        "DATABASE_URLS=postgresql://me:{}@db/x": "odd8planted",
    }  # fmt: skip
    lines += ["TWITCH_CLIENT_ID=planted", "JOYSTICK_CLIENT_ID=planted"]
    lines += [line.format(value) for line, value in odd.items()]
    Path(".env").write_text("\n".join(lines), encoding="utf-8")
    random = [ACCESS, REFRESH, sealed, API_TOKEN, ONE_TIME, "0123456789abcdef0123456789abcdef"]
    secrets = [*PLANTED.values(), *keys, "overlay-planted-key-9", *odd.values(), *random]
    log_with(secrets)
    files = await report()
    assert leaks(files, [*secrets, LINK_CODE]) == []
    assert "the sentence that helps" in files["log.txt"]
    assert json.loads(files["settings.json"])["OBS_PASSWORD"]["value"] == "[hidden]"
    assert json.loads(files["settings.json"])["WEB_HOST"]["value"] == "127.0.0.1"


def test_a_leak_would_be_found() -> None:
    assert leaks({"log.txt": "a hunter2 b", "x": ""}, ["hunter2"]) == [("log.txt", "hunter2")]


def test_short_secrets_go_where_they_stand_alone() -> None:
    clean = Scrubber(["abc", "1"]).clean
    assert clean("password abc, abcde, 1") == "password [hidden], abcde, 1"


@pytest.mark.parametrize("written", ['p"ä w\\rd', 'p\\"\\u00e4 w\\\\rd', "p%22%C3%A4%20w%5Crd", "p%22%C3%A4+w%5Crd"])
def test_a_secret_goes_however_it_is_written(written: str) -> None:
    assert Scrubber(['p"ä w\\rd']).clean(f"said {written}!") == "said [hidden]!"


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-01-31 12:00:00,123 INFO pixel_bot.run.running_bot: 12 viewers moved",
        "pixel_20260131_030000.db was copied to data/backups/pixel_20260131_030000_2.db",
        "TWITCH_CLIENT_ID POINTS_SUB_TIER2_FACTOR TWITCH_EVENTSUB_URL",
        "sqlite+aiosqlite:///./data/pixel.db",
        "Linux-6.18.44-x86_64-with-glibc2.36",
    ],
)
def test_what_helps_stays(harmless: str) -> None:
    assert Scrubber([]).clean(harmless) == harmless


async def test_it_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    await plant_rows(Path("data"))
    monkeypatch.setenv("BACKUPDIR", "/mnt/nas")
    Path("data/figures.prom").write_text("pixel_bot_healthy 1.0\n")
    files = await report()
    database = json.loads(files["database.json"])
    assert database["newest_schema"] == HEAD
    assert (database["live"]["schema"], database["live"]["mode"]) == (HEAD, "live")
    assert database["live"]["check"] == "everything is right"
    assert (database["live"]["viewers"], database["live"]["transactions"]) == (1, 1)
    assert database["live"]["ledger"] == {"mod:add": {"rows": 1, "points": 100}}
    assert database["sandbox"] == {"url": "sqlite+aiosqlite:///data/sandbox.db", "there": False}
    versions = json.loads(files["versions.json"])
    assert {"pixel_bot", "python", "system", "sqlite"} <= versions.keys()
    assert {"SQLAlchemy", "twitchio", "pydantic"} <= versions["packages"].keys()
    assert "Did you mean BACKUP_DIR?" in files["findings.txt"]
    assert "pixel_bot_healthy 1.0" in files["figures.txt"]
    assert not Path("data/sandbox.db").exists(), "looking changes nothing"


async def test_a_ledger_that_is_wrong_is_told_of() -> None:
    await plant_rows(Path("data"))
    with closing(sqlite3.connect("data/pixel.db")) as connection, connection:
        connection.execute("UPDATE users SET points = 5 WHERE name = 'alice'")
    (finding,) = json.loads((await report())["database.json"])["live"]["check"]
    assert "alice has 5 points" in finding


async def test_with_wrong_settings_there_is_a_report_nevertheless() -> None:
    Path(".env").write_text("WEB_PORT=abc\nOBS_PASSWORD=planted-9-s3cr3t\nDATA_DIR=elsewhere\n")
    (Path("elsewhere") / "logs").mkdir(parents=True)
    (Path("elsewhere") / "logs" / "pixel.log").write_text("the log, and planted-9-s3cr3t")
    files = await report()
    assert "WEB_PORT: must be a whole number" in files["findings.txt"]
    assert files["log.txt"] == "the log, and [hidden]"


async def test_with_a_file_that_is_no_text_there_is_a_report_nevertheless() -> None:
    Path(".env").write_bytes("OBS_PASSWORD=planted-9-s3cr3t\n".encode("utf-16"))
    log_with(["planted-9-s3cr3t"])
    files = await report()
    assert "is UTF-16 text" in files["findings.txt"]
    assert leaks(files, ["planted-9-s3cr3t"]) == []


async def test_with_a_damaged_database_there_is_a_report_nevertheless() -> None:
    Path("data").mkdir()
    Path("data/pixel.db").write_bytes(b"no database at all" * 1_000)
    assert json.loads((await report())["database.json"])["live"]["problem"]


def test_a_report_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "missing/report.zip"]) == 1
    assert "cannot be written" in capsys.readouterr().err


async def test_beside_a_bot_that_runs(tmp_path: Path) -> None:
    port = free_port()
    async with BotProcess(tmp_path, "sandbox", web_port=port), aiohttp.ClientSession() as web:
        async with web.get(f"http://127.0.0.1:{port}/overlay"):
            pass  # the key is made when somebody asks for the page
        done = run(tmp_path, "diagnose", "r.zip", web_port=port)
        assert (done.returncode, done.stderr) == (0, "")
        checked = run(tmp_path, "check-config", web_port=port)
        assert checked.returncode == 0, "its own port is not taken by somebody else"
    files = unpacked(tmp_path / "r.zip")
    health = json.loads(files["health.json"])
    assert health["running_on"] == "data/sandbox.db"
    assert health["healthz"] == {"status": 200, "text": '{"ok":true}'}
    assert json.loads(files["database.json"])["sandbox"]["check"] == "everything is right"
    key = (tmp_path / "data" / "overlay.key").read_text().strip()
    assert leaks(files, [key]) == []
