"""Which requests the web server lets in."""

from importlib.resources import files

import pytest
from starlette.types import Message, Receive, Scope, Send

from pixel_bot.web.access.origins import origin_from
from pixel_bot.web.guard import HostGuard


async def _welcome(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def passes(
    headers: dict[str, str],
    allowed: tuple[str, ...] = (),
    server: str = "127.0.0.1",
    *,
    method: str = "GET",
    public: str = "",
    client: str = "127.0.0.1",
) -> bool:
    """Whether the guard lets a request with these headers through; a refusal is a 403."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": method, "path": "/", "headers": raw, "server": (server, 8080)}
    scope |= {"client": (client, 50_000), "scheme": "http"}
    await HostGuard(_welcome, allowed, origin_from(public) if public else None)(scope, receive, send)
    assert sent[0]["status"] in {200, 403}
    return sent[0]["status"] == 200


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"]
)
async def test_this_machine_is_welcome(host: str) -> None:
    assert await passes({"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.localhost",
        "192.168.0.9",
        "8.8.8.8:8080",
        "0.0.0.0",
        "[2001:db8::1]",
        "",
        ":8080",
        "2130706433",
    ],
)
async def test_other_names_are_refused(host: str) -> None:
    assert not await passes({"host": host})


async def test_a_request_without_a_host_is_refused() -> None:
    assert not await passes({})


@pytest.mark.parametrize("headers", [{"host": "[::1"}, {"host": "[bad]"}, {"host": "localhost", "origin": "http://[x"}])
async def test_a_broken_address_is_refused(headers: dict[str, str]) -> None:
    assert not await passes(headers)


async def test_the_address_that_the_server_is_reached_at_is_welcome() -> None:
    assert await passes({"host": "192.168.0.5:8080"}, server="192.168.0.5")
    assert not await passes({"host": "192.168.0.6:8080"}, server="192.168.0.5")


async def test_more_names_can_be_allowed() -> None:
    allowed = (" Stream.LAN ", "", "pc")
    assert await passes({"host": "stream.lan:8080"}, allowed)
    assert await passes({"host": "PC"}, allowed)
    assert await passes({"host": "pc", "origin": "http://pc"}, allowed)
    assert not await passes({"host": "evil.example"}, allowed)
    assert not await passes({"host": ""}, allowed)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
async def test_a_page_of_our_own_is_welcome(host: str) -> None:
    assert await passes({"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:8081",
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://localhost:8080.evil.example",
        "http://evil.example/localhost:8080",
        "http://localhost:8080@evil.example",
        "null",
        "",
        "file://",
        "chrome-extension://abcdef",
    ],
)
async def test_pages_elsewhere_are_refused(origin: str) -> None:
    assert not await passes({"host": "localhost:8080", "origin": origin})


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("pc:8080", "http://pc:9000"),
        ("pc:8080", "http://pc"),
        ("pc", "http://pc:8080"),
        ("pc", "https://pc"),
        ("pc:8080", "https://pc:8080"),
        ("localhost:8080", "http://pc:8080"),
        ("pc", "http://stream.lan"),
        ("pc", "http://pc/path"),
    ],
)
async def test_an_allowed_name_is_welcome_by_its_own_scheme_host_and_port_alone(host: str, origin: str) -> None:
    assert not await passes({"host": host, "origin": origin}, ("pc", "stream.lan"))


@pytest.mark.parametrize(("host", "origin"), [("pc", "http://pc:80"), ("pc:80", "http://pc"), ("PC:80", "HTTP://Pc")])
async def test_the_usual_port_need_not_be_named(host: str, origin: str) -> None:
    assert await passes({"host": host, "origin": origin}, ("pc",))


async def test_behind_tls_the_origin_is_https() -> None:
    public = "https://bot.example"
    assert await passes({"host": "bot.example", "origin": public}, public=public)
    assert await passes({"host": "127.0.0.1:8080", "origin": public}, public=public), "a proxy that names us so"
    for origin in ("http://bot.example", "https://bot.example:8443", "https://evil.example", "https://a.bot.example"):
        assert not await passes({"host": "bot.example", "origin": origin}, public=public), origin


async def test_a_proxy_on_this_machine_may_say_that_it_is_https_and_no_other() -> None:
    headers = {"host": "pc", "origin": "https://pc", "x-forwarded-proto": "https"}
    assert await passes(headers, ("pc",))
    assert not await passes(headers, ("pc",), client="192.168.0.9")


FOREIGN_SITES = ("cross-site", "same-site")


@pytest.mark.parametrize("site", FOREIGN_SITES)
@pytest.mark.parametrize(
    ("mode", "dest"),
    [
        ("no-cors", "image"),
        ("no-cors", "script"),
        ("cors", "empty"),
        ("navigate", "iframe"),
        ("", ""),
        ("websocket", ""),
    ],
)
async def test_what_a_page_of_another_site_or_port_embeds_is_refused(site: str, mode: str, dest: str) -> None:
    fetch = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    assert not await passes({"host": "localhost:8080"} | fetch)


@pytest.mark.parametrize("site", [*FOREIGN_SITES, "same-origin", "none"])
async def test_a_link_is_followed_from_anywhere_and_changes_are_made_from_our_own_pages_alone(site: str) -> None:
    fetch = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert await passes({"host": "localhost:8080"} | fetch)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        sent = await passes({"host": "localhost:8080"} | fetch, method=method)
        assert sent == (site not in FOREIGN_SITES), method


def test_every_form_of_our_pages_sends_the_token_of_its_session() -> None:
    """Without it a button is refused as one of a foreign page."""
    for template in files("pixel_bot.web.templates").iterdir():
        if template.name.endswith(".html"):
            for form in template.read_text(encoding="utf-8").split("<form")[1:]:
                assert 'name="form_token"' in form.partition("</form>")[0], (template.name, form[:80])
