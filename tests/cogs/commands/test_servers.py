"""``$(urlfetch)``: public servers alone, the address that was checked, and the same at each redirect."""

import asyncio
import importlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from pixel_bot.plugin import VariableFailed
from pixel_bot.testing import Stage
from tests.cogs.commands.scene import mod, streamer
from tests.harness.paths import ROOT

PUBLIC = "93.184.216.34"


def module_of(name: str) -> Any:
    """A module of the cog, as tests of its functions need it."""
    package = ModuleType("commands_under_test")
    package.__path__ = [str(ROOT / "cogs/commands")]
    sys.modules.setdefault("commands_under_test", package)
    return importlib.import_module(f"commands_under_test.{name}")


ADDRESSES, FETCHING = module_of("addresses"), module_of("fetching")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:c0a8:101::", "2001:db8::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not ADDRESSES.is_public(address)
    with pytest.raises(VariableFailed):
        ADDRESSES.public_address("a.example", [PUBLIC, address])


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert ADDRESSES.public_address("a.example", [address]) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/", "http://router/",
        "http://192.168.1.1.", "http://1.1.1.1/", "http://127.0.0.1%2f@a.example/", "http://a.example@127.0.0.1/",
        "http://user:pw@a.example/", "http://a.example\\@127.0.0.1/", "http://a.example:22/", "https://a.example:80/",
        "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "//a.example/", "a.example", "", "http://",
        "http:///x",
        "http://a.example /", "http://a.exam\nple/", "http://１２７.0.0.1/", "http://ⓐ.example/", "http://a..example/",
        "http://-a.example/", "http://a.example:99999/", "http://a.example:x/", "http://[a.example/", "http://a_b.example/",
        "http://a.example/" + "x" * 1_000,
    ],
)  # fmt: skip
def test_addresses_in_strange_spellings_are_refused(url: str) -> None:
    with pytest.raises(VariableFailed):
        ADDRESSES.host_and_port(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://API.Example.com/x?y=1#z", "api.example.com", 443),
        ("http://a.example.:80/", "a.example", 80),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
    ],
)
def test_addresses_of_servers_with_a_name_are_read(url: str, host: str, port: int) -> None:
    assert ADDRESSES.host_and_port(url) == (host, port)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class World:
    """Servers on the internet, as this machine plays them: names, their addresses, and what was connected to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.names: dict[str, list[str]] = {}
        self.allowed: set[str] = set()
        self.looked_up: list[str] = []
        self.connected: list[str] = []
        self.requests: list[web.Request] = []

    async def find(self, host: str, _: int) -> list[str]:
        self.looked_up.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    def allow(self, host: str) -> None:
        if host not in self.allowed:
            raise VariableFailed(f"{host} is not allowed.")

    def connect(self, address: str) -> str:
        self.connected.append(address)
        return "127.0.0.1"

    async def fetch(self, url: str) -> str:
        return await FETCHING.fetch(url, self.allow, self.find, self.connect)


@asynccontextmanager
async def world(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Handler]) -> AsyncGenerator[World]:
    """A server on this machine that answers for all names; ``http://`` goes to its port."""
    app = web.Application()
    built = World(0)

    async def answer(request: web.Request) -> web.StreamResponse:
        built.requests.append(request)
        return await answers[request.path](request)

    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    real = FETCHING._Pinned.resolve

    async def resolve(self: Any, host: str, *more: Any, **options: Any) -> Any:
        (found,) = await real(self, host, *more, **options)
        return [{**found, "port": port}]

    monkeypatch.setattr(FETCHING._Pinned, "resolve", resolve)
    try:
        yield built
    finally:
        await runner.cleanup()


def says(text: str, **more: Any) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, **more)

    return answer


def moves(to: str, status: int = 302) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": to})

    return answer


async def test_an_allowed_server_is_asked_and_its_answer_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(monkeypatch, {"/x": says("It is\n  sunny. " + "x" * 5_000)}) as net:
        net.names, net.allowed = {"a.example": [PUBLIC]}, {"a.example"}
        said = await net.fetch("http://a.example/x?q=1")
        assert said.startswith("It is sunny. xxx")
        assert len(said) == 400
        (asked,) = net.requests
        assert (asked.method, asked.host, asked.query_string) == ("GET", "a.example", "q=1")
        assert "Cookie" not in asked.headers


async def test_what_is_not_allowed_or_not_public_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(monkeypatch, {"/": says("secret")}) as net:
        net.names = {"a.example": [PUBLIC], "inside.example": ["10.0.0.5"], "both.example": [PUBLIC, "127.0.0.1"]}
        net.allowed = {"inside.example", "both.example", "nowhere.example"}
        for name in ("a.example", "inside.example", "both.example", "nowhere.example"):
            with pytest.raises(VariableFailed):
                await net.fetch(f"http://{name}/")
        assert net.requests == []
        assert "a.example" not in net.looked_up


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_checked_like_the_first_address(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    answers = {
        "/to-b": moves("http://b.example/end", status),
        "/to-c": moves("http://c.example/end", status),
        "/to-inside": moves("http://inside.example/end", status),
        "/to-local": moves("http://127.0.0.1/end", status),
        "/to-number": moves("http://2130706433/end", status),
        "/to-file": moves("file:///etc/passwd", status),
        "/near": moves("/end", status),
        "/round": moves("/round", status),
        "/end": says("the end"),
    }
    async with world(monkeypatch, answers) as net:
        net.names = {
            "a.example": [PUBLIC],
            "b.example": [PUBLIC],
            "c.example": [PUBLIC],
            "inside.example": ["192.168.0.9"],
        }
        net.allowed = {"a.example", "b.example", "inside.example"}
        assert await net.fetch("http://a.example/to-b") == "the end"
        assert await net.fetch("http://a.example/near") == "the end"
        net.requests.clear()
        for path in ("to-c", "to-inside", "to-local", "to-number", "to-file"):
            with pytest.raises(VariableFailed):
                await net.fetch(f"http://a.example/{path}")
        assert [asked.path for asked in net.requests] == ["/to-c", "/to-inside", "/to-local", "/to-number", "/to-file"]
        with pytest.raises(VariableFailed):
            await net.fetch("http://a.example/round")
        assert len(net.requests) == 9


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what is connected to is the address that was checked."""
    async with world(monkeypatch, {"/": says("hi")}) as net:
        net.names, net.allowed = {"a.example": [PUBLIC]}, {"a.example"}

        async def find(host: str, port: int) -> list[str]:
            found = await net.find(host, port)
            net.names["a.example"] = ["127.0.0.1"]
            return found

        assert await FETCHING.fetch("http://a.example/", net.allow, find, net.connect) == "hi"
        assert net.connected == [PUBLIC]
        assert net.looked_up == ["a.example"]


async def test_a_server_that_is_slow_or_broken_costs_two_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response()

    monkeypatch.setattr(FETCHING, "SECONDS", 0.2)
    async with world(monkeypatch, {"/slow": never, "/broken": says("x", status=500)}) as net:
        net.names, net.allowed = {"a.example": [PUBLIC]}, {"a.example"}
        with pytest.raises(VariableFailed, match="did not answer"):
            await net.fetch("http://a.example/slow")
        with pytest.raises(VariableFailed, match="answered with an error"):
            await net.fetch("http://a.example/broken")
        gate.set()


async def test_a_text_that_asks_a_server_says_why_not(chat: Stage) -> None:
    await mod(chat, "!cmd add w $(urlfetch https://$(1)/x)")
    for host, why in {
        "api.example.com": "The streamer has not allowed api.example.com yet: !cmd allow api.example.com",
        "127.0.0.1": "That is no web address that I may ask.",
        "a.example@127.0.0.1": "That is no web address that I may ask.",
    }.items():
        assert await chat.say("alice", f"!w {host}") == [why]
    await streamer(chat, "!cmd allow nowhere.invalid")
    assert await chat.say("alice", "!w nowhere.invalid") == ["nowhere.invalid did not answer."]


async def test_what_could_not_be_asked_is_given_back(chat: Stage) -> None:
    await chat.viewer("alice", points=50)
    await mod(chat, "!cmd add w $(urlfetch https://api.example.com/x)")
    await mod(chat, "!cmd option w cost 20")
    (first, back) = await chat.say("alice", "!w")
    assert first == "Coming up! 30 points left."
    assert "has not allowed api.example.com yet" in back
    assert "Your 20 points are back." in back
    assert await chat.points("alice") == 50


def test_the_cog_lies_where_this_test_looks() -> None:
    assert Path(FETCHING.__file__).parent == ROOT / "cogs/commands"
