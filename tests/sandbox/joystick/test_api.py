"""Joystick's double: its API."""

import aiohttp
import pytest

from tests.sandbox.joystick.client import Double, Json


async def test_who_the_channel_is(double: Double) -> None:
    body = (await double.api("GET", "me/identity")).body
    assert body == {
        "channel_id": double.joystick.channel_id,
        "username": "Pixel_Street",
        "nickname": None,
        "photo_url": None,
        "live": True,
    }
    assert (await double.api("GET", "me/stream")).body["live"] is True
    await double.joystick.go_offline()
    assert (await double.api("GET", "me/identity")).body["live"] is False
    assert (await double.api("GET", "me/stream")).body["live"] is False


async def test_the_bot_speaks_and_whispers(double: Double) -> None:
    assert (await double.api("POST", "chat/messages", {"text": "Hello"})).status == 201
    assert (await double.api("POST", "chat/whispers", {"text": "psst", "username": "jules"})).status == 201
    said = [(said.text, said.whisper_to, said.by) for said in double.joystick.said]
    assert said == [("Hello", "", "rest"), ("psst", "jules", "rest")]
    assert [(line.is_bot, line.whisper_to) for line in double.joystick.recent] == [(True, ""), (True, "jules")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat/messages", {}),
        ("chat/messages", {"text": "  "}),
        ("chat/messages", {"text": 5}),
        ("chat/messages", {"text": "x" * 501}),
        ("chat/whispers", {"text": "psst"}),
        ("chat/whispers", {"text": "psst", "username": ""}),
        ("chat/whispers", {"username": "jules"}),
    ],
)
async def test_what_cannot_be_said(double: Double, path: str, body: Json) -> None:
    answer = await double.api("POST", path, body)
    assert answer.status == 422
    assert answer.body["error"]
    assert not double.joystick.said


@pytest.mark.parametrize(
    ("path", "kind"), [("followers", "follower"), ("moderators", "mod"), ("subscribers", "subscriber")]
)
async def test_people_come_in_pages(double: Double, path: str, kind: str) -> None:
    names = {f"{kind}{n:03}" for n in range(120)}
    getattr(double.joystick, path).update(names)
    found: list[str] = []
    for page in range(1, 5):
        body = (await double.api("GET", path, page=str(page))).body
        assert body["total"] == 120
        found += [person["username"] for person in body["items"]]
    assert found == sorted(names)
    assert (await double.api("GET", path, page="-x")).body["page"] == 1


async def test_without_a_token_the_api_tells_nothing(double: Double) -> None:
    for method, path in (
        ("GET", "me/identity"),
        ("GET", "me/stream"),
        ("GET", "followers"),
        ("POST", "chat/messages"),
        ("POST", "chat/whispers"),
    ):
        assert (await double.api(method, path, token=double.refresh)).status == 401, path


async def test_requests_go_wrong_when_told(double: Double) -> None:
    faults = double.joystick.faults
    for status in (401, 429, 500):
        faults.add("api/v1/chat/messages", status=status, headers={"Retry-After": "7"})
        assert (await double.api("POST", "chat/messages", {"text": "hi"})).status == status
    assert not double.joystick.said
    faults.add("api/v1/chat/messages", status=500, done=True)
    assert (await double.api("POST", "chat/messages", {"text": "hi"})).status == 500
    assert [said.text for said in double.joystick.said] == ["hi"]
    faults.add("api/oauth/token", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await double.renew(double.refresh)
    faults.add("cable", status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        async with double.cable():
            pass
    assert (await double.renew(double.refresh)).status == 200


async def test_what_was_asked_is_noted_without_secrets(double: Double) -> None:
    code = double.joystick.install_code()
    await double.exchange(code)
    await double.renew(double.refresh)
    await double.oauth("POST", "introspect", token=double.access)
    await double.api("GET", "me/identity")
    assert double.joystick.requests.times("api/oauth/token", "POST") == 2
    assert double.joystick.requests.times("api/v1/me/identity") == 1
    noted = repr(tuple(double.joystick.requests))
    for secret in (code, double.refresh, double.access, double.joystick.client_secret, double.basic):
        assert secret not in noted
