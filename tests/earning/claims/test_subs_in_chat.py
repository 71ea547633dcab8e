"""Subs as chat, ledger and overlay show them: once, whichever events tell of them."""

from datetime import timedelta
from typing import Any

import pytest

from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.testing import Stage
from tests.cogs.loaded import thanks_said
from tests.harness.database import rows

ALICE, BOB = sandbox_user("alice", name="Alice"), sandbox_user("bob", name="Bob")
SUBSCRIBE, SHARE = (
    ("channel.subscribe", frames.subscribe(ALICE)),
    ("channel.subscription.message", frames.resub(ALICE, 5)),
)
NOTICE = "channel.chat.notification"


def resub_notice(who: SandboxUser, months: int, *, gift: bool = False) -> tuple[str, Json]:
    details: Json = {"cumulative_months": months, "duration_months": 1, "sub_tier": "1000", "is_prime": False}
    return NOTICE, notices.notice(who, "resub", f"{who.login}-{months}", **details, is_gift=gift)


async def ledger(chat: Stage) -> list[tuple[Any, ...]]:
    return await rows(
        chat.bot, "SELECT u.name, t.reason, t.amount FROM transactions t JOIN users u ON u.id = t.user_id ORDER BY t.id"
    )


async def xp(chat: Stage, name: str) -> int:
    found = await rows(chat.bot, "SELECT xp FROM xp_records WHERE user_name = :name", name=name)
    return found[0][0] if found else 0


def alerts(chat: Stage) -> list[str]:
    return [alert["text"] for alert in chat.overlay.alerts]


@pytest.mark.parametrize(
    "told",
    [
        [SUBSCRIBE, SHARE],
        [SHARE, SUBSCRIBE],
        [SUBSCRIBE, SHARE, resub_notice(ALICE, 5)],
        [resub_notice(ALICE, 5), SUBSCRIBE, SHARE],
        [SHARE, resub_notice(ALICE, 5), SUBSCRIBE],
    ],
)
async def test_a_lapsed_sub_that_is_shared_pays_once(chat: Stage, told: list[tuple[str, Json]]) -> None:
    for kind, event in told:
        await chat.hear(kind, event, wait=False)
        assert await ledger(chat) == [("alice", "sub", 200)], "the first one pays at once"
        chat.clock.advance(2)
    await chat.settled()
    await thanks_said(chat.bot)
    assert await ledger(chat) == [("alice", "sub", 200)]
    assert await xp(chat, "alice") == 50
    assert [line for line in chat.sent if "sub" in line] == ["Thank you for the sub, Alice!"]
    assert alerts(chat) == ["Alice subscribed for 5 months"]


async def test_the_announcement_waits_for_the_months_and_no_longer(chat: Stage) -> None:
    await chat.hear(*SUBSCRIBE, wait=False)
    assert alerts(chat) == []
    await chat.bot.events.flush()
    assert alerts(chat) == ["Alice subscribed"]
    # Minutes later is too late to say it again.
    chat.clock.advance(timedelta(minutes=7).total_seconds())
    await chat.hear(*SHARE)
    assert (await ledger(chat), alerts(chat)) == ([("alice", "sub", 200)], ["Alice subscribed"])


@pytest.mark.parametrize(("tier", "worth", "gained"), [(1, 200, 50), (2, 400, 100), (3, 1_000, 250)])
async def test_a_sub_pays_by_its_tier_and_so_does_a_gift(chat: Stage, tier: int, worth: int, gained: int) -> None:
    await chat.hear("channel.subscribe", frames.subscribe(ALICE, tier=tier))
    await chat.hear("channel.subscription.gift", frames.gift(BOB, 3, tier=tier))
    assert await ledger(chat) == [("alice", "sub", worth), ("bob", "gift", 3 * worth)]
    assert (await xp(chat, "alice"), await xp(chat, "bob")) == (gained, 3 * gained)


async def test_a_gift_is_paid_to_its_giver_once_and_sharing_it_pays_nothing(chat: Stage) -> None:
    details: Json = {"duration_months": 1, "cumulative_total": 1, "sub_tier": "1000", "community_gift_id": None}
    receiver = {
        f"recipient_user_{key}": value for key, value in (("id", ALICE.id), ("login", "alice"), ("name", "Alice"))
    }
    await chat.hear("channel.subscription.gift", frames.gift(BOB, 1))
    await chat.hear(NOTICE, notices.notice(BOB, "sub_gift", "gift-1", **details, **receiver))
    await chat.hear("channel.subscribe", frames.subscribe(ALICE, gift=True))
    chat.clock.advance(3 * 86_400)
    await chat.hear("channel.subscription.message", frames.resub(ALICE, 1))
    await chat.hear(*resub_notice(ALICE, 1, gift=True))
    assert await ledger(chat) == [("bob", "gift", 200)]
    assert alerts(chat) == ["Bob gifted 1 sub"]


async def test_a_month_that_was_taken_for_a_gift_is_paid_when_the_notice_says_so(chat: Stage) -> None:
    await chat.hear("channel.subscribe", frames.subscribe(ALICE, gift=True))
    chat.clock.advance(86_400)
    await chat.hear("channel.subscription.message", frames.resub(ALICE, 9))
    assert await ledger(chat) == []
    await chat.hear(*resub_notice(ALICE, 9))
    assert await ledger(chat) == [("alice", "sub", 200)]
    assert alerts(chat) == ["Alice subscribed for 9 months"]


async def test_a_community_gift_is_one_gift(chat: Stage) -> None:
    community: Json = {"id": "community-1", "total": 2, "sub_tier": "1000", "cumulative_total": 2}
    await chat.hear(NOTICE, notices.notice(BOB, "community_sub_gift", "gift-1", **community))
    for number in range(2):
        fan = sandbox_user(f"fan{number}")
        receiver: Json = {
            "recipient_user_id": fan.id,
            "recipient_user_login": fan.login,
            "recipient_user_name": fan.name,
        }
        details: Json = {"duration_months": 1, "sub_tier": "1000", "community_gift_id": "community-1"}
        await chat.hear(NOTICE, notices.notice(BOB, "sub_gift", f"one-{number}", **details, **receiver))
    await chat.hear("channel.subscription.gift", frames.gift(BOB, 2))
    assert await ledger(chat) == [("bob", "gift", 400)]
    assert alerts(chat) == ["Bob gifted 2 subs"]


@pytest.mark.parametrize("kind", ["prime_paid_upgrade", "gift_paid_upgrade"])
async def test_who_goes_on_paying_is_thanked_and_paid_once(chat: Stage, kind: str) -> None:
    event = notices.notice(ALICE, kind, "upgrade-1", sub_tier="1000", gifter_is_anonymous=True)
    for message_id in ("m1", "m2"):
        await chat.hear(NOTICE, event, message_id)
    await thanks_said(chat.bot)
    assert await ledger(chat) == [("alice", "upgrade", 50)]
    assert chat.sent == ["Alice goes on with their sub. Thank you!"]


async def test_a_gift_of_the_anonymous_account_pays_nobody(chat: Stage) -> None:
    gifter = SandboxUser("ananonymousgifter", "AnAnonymousGifter")
    event = frames.gift(gifter, 5) | {"user_id": "274598607", "is_anonymous": False}
    await chat.hear("channel.subscription.gift", event)
    assert await ledger(chat) == []
    assert alerts(chat) == ["Somebody gifted 5 subs"]
