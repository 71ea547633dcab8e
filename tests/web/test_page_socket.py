"""The sandbox page's websocket."""

from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.pool import QueuePool

from pixel_bot.testing import Live, live
from tests.harness.waiting import until
from tests.web.visitor import Json, play_money, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_hello_says_all_that_the_page_needs(show: Live) -> None:
    await show.ask("alice", "!points")
    async with visit(show) as (_, hello):
        assert {"channel": "pixel_street", "bot": "pixelbot", "prefix": "!"}.items() <= hello.items()
        assert [p["role"] for p in hello["personas"]] == [
            "viewer",
            "subscriber",
            "moderator",
            "viewer",
            "broadcaster",
            "joystick",
        ]
        assert [(line["text"], line["bot"]) for line in hello["chat"]] == [
            ("!points", False),
            ("You have 0 points.", True),
        ]
        assert {"points", "give", "help"} <= {c["name"] for c in hello["commands"]}
        assert hello["stats"]["viewers"] >= 1
    assert await play_money(show) == 0


async def test_who_is_picked_gets_play_money_once(show: Live) -> None:
    for _ in range(2):
        async with visit(show) as (page, _):
            await page.do(do="pick", login="viewer_vi")
            await page.points("viewer_vi", 1_000)
            await page.do(do="pick", login="viewer_vi")
            news = await page.points("viewer_vi", 1_000)
            assert (news["name"], len(news["ledger"]), news["ledger"][0]["words"]) == ("Viewer_Vi", 1, "play money")
    assert await play_money(show) == 1


async def test_play_money_is_not_given_again_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        async with live(tmp_path) as show, visit(show) as (page, _):
            await page.do(do="pick", login="somebody_new")
            await page.points("somebody_new", 1_000)


async def test_what_is_said_is_heard_by_every_page(show: Live) -> None:
    async with visit(show) as (one, _), visit(show) as (two, _):
        await one.do(do="pick", login="viewer_vi")
        await one.do(do="say", text="!points")
        for page in (one, two):
            lines: list[Json] = (await page.hear("chat"))["lines"]
            while len(lines) < 2:
                lines += (await page.hear("chat"))["lines"]
            assert [line["text"] for line in lines] == ["!points", "You have 1,000 points."]
            assert lines[1]["reply_to"] == "Viewer_Vi"


EVENTS: list[tuple[str, object, int, str]] = [
    ("follow", None, 50, "followed"),
    ("sub", None, 200, "subscribed"),
    ("gift", 5, 1_000, "gifted 5 subs"),
    ("cheer", 100, 101, "cheered 100 bits"),
    ("raid", 12, 100, "raids with 12 viewers"),
    ("cheer", -5, 2, "cheered 1 bit"),
    ("cheer", 10**12, 10_001, "cheered 10,000 bits"),
    ("cheer", "many", 2, "cheered 1 bit"),
]


@pytest.mark.parametrize("number", range(len(EVENTS)))
async def test_an_event_is_told_and_paid(shared_show: Live, number: int) -> None:
    kind, amount, paid, words = EVENTS[number]
    login = f"eventful_{number}"
    async with visit(shared_show) as (page, _):
        await page.do(do="pick", login=login)
        await page.do(do="event", kind=kind, amount=amount)
        assert (await page.hear("event"))["text"] == f"{login} {words}"
        await page.points(login, 1_000 + paid)


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ([{"do": "say", "text": "hi"}], "Pick somebody to type as first."),
        ([{"do": "event", "kind": "sub"}], "Pick somebody to type as first."),
        ([{"do": "pick", "login": ""}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "<b>"}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "x" * 26}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "alice\n"}, {"do": "say", "text": "x" * 501}], "Twitch takes 500 characters"),
        ([{"do": "pick", "login": {"a": 1}}], "A name has 1 to 25 letters, digits or underscores."),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "say", "text": "x" * 501}], "Joystick.tv takes 500 characters"),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "redeem", "id": "1"}], "That is Twitch's."),
        ([{"do": "pick", "login": "joy_jules"}, {"do": "timeout", "login": "x"}], "That is Twitch's."),
        ([{"do": "pick", "login": "viewer_vi"}, {"do": "say", "text": "x" * 501}], "Twitch takes 500 characters"),
    ],
)
async def test_a_refusal_is_a_sentence(shared_show: Live, wishes: list[Json], sentence: str) -> None:
    async with visit(shared_show) as (page, _):
        for wish in wishes:
            await page.do(**wish)
        assert (await page.hear("refused"))["text"].startswith(sentence)


@pytest.mark.parametrize("role", ["broadcaster", "bot", "god", "", None])
async def test_nobody_becomes_the_streamer_by_asking(shared_show: Live, role: object) -> None:
    login = f"mallory_{str(role).lower()}"
    async with visit(shared_show) as (page, _):
        await page.do(do="pick", login=login, role=role)
        await page.points(login, 1_000)
        await page.do(do="say", text=f"!points add @{login} 5")
        # The bot may still thank for what happened in a test before this one.
        refusal = "Only mods can do that."
        await page.hear("chat", lambda news: any(line["bot"] and line["text"] == refusal for line in news["lines"]))


GARBAGE: list[str | bytes] = [
    "{nonsense",
    "",
    "null",
    "[]",
    "5",
    '"say"',
    "{}",
    '{"do": null}',
    '{"do": "fly"}',
    '{"do": ["say"]}',
    '{"do": "event", "kind": "fly"}',
    '{"do": "event", "kind": {}}',
    '{"do": "event", "kind": "cheer", "amount": 1e400}',
    '{"do": "say", "text": ""}',
    '{"do": "say", "text": "\\u200b"}',
    '{"do": "say", "text": "\\ud800"}',
    "[" * 50_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage)[:40])
async def test_garbage_is_passed_over(shared_show: Live, garbage: str | bytes) -> None:
    login = f"guest_{GARBAGE.index(garbage)}"
    async with visit(shared_show) as (page, _):
        await page.do(do="pick", login=login)
        await page.points(login, 1_000)
        await page.raw(garbage)
        await page.do(do="say", text="still here")
        news = await page.hear("chat")
        assert [line["text"] for line in news["lines"]] == ["still here"]


async def test_binary_garbage_is_passed_over_too(shared_show: Live) -> None:
    async with visit(shared_show) as (page, _):
        await page.raw(b"\x00\xff")
        await page.do(do="pick", login="guest")
        await page.points("guest", 1_000)


async def test_a_page_that_leaves_is_forgotten(show: Live) -> None:
    before = len(show.twitch.listeners), len(show.bot.services.database.committed)
    async with visit(show):
        assert len(show.twitch.listeners) == before[0] + 1
    await until(lambda: (len(show.twitch.listeners), len(show.bot.services.database.committed)) == before)


async def test_a_page_that_leaves_leaves_its_database_connection(show: Live) -> None:
    before = len(show.twitch.listeners)
    for i in range(30):
        async with visit(show) as (page, _):
            await page.do(do="pick", login=f"guest_{i}")
            await page.do(do="say", text="bye")
            await page.hear("chat")
    await until(lambda: len(show.twitch.listeners) <= before)
    await show.settled()
    pool = cast(QueuePool, show.bot.services.database._read_engine.pool)
    assert pool.checkedout() == 0
