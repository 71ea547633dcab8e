"""Lists of viewers and their ledgers, page by page; blocks and cooldowns."""

import pytest

from pixel_bot.testing import Stage
from pixel_bot.testing.api_client import ApiClient

NAMES = [f"viewer{n:02d}" for n in range(12)]


async def all_of(deck: ApiClient, path: str, **query: object) -> list[dict[str, object]]:
    """All items, page by page; no page is larger than asked."""
    found: list[dict[str, object]] = []
    after = ""
    while True:
        page = (await deck.get(path, **query, **({"after": after} if after else {}), limit=5)).body
        assert 0 < len(page["items"]) <= 5
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


@pytest.mark.parametrize("sort", ["name", "points", "xp"])
async def test_pages_show_everybody_once_in_order(chat: Stage, deck: ApiClient, sort: str) -> None:
    for n, name in enumerate(NAMES):
        viewer = await chat.viewer(name, points=n // 3)
        await deck.post(f"/viewers/{viewer.id}/xp", {"amount": 50 * (n // 4)})
    found = [one for one in await all_of(deck, "/viewers", sort=sort) if str(one["name"]).startswith("viewer")]
    assert sorted(str(one["name"]) for one in found) == NAMES
    if sort == "name":
        assert [one["name"] for one in found] == NAMES
    else:
        values = [one[sort] for one in found]
        assert values == sorted(values, reverse=True)  # pyright: ignore[reportArgumentType]


async def test_somebody_is_found_by_how_the_name_begins(chat: Stage, deck: ApiClient) -> None:
    for name in ("alice", "alicia", "bob", "al_"):
        await chat.viewer(name)
    found = (await deck.get("/viewers", search="@ALI")).body
    assert ([one["name"] for one in found["items"]], found["next"]) == (["alice", "alicia"], None)
    assert (await deck.get("/viewers", search="%")).body["items"] == []


async def test_the_ledger_comes_in_pages_newest_first(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice")
    for amount in range(1, 13):
        await deck.post(f"/viewers/{alice.id}/points", {"amount": amount})
    found = await all_of(deck, f"/viewers/{alice.id}/ledger")
    assert [row["amount"] for row in found] == list(range(12, 0, -1))


async def test_a_cursor_of_another_list_is_refused(chat: Stage, deck: ApiClient) -> None:
    for after in ("nonsense", "W10", "WyJhIl0"):
        answer = await deck.get("/viewers", sort="points", after=after)
        assert (answer.status, answer.body["type"]) == (422, "urn:pixel-bot:problem:cursor")


async def test_somebody_is_blocked_and_free_again(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=100)
    assert (await deck.post(f"/viewers/{alice.id}/block?key=sound")).body["blocked"] == ["sound"]
    assert (await chat.say("alice", "!sound ding"))[0].startswith("A mod has blocked you")
    assert (await deck.delete(f"/viewers/{alice.id}/block")).body["blocked"] == []
    assert (await chat.say("alice", "!sound ding"))[0].startswith("Playing ding!")
    assert (await deck.get(f"/viewers/{alice.id}")).body["cooldowns"].keys() >= {"sound"}
    ended = await deck.post(f"/viewers/{alice.id}/cooldowns/reset")
    assert ended.body["ended"] >= 1


@pytest.mark.parametrize("viewer", ["0", "99", str(2**70), "-1"])
async def test_nobody_has_that_id(deck: ApiClient, viewer: str) -> None:
    answer = await deck.get(f"/viewers/{viewer}")
    assert (answer.status, answer.body["type"]) == (404, "urn:pixel-bot:problem:unknown-viewer")
