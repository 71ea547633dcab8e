"""The set-up page's buttons, over HTTP."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from pixel_bot.web.forms import MAX_FORM_BYTES
from pixel_bot.web.setup import WaitingText
from tests.web.setup_page.page import FORM, GOOD, HOSTILE, TICKET, SetUpPage, get, is_page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def send(web: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str] = FORM) -> tuple[int, str, str]:
    async with web.post(url, data=body, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), await answer.text()


@pytest.mark.parametrize(
    "path",
    ["/setup", "/setup/state", "/oauth?account=bot", "/oauth", "/oauth/callback", f"/oauth/callback?{urlencode(GOOD)}"],
)
async def test_the_browser_is_told_to_be_careful(desk: SetUpPage, web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(desk.at(path), allow_redirects=False) as answer:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        # A form of a page with "no-referrer" would come with "Origin: null", and be refused.
        assert answer.headers["referrer-policy"] == ("same-origin" if path.startswith("/setup") else "no-referrer")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("button", "fields", "call"),
    [
        ("accept", {"account": "bot", "ticket": TICKET}, ("accept", "bot", TICKET)),
        ("decline", {"account": "broadcaster", "ticket": TICKET}, ("decline", "broadcaster", TICKET)),
        ("forget", {"account": "bot"}, ("forget", "bot")),
        ("answer", {"number": "7", "answer": "yes"}, ("answer", "7", "yes")),
        ("answer", {"number": "7", "answer": "no"}, ("answer", "7", "no")),
        ("press", {"step": "beside", "button": "ours:*"}, ("press", "beside", "ours:*")),
    ],
)
async def test_a_button_acts_and_leads_back(
    desk: SetUpPage, web: aiohttp.ClientSession, button: str, fields: dict[str, str], call: tuple[str, ...]
) -> None:
    headers = {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8", "Origin": desk.at("")}
    status, location, _ = await send(web, desk.at(f"/setup/{button}"), urlencode(fields), headers)
    assert (status, location, desk.calls) == (303, "/setup", [call])


@pytest.mark.parametrize(("button", "said"), [("broken", "That did not work"), ("other", "not there any more")])
async def test_a_button_of_a_cog_that_does_nothing_says_why(
    desk: SetUpPage, web: aiohttp.ClientSession, button: str, said: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": desk.at("")}
    fields = urlencode({"step": "beside", "button": button})
    status, _, text = await send(web, desk.at("/setup/press"), fields, headers)
    assert (status, said in text) == (409, True)


async def chunked() -> AsyncGenerator[bytes]:
    for _ in range(MAX_FORM_BYTES // 1_024 + 1):
        yield b"x" * 1_024


GOOD_FORM = urlencode({"account": "bot", "ticket": TICKET})

BAD_FORMS: dict[str, tuple[Callable[[], Any], dict[str, str], int]] = {
    "no type": (lambda: GOOD_FORM.encode(), {"Content-Type": ""}, 415),
    "text": (lambda: GOOD_FORM, {"Content-Type": "text/plain"}, 415),
    "json": (lambda: '{"account": "bot"}', {"Content-Type": "application/json"}, 415),
    "multipart": (lambda: GOOD_FORM, {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    "too long": (lambda: "account=bot&ticket=" + "x" * MAX_FORM_BYTES, FORM, 413),
    "too long, in pieces": (chunked, FORM, 413),
    "not ascii": (lambda: b"account=bot&ticket=\xff", FORM, 400),
    "not utf-8": (lambda: "account=bot&ticket=%ff", FORM, 400),
    "too many": (lambda: "a=1&" * 17, FORM, 400),
    "empty": (lambda: "", FORM, 400),
    "no ticket": (lambda: "account=bot", FORM, 400),
    "empty ticket": (lambda: "account=bot&ticket=", FORM, 400),
    "wrong ticket": (lambda: "account=bot&ticket=wrong", FORM, 400),
    "no account": (lambda: f"ticket={TICKET}", FORM, 400),
    "another account": (lambda: f"account=god&ticket={TICKET}", FORM, 400),
}


@pytest.mark.parametrize("button", ["accept", "decline"])
@pytest.mark.parametrize(("body", "headers", "status"), BAD_FORMS.values(), ids=BAD_FORMS)
async def test_a_bad_form_is_refused_with_a_page(
    desk: SetUpPage,
    web: aiohttp.ClientSession,
    button: str,
    body: Callable[[], Any],
    headers: dict[str, str],
    status: int,
) -> None:
    got, _, text = await send(web, desk.at(f"/setup/{button}"), body(), headers)
    assert (got, desk.calls) == (status, [])
    assert is_page(text)


@pytest.mark.parametrize("account", ["", "god", HOSTILE])
async def test_only_known_accounts_are_forgotten(desk: SetUpPage, web: aiohttp.ClientSession, account: str) -> None:
    status, _, text = await send(web, desk.at("/setup/forget"), urlencode({"account": account}))
    assert (status, desk.calls) == (400, [])
    assert is_page(text)
    assert "onerror" not in text


@pytest.mark.parametrize("button", ["accept", "decline", "forget"])
@pytest.mark.parametrize(
    "stranger", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
async def test_another_page_cannot_press_a_button(
    desk: SetUpPage, web: aiohttp.ClientSession, button: str, stranger: dict[str, str]
) -> None:
    status, _, _ = await send(web, desk.at(f"/setup/{button}"), GOOD_FORM, FORM | stranger)
    assert (status, desk.calls) == (403, [])


@pytest.mark.parametrize("button", ["accept", "decline", "forget"])
async def test_a_link_presses_no_button(desk: SetUpPage, web: aiohttp.ClientSession, button: str) -> None:
    status, _, _ = await get(web, desk.at(f"/setup/{button}?{GOOD_FORM}"))
    assert (status, desk.calls) == (405, [])


async def test_a_sender_that_goes_away_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    desk = SetUpPage()
    await desk.start()
    _, writer = await asyncio.open_connection("127.0.0.1", desk.web.port)
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /setup/accept HTTP/1.1\r\nHost: {desk.web.address}\r\n{kind}\r\nContent-Length: 99\r\n\r\n"
    writer.write(head.encode() + GOOD_FORM.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await desk.web.stop()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert desk.calls == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"number": "8", "answer": "yes"}, 409),
        ({"number": "-1", "answer": "yes"}, 400),
        ({"number": "7"}, 400),
        ({"number": "7", "answer": "maybe"}, 400),
        ({"answer": "yes"}, 400),
    ],
)
async def test_an_answer_that_cannot_be_taken(
    desk: SetUpPage, web: aiohttp.ClientSession, fields: dict[str, str], status: int
) -> None:
    answer, _, text = await send(web, desk.at("/setup/answer"), urlencode(fields))
    assert answer == status
    assert "That did not work" in text


async def test_texts_that_wait_are_shown_as_text(desk: SetUpPage, web: aiohttp.ClientSession) -> None:
    desk.now = replace(desk.now, texts=(WaitingText(7, "tts", HOSTILE, HOSTILE),))
    async with web.get(desk.at("/setup")) as answer:
        page = await answer.text()
    assert HOSTILE not in page
    assert 'name="number" value="7"' in page
    assert "window.hit=1" in page
