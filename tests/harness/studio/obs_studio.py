"""A real OBS Studio without a screen: its own home, its own X server, free ports."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from simpleobsws import IdentificationParameters, Request, WebSocketClient

PASSWORD = "studio-password"
SECONDS = 30.0
PROGRAMS = {"obs": "obs-studio obs-plugins", "Xvfb": "xvfb libgl1-mesa-dri", "ffprobe": "ffmpeg"}

GLOBAL = """[General]
FirstRun=true
EnableAutoUpdates=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={password}
"""

PROFILE = """[General]
Name=lab
[Output]
Mode=Simple
[SimpleOutput]
FilePath={clips}
RecFormat=mkv
RecQuality=Stream
UseAdvanced=true
Preset=ultrafast
x264Settings=keyint=10 tune=zerolatency
RecEncoder=x264
StreamEncoder=x264
VBitrate=500
ABitrate=96
RecRB={buffer}
RecRBTime=10
RecRBSize=64
RecRBPrefix=Replay
[Video]
BaseCX=640
BaseCY=360
OutputCX=640
OutputCY=360
FPSType=1
FPSInt=10
[Audio]
SampleRate=48000
ChannelSetup=Stereo
"""

SCENES: dict[str, Any] = {
    "name": "lab",
    "current_scene": "Main",
    "current_program_scene": "Main",
    "scene_order": [{"name": "Main"}],
    "sources": [
        {"id": "color_source_v3", "name": "Blue", "settings": {"color": 0xFFFF0000, "width": 640, "height": 360}},
        {"id": "scene", "name": "Main", "settings": {"id_counter": 1, "items": [{"name": "Blue", "id": 1}]}},
    ],
}

ARGUMENTS = (
    *("--multi", "--disable-updater", "--disable-missing-files-check"),
    *("--profile", "lab", "--collection", "lab", "--scene", "Main"),
)

SCREEN = ("-screen", "0", "1280x720x24", "-nolisten", "tcp")


def program(name: str) -> str:
    """The path of a program that these tests cannot do without."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"These tests need {name}. Install it, on Debian with: apt-get install {PROGRAMS[name]}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ObsStudio:
    """OBS with a replay buffer of ten seconds, on one port and in one folder over all its starts."""

    def __init__(self, folder: Path, display: str) -> None:
        self.port = free_port()
        self.clips = folder / "clips"
        self._home = folder
        self._display = display
        self._process: Process | None = None
        self.clips.mkdir()
        (folder / "run").mkdir(mode=0o700)

    async def start(self, *, buffer_enabled: bool = True) -> None:
        """Start OBS; returns when it listens, and when its replay buffer runs where there is one."""
        self._configure(buffer_enabled=buffer_enabled)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._home / "run"),
            "DISPLAY": self._display,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "QT_QPA_PLATFORM": "xcb",
            "LANG": "C.UTF-8",
        }
        more = ("--startreplaybuffer",) if buffer_enabled else ()
        with (self._home / "obs.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                program("obs"), *ARGUMENTS, *more, env=environment, stdin=DEVNULL, stdout=log, stderr=log
            )
        await self._listens()
        if buffer_enabled:
            await self.buffer_is(on=True)

    async def kill(self) -> None:
        """End OBS as a crash does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self._process = None

    async def buffer(self, *, on: bool) -> None:
        """Press Start or Stop Replay Buffer; returns when it has happened."""
        await self.ask("StartReplayBuffer" if on else "StopReplayBuffer")
        await self.buffer_is(on=on)

    async def buffer_is(self, *, on: bool) -> None:
        """Returns when the replay buffer runs, or does not."""
        async with asyncio.timeout(SECONDS):
            while (await self.ask("GetReplayBufferStatus"))["outputActive"] is not on:
                await asyncio.sleep(0.05)

    async def ask(self, request: str) -> dict[str, Any]:
        """Ask OBS beside the bot's own connection, as its buttons would; it may be starting still."""
        client = WebSocketClient(
            f"ws://127.0.0.1:{self.port}", PASSWORD, IdentificationParameters(eventSubscriptions=0)
        )
        await client.connect()
        try:
            assert await client.wait_until_identified()
            return cast(Any, await client.call(Request(request))).responseData or {}
        finally:
            await client.disconnect()

    def files(self) -> list[Path]:
        """The clips, oldest first: their names are their times."""
        return sorted(self.clips.iterdir())

    async def _listens(self) -> None:
        async with asyncio.timeout(SECONDS):
            while True:
                assert self._process is not None
                assert self._process.returncode is None, (self._home / "obs.log").read_text("utf-8", "replace")[-2000:]
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return

    def _configure(self, *, buffer_enabled: bool) -> None:
        config = self._home / ".config" / "obs-studio"
        files = {
            "global.ini": GLOBAL.format(port=self.port, password=PASSWORD),
            "basic/profiles/lab/basic.ini": PROFILE.format(clips=self.clips, buffer=str(buffer_enabled).lower()),
            "basic/scenes/lab.json": json.dumps(SCENES),
        }
        for name, content in files.items():
            path = config / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


@asynccontextmanager
async def x_server() -> AsyncGenerator[str]:
    """An X server that nobody sees; yields its display, which it picks itself."""
    reading, writing = os.pipe()
    try:
        command = (program("Xvfb"), "-displayfd", str(writing), *SCREEN)
        server = await asyncio.create_subprocess_exec(*command, pass_fds=(writing,), stdout=DEVNULL, stderr=DEVNULL)
    finally:
        os.close(writing)
    try:
        with os.fdopen(reading, encoding="ascii") as number:
            display = (await asyncio.wait_for(asyncio.to_thread(number.readline), SECONDS)).strip()
        assert display, "the X server did not start"
        yield f":{display}"
    finally:
        server.terminate()
        await server.wait()


@asynccontextmanager
async def obs_studio(folder: Path) -> AsyncGenerator[ObsStudio]:
    """An OBS that runs, with its clips in the folder."""
    for name in PROGRAMS:
        program(name)
    async with x_server() as display:
        studio = ObsStudio(folder, display)
        try:
            await studio.start()
            yield studio
        finally:
            await studio.kill()


async def video_streams(path: Path) -> list[dict[str, Any]]:
    """The video streams that ffprobe finds in a file: codec, width, height and number of frames."""
    command = (program("ffprobe"), "-v", "error", "-select_streams", "v", "-count_packets")
    entries = ("-show_entries", "stream=codec_name,width,height,nb_read_packets", "-of", "json", str(path))
    probe = await asyncio.create_subprocess_exec(*command, *entries, stdout=PIPE, stderr=PIPE)
    out, err = await probe.communicate()
    assert probe.returncode == 0, err.decode("utf-8", "replace")
    return json.loads(out)["streams"]
