"""The command line: the printed link, ``open``, ``token``, and a host that others reach."""

import asyncio
import http.client
import os
import pty
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pixel_bot.testing import settings_in
from tests.cli.bot_process import ENDING, Running, make
from tests.harness.process import SECONDS, command, environment, run
from tests.harness.ready_python import ready
from tests.web.access.stranger import CREDENTIALS

pytestmark = pytest.mark.sqlite

LINK = re.compile(r"Open: (http://localhost:(\d+)/(setup|sandbox)\?key=[A-Za-z0-9_-]{20,})")


def status_of(link: str) -> tuple[int, bool]:
    """What a link answers, and whether it signs in."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection("localhost", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.getheader("Set-Cookie") is not None
    finally:
        connection.close()


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "ERROR"])
def test_the_start_prints_one_link_at_any_log_level_and_its_key_nowhere_else(tmp_path: Path, level: str) -> None:
    with Running(tmp_path, "sandbox", log_level=level) as running:
        assert status_of(running.link) == (303, True)
        assert status_of(running.link) == (303, False)
        code, said = running.end(signal.SIGTERM)
    assert code == 0
    assert [found[0] for found in LINK.findall(said)] == [running.link]
    key = running.link.partition("key=")[2]
    assert said.count(key) == 1
    assert "overlay?key=" not in said
    assert said.count("key=") == said.count("key=[hidden]") + 1


def test_a_terminal_shows_the_link_on_one_line(tmp_path: Path) -> None:
    outside, inside = pty.openpty()
    with ready():
        process = subprocess.Popen(
            command("sandbox"),
            cwd=tmp_path,
            env=environment() | {"TERM": "xterm", "COLUMNS": "80"},
            stdout=inside,
            stderr=subprocess.DEVNULL,
            close_fds=True,
        )
    os.close(inside)
    shown = ""
    try:
        while "Ctrl-C" not in shown:
            shown += os.read(outside, 65_536).decode(errors="replace")
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        (found,) = LINK.findall(plain)
        assert status_of(found[0]) == (303, True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
        os.close(outside)


def test_open_prints_a_new_link_of_the_bot_that_runs(tmp_path: Path) -> None:
    without = run(tmp_path, "open")
    assert (without.returncode, without.stdout) == (1, "")
    assert "Start the bot once: python -m pixel_bot" in without.stderr
    with Running(tmp_path, "sandbox") as running:
        opened = run(tmp_path, "open")
        assert opened.returncode == 0, opened.stderr
        (line,) = opened.stdout.splitlines()
        link = line.removeprefix("Open: ")
        assert LINK.fullmatch(line)
        assert (link != running.link, link.partition("?")[0]) == (True, running.home)
        assert status_of(link) == (303, True)
        assert status_of(running.link) == (303, True)
        running.end(signal.SIGTERM)
    after = run(tmp_path, "open")
    assert (after.returncode, after.stdout, after.stderr) == (
        1,
        "",
        "No bot runs here. Start it with: python -m pixel_bot\n",
    )


def test_after_a_kill_there_is_nothing_to_open_until_the_next_start(tmp_path: Path) -> None:
    with Running(tmp_path, "sandbox") as running:
        running.end(signal.SIGKILL)
    assert run(tmp_path, "open").returncode == 1
    with Running(tmp_path, "sandbox") as again:
        link = run(tmp_path, "open").stdout.strip().removeprefix("Open: ")
        assert link.partition("?")[0] == again.home
        assert status_of(link) == (303, True)


def test_open_opens_the_browser_where_there_is_one(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{seen}"\n')
    browser.chmod(0o755)
    with Running(tmp_path, "sandbox"), ready():
        done = subprocess.run(
            command("open"),
            cwd=tmp_path,
            env=environment() | {"BROWSER": f"{browser} %s"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    assert seen.read_text() == done.stdout.strip().removeprefix("Open: ")


def test_tokens_are_made_listed_and_revoked_while_the_bot_runs(tmp_path: Path) -> None:
    def health(token: str) -> int:
        connection = http.client.HTTPConnection("localhost", urlsplit(running.link).port, timeout=10)
        connection.request("GET", "/api/v1/viewers", headers={"Authorization": f"Bearer {token}"})
        status = connection.getresponse().status
        connection.close()
        return status

    with Running(tmp_path, "sandbox") as running:
        made = run(tmp_path, "token", "deck", "--scope", "viewers:manage", "--scope", "points:view")
        assert made.returncode == 0, made.stderr
        token = made.stdout.strip()
        assert re.fullmatch(r"pb_[A-Za-z0-9_-]{40,}", token)
        assert health(token) == 200
        assert health(token + "x") == 401
        listed = run(tmp_path, "token", "list").stdout
        assert listed.startswith("deck: points:view viewers:manage (made ")
        assert token not in listed
        assert run(tmp_path, "token", "revoke", "deck").returncode == 0
        assert health(token) == 401
        assert run(tmp_path, "token", "list").stdout == "There are no tokens.\n"
        code, said = running.end(signal.SIGTERM)
    assert (code, token in said) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["deck", "--scope", "viewer:manage"], 2, "There is no scope 'viewer:manage'"),
        (["revoke"], 1, "token revoke NAME"),
        (["deck", "other"], 1, "token revoke NAME"),
        (["list", "--scope", "points:view"], 1, "token list"),
        (["revoke", "deck"], 1, "no token with the name deck"),
        (["x" * 65], 1, "1 to 64 characters"),
    ],
)
def test_what_is_wrong_with_a_token_is_a_sentence(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    asyncio.run(make(tmp_path / "data"))
    done = run(tmp_path, "token", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_tokens_need_a_database_that_is_there(tmp_path: Path) -> None:
    done = run(tmp_path, "token", "deck")
    assert (done.returncode, "There is no database yet" in done.stderr) == (1, True)
    assert not (tmp_path / "data").exists()


def test_a_host_that_others_reach_needs_an_owner_first(tmp_path: Path) -> None:
    done = run(tmp_path, web_host="0.0.0.0", **CREDENTIALS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "python -m pixel_bot login" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(tmp_path, *ENDING, web_host="0.0.0.0").returncode == 0


@pytest.mark.parametrize(
    "url", ["bot.example", "ftp://bot.example", "https://bot.example/path", "https://", "https://a@b"]
)
def test_a_public_address_is_scheme_and_host(tmp_path: Path, url: str) -> None:
    done = run(tmp_path, "token", "list", web_public_url=url)
    assert (done.returncode, "WEB_PUBLIC_URL" in done.stderr) == (2, True)
    assert (
        settings_in(tmp_path, web_public_url="https://Bot.example:8443/").web_public_url == "https://bot.example:8443"
    )
