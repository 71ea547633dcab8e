"""An OBS that is silent, noisy or none; and the end."""

import asyncio
import socket
import subprocess
import sys

import pytest

from pixel_bot.backends.obs import Obs
from pixel_bot.backends.obs_problems import (
    ObsAway,
    ObsLost,
    ObsSilent,
    ObsStrange,
    SaveTooSlow,
)
from tests.backends.obs.saving import SAVE, STATUS, client, failed_save, refused_check, save, warnings_of
from tests.harness.studio.obs_double import ObsDouble


async def test_silence_fails_the_check_soon_and_the_save_in_time(double: ObsDouble) -> None:
    async with client(double, timeout=0.3) as obs:
        await obs.check()
        double.silent |= {STATUS, SAVE}
        await failed_save(save(obs), SaveTooSlow)
        await refused_check(obs, ObsSilent)


async def test_no_greeting_fails_the_check_soon(double: ObsDouble, obs: Obs) -> None:
    double.silent.add("Hello")
    await refused_check(obs, ObsSilent)


NOISE: list[bytes | str] = [
    b"\xc1",  # no msgpack
    b"\x2a",  # a number
    b"\x80",  # an empty map
    b"\x82\xa2op\x05\xa1d\xc0",  # an event without data
    b"\x82\xa2op\x07\xa1d\x80",  # an answer to nothing
    b"\x82\xa2op\x63\xa1d\x80",  # an unknown kind
    b"\x81\xa1x\xc4\x01\x00",  # bytes inside
    b"\x91" * 900 + b"\xc0",  # very deep
    "text",
    b"",
]


async def test_noise_costs_nothing(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    for frame in NOISE:
        await double.frame(frame)
    path = await double.report("after noise.mkv")
    assert (await saving).path == path
    assert double.connections == 1


async def test_an_answer_that_cannot_be_read_is_an_error(double: ObsDouble, obs: Obs) -> None:
    await obs.check()
    double.codes[SAVE] = -1
    await failed_save(save(obs), ObsStrange)


async def test_another_program_on_the_port() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        obs = Obs("127.0.0.1", server.sockets[0].getsockname()[1], "")
        await refused_check(obs, ObsStrange)
        assert obs.problem == ObsStrange.sentence
        await obs.close()


async def test_a_proxy_for_the_web_is_not_asked(double: ObsDouble, obs: Obs, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        await obs.check()


# The end


async def test_close_fails_those_who_wait(double: ObsDouble, obs: Obs) -> None:
    double.reports = False
    saving = save(obs)
    await double.heard(SAVE)
    await obs.close()
    await failed_save(saving, ObsLost)
    await refused_check(obs, ObsAway)
    assert double.connections == 1


async def test_close_ends_an_attempt(double: ObsDouble, obs: Obs, caplog: pytest.LogCaptureFixture) -> None:
    double.silent.add("Hello")
    obs.start()
    saving = save(obs)
    await double.visited(1)
    await obs.close()
    await failed_save(saving, ObsLost)
    await obs.close()
    obs.start()
    assert [text for text in warnings_of(caplog) if "not known" in text] == []


def test_a_bot_without_obs_does_not_pay_for_the_client() -> None:
    source = "import sys, pixel_bot.backends.obs; sys.exit('simpleobsws' in sys.modules or 'websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
