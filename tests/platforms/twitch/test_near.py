"""Requests that need no socket come to what those over one come to."""

from pathlib import Path

from pixel_bot.platforms.wire import Answer
from pixel_bot.sandbox.twitch.users import BOT
from tests.harness.twitch_harness import DOUBLE, Harness, house


async def asked(home: Harness, url: str, *, near: bool) -> list[Answer]:
    home.is_near = near
    async with home.bot() as app:
        access, _ = home.world.grant(BOT.id)
        signed = {"Authorization": f"Bearer {access}", "Client-Id": home.world.client_id}
        send = app.platform.wire.send
        return [
            await send("GET", f"{url}helix/users", params={"login": BOT.login}, headers=signed),
            await send("GET", f"{url}helix/users", headers=signed | {"Client-Id": "other"}),
            await send("POST", f"{url}helix/chat/messages", headers=signed, json={"message": ""}),
            await send("POST", f"{url}oauth2/token", form={"grant_type": "what & ever"}),
            await send("GET", f"{url}helix/nothing"),
        ]


async def test_near_and_far_come_to_the_same(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        url = f"http://{home.web.address}{DOUBLE}/"
        near, far = await asked(home, url, near=True), await asked(home, url, near=False)
    assert [(answer.status, answer.raw) for answer in near] == [(answer.status, answer.raw) for answer in far]
    assert {answer.status for answer in near} >= {200, 401, 404}
