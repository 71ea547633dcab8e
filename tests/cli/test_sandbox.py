"""The command line: the sandbox."""

import json
import signal
from pathlib import Path

import aiohttp
import pytest

from pixel_bot.cli.command_line import main
from tests.cli.bot_process import Running, RunningAsTyped, rows
from tests.harness.process import run

pytestmark = pytest.mark.sqlite


def test_an_end_without_a_log_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--exit-when-done"]) == 1
    assert "--exit-when-done needs --replay FILE." in capsys.readouterr().err


@pytest.mark.parametrize("file", ["missing.csv", "."])
def test_a_log_that_cannot_be_read_ends_with_1(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--replay", file]) == 1
    assert f"The chat log {file} cannot be read" in capsys.readouterr().err
    assert not Path("data").exists()


async def _chat(home: str, people: int) -> None:
    """That many people are picked on the page, and each says one thing. Returns when the bot has heard them all."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(home.replace("http", "ws", 1) + "/live") as page,
    ):
        for i in range(people):
            await page.send_str(json.dumps({"do": "pick", "login": f"fan_{i}"}))
            await page.send_str(json.dumps({"do": "say", "text": "hello"}))
        async for message in page:
            news = json.loads(message.data)
            if news["type"] == "stats" and news["messages"] == people:
                return


@pytest.mark.parametrize(("name", "start"), [("SIGINT", RunningAsTyped), ("SIGTERM", Running)])
async def test_a_signal_ends_the_bot_in_order(tmp_path: Path, name: str, start: type[Running]) -> None:
    with start(tmp_path) as running:
        await _chat(running.home, 40)
        code, said = running.end(signal.Signals[name])
    assert (code, "Traceback" in said) == (0, False)
    assert rows(tmp_path / "data" / "sandbox.db", "SELECT COUNT(*), SUM(amount) FROM transactions") == [
        (80, 40 * 1_001)
    ]
    assert run(tmp_path, "db", "check").returncode == 0


def test_a_signal_ends_a_replay_in_order(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("0,alice,hello\n1000,bob,far away\n")
    with Running(tmp_path, "sandbox", "--replay", "log.csv") as running:
        code, said = running.end(signal.SIGINT)
    assert (code, "Traceback" in said) == (0, False)


def test_the_prefix_from_the_file_is_used(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMMAND_PREFIX=?\n")
    (tmp_path / "log.csv").write_text("0,alice,?points\n0,alice,!points\n")
    done = run(tmp_path, "sandbox", "--replay", "log.csv", "--speed", "0", "--exit-when-done")
    assert done.returncode == 0
    assert "Commands answered: 1," in done.stdout
    assert "Awarded: 1 point and 1 XP." in done.stdout
