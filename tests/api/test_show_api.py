"""The queue, panic, redeems, cogs, backups, tokens and the audit log by the API."""

from collections.abc import Callable

from pixel_bot.testing import Stage
from pixel_bot.testing.api_client import ApiClient
from tests.harness.database import findings


async def test_an_item_that_waits_is_skipped_and_one_that_ended_is_given_back(chat: Stage, deck: ApiClient) -> None:
    await chat.viewer("alice", points=100)
    chat.overlay.close()
    await chat.say("alice", "!sound ding")
    (item,) = (await deck.get("/queue")).body["items"]
    assert (item["buyer"], item["redeem"], item["status"]) == ("alice", "sound", "pending")
    skipped = await deck.post(f"/queue/{item['id']}/skip")
    assert skipped.body["points"] == 15
    assert await chat.points("alice") == 100
    assert (await deck.post(f"/queue/{item['id']}/skip")).status == 409
    assert (await deck.post(f"/queue/{item['id']}/refund")).status == 409
    assert await findings(chat.bot) == []


async def test_one_that_was_played_is_given_back_once(chat: Stage, deck: ApiClient) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!sound ding")
    await chat.settled()
    assert (await deck.get("/queue")).body["items"] == []
    assert (await deck.post("/queue/1/refund")).body["points"] == 15
    assert (await deck.post("/queue/1/refund")).status == 409
    assert await chat.points("alice") == 100


async def test_lanes_are_paused_and_go_on(deck: ApiClient) -> None:
    assert (await deck.post("/queue/pause?lane=tts")).body["paused"] == ["tts"]
    assert (await deck.post("/queue/pause?lane=nonsense")).status == 422
    assert sorted((await deck.post("/panic")).body["paused"]) == sorted((await deck.get("/queue")).body["lanes"])
    assert (await deck.post("/calm")).body["paused"] == []
    assert [row["action"] for row in (await deck.get("/audit")).body["items"]] == ["calm", "panic", "pause"]


async def test_a_redeem_is_changed(chat: Stage, deck: ApiClient) -> None:
    changed = await deck.patch("/redeems/sound", {"cost": 20, "cooldown": 7, "enabled": False})
    assert [changed.body[name] for name in ("cost", "cooldown", "enabled")] == [20, 7, False]
    (row,) = (await deck.get("/audit", area="redeems")).body["items"]
    assert (row["before"], row["after"]) == (
        {"enabled": True, "cost": 15, "cooldown": 5},
        {"enabled": False, "cost": 20, "cooldown": 7},
    )
    assert (await deck.patch("/redeems/nonsense", {"cost": 1})).status == 404
    assert (await deck.patch("/redeems/sound", {"cost": -1})).status == 422
    await chat.viewer("alice", points=100)
    assert (await chat.say("alice", "!sound ding"))[0].startswith("Play sound effect is switched off")


async def test_a_cog_is_taken_away_and_comes_back(chat: Stage, deck: ApiClient) -> None:
    assert (await deck.post("/cogs/fair/unload")).body["loaded"] is False
    assert await chat.say("alice", "!fair 1") == []
    assert (await deck.post("/cogs/fair/load")).body["loaded"] is True
    assert (await deck.post("/cogs/fair/load")).status == 409
    assert (await deck.post("/cogs/nonsense/load")).status == 409


async def test_a_backup_is_made_and_listed(deck: ApiClient) -> None:
    made = await deck.post("/backups")
    assert made.status == 200
    (kept,) = (await deck.get("/backups")).body["items"]
    assert (kept["name"], kept["size"]) == (made.body["name"], made.body["size"])


async def test_a_token_gives_no_more_than_its_maker_has(deck: ApiClient, client: Callable[..., ApiClient]) -> None:
    maker = client("people:manage", "show:view")
    made = await maker.post("/tokens", {"name": "lamp", "scopes": ["show:view"]})
    assert (made.status, made.body["token"][:3]) == (201, "pb_")
    assert (await maker.post("/tokens", {"name": "more", "scopes": ["points:manage"]})).status == 403
    assert (await maker.post("/tokens", {"name": "odd", "scopes": ["nonsense"]})).status == 422
    assert (await maker.post("/tokens", {"name": "lamp", "scopes": ["show:view"]})).status == 409
    everything = await maker.post("/tokens", {"name": "same"})
    assert everything.status == 201
    listed = {one["name"]: one["scopes"] for one in (await deck.get("/tokens")).body["items"]}
    assert listed == {"lamp": ["show:view"], "same": ["people:manage", "show:view"]}
    assert (await deck.delete("/tokens/lamp")).status == 204
    assert (await deck.delete("/tokens/lamp")).status == 409


async def test_the_audit_log_says_what_can_be_taken_back(chat: Stage, deck: ApiClient) -> None:
    alice = await chat.viewer("alice", points=10)
    given = await deck.post(f"/viewers/{alice.id}/points", {"amount": 5})
    await chat.say("mila", "!points add @alice 3", "moderator")
    rows = (await deck.get("/audit")).body["items"]
    assert [(row["actor"], row["via"], row["undoable"]) for row in rows] == [
        ("mila", "chat", True),
        ("deck", "api", True),
    ]
    await deck.post(f"/undo/{given.body['change']}")
    assert [row["undoable"] for row in (await deck.get("/audit", actor="deck")).body["items"]] == [False, False]


async def test_the_status(deck: ApiClient) -> None:
    body = (await deck.get("/status")).body
    assert (body["mode"], body["live"], body["problems"]) == ("sandbox", False, [])


async def test_what_is_not_there_is_a_problem(deck: ApiClient) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/status", 405), ("POST", "/tokens", 422)):
        answer = await deck.send(method, path, {})
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_the_description_names_the_right_of_each_endpoint(deck: ApiClient) -> None:
    paths = (await deck.get("/openapi.json")).body["paths"]
    rights = {f"{m} {p}": one.get("x-right") for p, methods in paths.items() for m, one in methods.items()}
    assert len(rights) > 25
    assert [path for path, right in rights.items() if not right] == []
