"""The double of Twitch: channel points."""

from typing import Any

import pytest

from pixel_bot.sandbox.twitch.channel_points import BALANCE, Redemption, RewardRefused
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.sandbox.twitch.client import ALICE, Answer, Double

REWARDS = "channel_points/custom_rewards"
REDEMPTIONS = f"{REWARDS}/redemptions"
NOT_YOURS = "The ID in the Client-Id header must match the client ID used to create the custom reward."


async def ask(double: Double, method: str, path: str = REWARDS, body: Any = None, **params: Any) -> Answer:
    return await double.ask(method, path, STREAMER, body, broadcaster_id=STREAMER.id, **params)


async def make(double: Double, title: str = "Spin", cost: int = 100, **fields: Any) -> dict[str, Any]:
    answer = await ask(double, "POST", body={"title": title, "cost": cost, **fields})
    assert answer.status == 200, answer.body
    return answer.data[0]


async def change(double: Double, reward: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await ask(double, "PATCH", body=fields, id=reward["id"])
    assert answer.status == 200, answer.body
    return answer.data[0]


async def settle(double: Double, made: Redemption, status: str) -> Answer:
    return await ask(double, "PATCH", REDEMPTIONS, {"status": status}, id=made.id, reward_id=made.reward.id)


# Rewards


async def test_a_reward_is_made_changed_and_deleted(double: Double) -> None:
    made = await make(double, is_global_cooldown_enabled=True, global_cooldown_seconds=90, prompt="Round it goes.")
    assert len(made) == 20
    assert made["global_cooldown_setting"] == {"is_enabled": True, "global_cooldown_seconds": 90}
    assert (made["image"], made["cooldown_expires_at"], made["redemptions_redeemed_current_stream"]) == (None, None, 0)
    changed = await change(double, made, cost=250, is_enabled=False, is_global_cooldown_enabled=False)
    assert (changed["id"], changed["title"], changed["cost"], changed["is_enabled"]) == (made["id"], "Spin", 250, False)
    assert changed["global_cooldown_setting"]["is_enabled"] is False
    assert (await ask(double, "GET", id=made["id"])).data == [changed]
    assert (await ask(double, "DELETE", id=made["id"])).status == 204
    assert (await ask(double, "DELETE", id=made["id"])).status == 404
    assert (await ask(double, "GET", id=made["id"])).status == 404


async def test_what_others_made_is_seen_and_left_alone(double: Double) -> None:
    made = await make(double)
    hydrate = next(r for r in (await ask(double, "GET")).data if r["title"] == "Hydrate!")
    assert (await ask(double, "GET", only_manageable_rewards="true")).data == [made]
    redemption = await double.twitch.redeem(ALICE, hydrate["id"])
    refused = [
        await ask(double, "PATCH", body={"cost": 1}, id=hydrate["id"]),
        await ask(double, "DELETE", id=hydrate["id"]),
        await ask(double, "GET", REDEMPTIONS, reward_id=hydrate["id"], status="UNFULFILLED"),
        await settle(double, redemption, "CANCELED"),
    ]
    assert {(answer.status, answer.message) for answer in refused} == {(403, NOT_YOURS)}


async def test_titles_are_unlike_each_other(double: Double) -> None:
    made = await make(double, "Spin")
    answer = await ask(double, "POST", body={"title": "spin", "cost": 1})
    assert (answer.status, answer.message) == (400, "CREATE_CUSTOM_REWARD_DUPLICATE_REWARD")
    answer = await ask(double, "PATCH", body={"title": "hydrate!"}, id=made["id"])
    assert (answer.status, answer.message) == (400, "UPDATE_CUSTOM_REWARD_DUPLICATE_REWARD")
    assert (await change(double, made, title="SPIN"))["title"] == "SPIN"


async def test_a_channel_has_fifty_rewards(double: Double) -> None:
    for i in range(49):
        await make(double, f"Reward {i}")
    answer = await ask(double, "POST", body={"title": "one more", "cost": 1})
    assert (answer.status, answer.message) == (400, "CREATE_CUSTOM_REWARD_TOO_MANY_REWARDS")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 46},
        {"title": 5},
        {"title": None},
        {"cost": 0},
        {"cost": True},
        {"cost": "many"},
        {"prompt": "x" * 201},
        {"background_color": "violet!"},
        {"is_enabled": "yes"},
        {"is_max_per_stream_enabled": True},
        {"is_global_cooldown_enabled": True, "global_cooldown_seconds": 0},
        {"is_global_cooldown_enabled": True, "global_cooldown_seconds": 604_801},
    ],
)
async def test_values_that_twitch_does_not_take(double: Double, fields: dict[str, Any]) -> None:
    answer = await ask(double, "POST", body={"title": "Spin", "cost": 5} | fields)
    assert answer.status == 400
    assert len(double.twitch.points.rewards) == 1


async def test_who_may_not_touch_rewards(double: Double) -> None:
    where = {"broadcaster_id": STREAMER.id}
    read = ["channel:read:redemptions"]
    assert (await double.ask("GET", REWARDS, STREAMER, None, read, **where)).status == 200
    body = {"title": "Spin", "cost": 5}
    answer = await double.ask("POST", REWARDS, STREAMER, body, read, **where)
    assert (answer.status, answer.message) == (401, "Missing scope: channel:manage:redemptions")
    assert (await double.ask("POST", REWARDS, BOT, body, **where)).status == 401
    assert (await double.ask("POST", REWARDS, None, body, **where)).status == 401
    double.world.affiliate = False
    answer = await double.ask("GET", REWARDS, STREAMER, **where)
    assert (answer.status, answer.message) == (403, "channel points are not available for the broadcaster")


# Redemptions


async def test_canceled_pays_back_and_fulfilled_does_not(double: Double) -> None:
    reward, points = await make(double, cost=100), double.twitch.points
    first, second = [await double.twitch.redeem(ALICE, reward["id"]) for _ in range(2)]
    assert points.balance_of(ALICE) == BALANCE - 200
    answer = await settle(double, first, "CANCELED")
    assert [(r["id"], r["status"], r["user_login"]) for r in answer.data] == [(first.id, "CANCELED", "alice")]
    assert points.balance_of(ALICE) == BALANCE - 100
    await change(double, reward, cost=5_000)
    assert (await settle(double, second, "FULFILLED")).status == 200
    for status in ("CANCELED", "FULFILLED"):
        for made in (first, second):
            again = await settle(double, made, status)
            assert (again.status, again.message[:27]) == (404, "The redemptions specified w")
    assert points.balance_of(ALICE) == BALANCE - 100
    assert (await settle(double, first, "UNFULFILLED")).status == 400
    assert (await ask(double, "PATCH", REDEMPTIONS, {"status": "CANCELED"}, reward_id=reward["id"])).status == 400


async def test_open_redemptions_are_listed_page_by_page(double: Double) -> None:
    reward, other = await make(double), await make(double, "Other")
    made = [(await double.twitch.redeem(ALICE, reward["id"])).id for _ in range(5)]
    strange = (await double.twitch.redeem(ALICE, other["id"])).id

    async def page(**params: Any) -> Answer:
        return await ask(double, "GET", REDEMPTIONS, reward_id=reward["id"], **params)

    first = await page(status="UNFULFILLED", first="3")
    assert [r["id"] for r in first.data] == made[:3]
    rest = await page(status="UNFULFILLED", first="3", after=first.body["pagination"]["cursor"])
    assert ([r["id"] for r in rest.data], rest.body["pagination"]) == (made[3:], {})
    assert [r["id"] for r in (await page(status="UNFULFILLED", sort="NEWEST")).data] == made[::-1]
    assert (await page(status="FULFILLED")).data == []
    assert [r["id"] for r in (await page(id=[made[1], "?"])).data] == [made[1]]
    assert (await page(id=strange)).status == 404
    assert (await page()).status == 400
    assert (await page(status="DONE")).status == 400
    assert (await page(status="UNFULFILLED", first="51")).status == 400


async def test_deleting_a_reward_fulfills_what_was_open(double: Double) -> None:
    reward = await make(double)
    made = await double.twitch.redeem(ALICE, reward["id"])
    await ask(double, "DELETE", id=reward["id"])
    assert double.twitch.points.redemptions[made.id].status == "FULFILLED"
    assert double.twitch.points.balance_of(ALICE) == BALANCE - 100


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"is_enabled": False}, "not on offer"),
    ({"is_paused": True}, "paused"),
    ({"is_user_input_required": True}, "needs some words"),
    ({"cost": BALANCE + 1}, "too few channel points"),
    ({"is_global_cooldown_enabled": True, "global_cooldown_seconds": 60}, "rests for another 60 s"),
    ({"is_max_per_stream_enabled": True, "max_per_stream": 1}, "out of stock"),
    ({"is_max_per_user_per_stream_enabled": True, "max_per_user_per_stream": 1}, "had your share"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSALS)
async def test_what_twitch_does_not_let_one_redeem(double: Double, fields: dict[str, Any], words: str) -> None:
    reward = await make(double)
    await double.twitch.redeem(ALICE, reward["id"])
    await change(double, reward, **fields)
    before = double.twitch.points.balance_of(ALICE)
    with pytest.raises(RewardRefused, match=words):
        await double.twitch.redeem(ALICE, reward["id"])
    assert double.twitch.points.balance_of(ALICE) == before
    assert len(double.twitch.points.redemptions) == 1


async def test_limits_of_a_stream_count_anew_in_the_next(double: Double) -> None:
    reward = await make(double, is_max_per_stream_enabled=True, max_per_stream=1)
    await double.twitch.redeem(ALICE, reward["id"])
    assert not (await ask(double, "GET", id=reward["id"])).data[0]["is_in_stock"]
    await double.twitch.go_offline()
    assert (await ask(double, "GET", id=reward["id"])).data[0]["redemptions_redeemed_current_stream"] is None
    await double.twitch.go_live()
    await double.twitch.redeem(ALICE, reward["id"])


async def test_words_of_a_redemption_are_said_in_chat(double: Double) -> None:
    reward = await make(double, is_user_input_required=True)
    made = await double.twitch.redeem(ALICE, reward["id"], "hello there")
    assert made.words == "hello there"
    assert [line.text for line in double.twitch.chat_log.lines] == ["hello there"]


async def test_a_reward_can_skip_the_queue(double: Double) -> None:
    reward = await make(double, should_redemptions_skip_request_queue=True)
    made = await double.twitch.redeem(ALICE, reward["id"])
    assert made.status == "FULFILLED"
    assert (await settle(double, made, "CANCELED")).status == 404


async def test_old_redemptions_are_forgotten_and_open_ones_are_not(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.sandbox.twitch.channel_points.REMEMBERED", 3)
    reward = await make(double)
    kept = await double.twitch.redeem(ALICE, reward["id"])
    for _ in range(5):
        made = await double.twitch.redeem(ALICE, reward["id"])
        double.twitch.points.settle([made.id], "FULFILLED")
    assert len(double.twitch.points.redemptions) == 3
    assert kept.id in double.twitch.points.redemptions
