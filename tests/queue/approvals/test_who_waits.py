"""Whose texts wait for a mod's yes, and which effects."""

from pathlib import Path

import pytest

from pixel_bot.model.outcome import Effect, OverlayEffect, PlaySound, Run, ShowOverlay, Speak, from_payload, to_payload
from pixel_bot.redeems.approvals import LATER, WAITING, approval_for
from pixel_bot.sandbox.twitch.users import id_of
from pixel_bot.testing import stage
from tests.queue.approvals.speaking import buys, spoken

AGES = [("2025-12-26T12:00:00Z", True), ("2025-12-25T11:59:00Z", False), ("", True)]


async def test_others_do_not_wait_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="new") as chat:
        chat.users_api.accounts.by_login("regular")
        for number in range(5):
            await chat.say("regular", f"message {number}")
        await buys(chat, "alice", "from a stranger")
        assert await buys(chat, "regular", "from a regular") == ["Coming up! 76 points left."]
        assert spoken(chat) == ["from a regular"]


@pytest.mark.parametrize(("age", "is_new"), AGES)
async def test_a_young_account_is_new(tmp_path: Path, age: str, is_new: bool) -> None:
    async with stage(tmp_path, tts_approve="new", points_chat_amount=0) as chat:
        chat.users_api.accounts.by_login("alice")
        chat.users_api.created_at[id_of("alice")] = age
        for number in range(5):
            await chat.say("alice", f"message {number}")
        await buys(chat)
        assert (spoken(chat) == []) is is_new


async def test_an_age_that_nobody_tells_counts_as_new_and_is_asked_for_once(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="new") as chat:
        chat.users_api.is_signed_in = False
        for number in range(5):
            await chat.say("alice", f"message {number}")
        await buys(chat)
        assert spoken(chat) == []
        await chat.say("mia", "!yes", "moderator")
        chat.users_api.is_signed_in = True
        chat.users_api.accounts.by_login("alice")
        for _ in range(2):
            chat.clock.advance(60)
            await buys(chat)
        assert spoken(chat) == ["hello there"] * 3
        assert len(chat.users_api.requests) == 1


async def test_counted_messages_survive_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="new", points_chat_amount=0) as chat:
        for number in range(3):
            await chat.say("alice", f"message {number}")
    async with stage(tmp_path, tts_approve="new", points_chat_amount=0) as chat:
        chat.users_api.accounts.by_login("alice")
        await chat.say("alice", "and again")
        await buys(chat)
        assert spoken(chat) == ["hello there"]


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        (Speak("hello"), WAITING),
        (ShowOverlay("an answer", approve=True), WAITING),
        (ShowOverlay("Drink!"), None),
        (PlaySound("ding"), None),
        (OverlayEffect("duel"), None),
        (Run("pixel"), LATER),
    ],
)
def test_which_effects_need_a_yes(effect: Effect, kind: str | None) -> None:
    assert approval_for(effect) == kind
    assert approval_for(from_payload(to_payload(effect))) == kind
