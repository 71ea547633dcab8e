"""Clips of the sandbox."""

import asyncio
import re
from typing import Any

import aiohttp
import pytest

from pixel_bot.run.sandbox_app import SANDBOX
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing import Live

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask_for_a_clip(show: Live, wanted: str) -> str:
    """What the bot says about a clip, as soon as it holds ``wanted``."""
    told: asyncio.Queue[str] = asyncio.Queue()
    show.twitch.listeners.add(lambda line: told.put_nowait(line.text))
    await show.say("alice", "!clip")
    async with asyncio.timeout(15):
        while wanted not in (words := await told.get()):
            pass
    return words


async def test_a_clip_is_linked_when_it_is_there(show: Live) -> None:
    words = await ask_for_a_clip(show, "Here is the clip: ")
    address = words.partition(": ")[2]
    assert re.fullmatch(rf"http://{re.escape(show.app.web.address)}/sandbox#clip-Sandbox[0-9a-f]{{16}}", address)


async def test_an_offline_stream_has_nothing_to_clip(show: Live) -> None:
    show.twitch.live = False
    await ask_for_a_clip(show, "The stream is offline")


async def test_clips_over_http(show: Live) -> None:
    world = show.twitch.users
    app, user = world.grant(None)[0], world.grant(STREAMER.id)[0]
    url = f"http://{show.app.web.address}{SANDBOX}/helix/clips"

    async def ask(method: str, query: str, token: str = user) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Client-Id": world.client_id}
        async with aiohttp.ClientSession() as web, web.request(method, f"{url}{query}", headers=headers) as answer:
            return answer.status, await answer.json()

    status, made = await ask("POST", f"?broadcaster_id={STREAMER.id}")
    assert status == 202
    (clip,) = made["data"]
    assert sorted(clip) == ["edit_url", "id"]
    assert await ask("GET", f"?id={clip['id']}") == (200, {"data": [], "pagination": {}}), "it takes a moment"
    async with asyncio.timeout(5):
        while not (listed := (await ask("GET", f"?id={clip['id']}", app))[1]["data"]):
            await asyncio.sleep(0.05)
    assert (listed[0]["id"], listed[0]["broadcaster_id"], len(listed[0])) == (clip["id"], STREAMER.id, 17)
    assert len((await ask("GET", f"?broadcaster_id={STREAMER.id}"))[1]["data"]) == 1
    assert (await ask("GET", "?id=unknown"))[1]["data"] == []
    refused = {
        ("POST", f"?broadcaster_id={STREAMER.id}", app): 401,
        ("POST", "", user): 400,
        ("POST", "?broadcaster_id=1", user): 404,
        ("GET", "", user): 400,
    }
    assert {asked: (await ask(*asked))[0] for asked in refused} == refused
