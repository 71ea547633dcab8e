"""Codes that somebody was tricked into, and codes again and again."""

import asyncio

import pytest

from pixel_bot.accounts.gift_pause import GivingPaused
from pixel_bot.accounts.merge import Linked
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.model.people import Person
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage
from tests.accounts.linked.people import HERE, MOD, THERE, link
from tests.harness.database import findings
from tests.harness.waiting import until

# A code that somebody was tricked into


async def test_what_a_link_brought_cannot_be_given_away_for_an_hour(services: Services, clock: SettableClock) -> None:
    mule = await services.viewers.meet(Person("2", "mule", "Mule"))
    victim = await services.viewers.meet(HERE)
    await services.economy.add(MOD, victim, 100)
    thief = await services.viewers.meet(THERE)
    await link(services)
    clock.advance(61)
    for giver in (thief, await services.viewers.meet(THERE)):
        for amount in (1, None):
            with pytest.raises(GivingPaused) as caught:
                await services.economy.give(giver, mule, amount)
            assert str(caught.value) == (
                "Your accounts were joined a moment ago, so giving points rests for another 58m 59s."
            )
    clock.advance(3_538.999999)
    with pytest.raises(GivingPaused):
        await services.economy.give(thief, mule, 1)
    clock.advance(0.000001)
    assert (await services.economy.give(thief, mule, 40)).giver_balance == 60
    assert await findings(services) == []


@pytest.mark.parametrize("by_undo", [True, False])
async def test_apart_again_both_may_give(services: Services, alice: Linked, by_undo: bool) -> None:
    await (services.economy.undo(MOD) if by_undo else services.links.unlink(MOD, alice.kept))
    ally = await services.viewers.meet(THERE)
    assert (await services.economy.give(alice.kept, ally, 30)).giver_balance == 70
    assert (await services.economy.give(ally, alice.kept, 30)).receiver_balance == 100


async def test_a_thief_gets_nothing_out_of_a_code(chat: Stage) -> None:
    await chat.viewer("Victim", 5_000)
    await chat.viewer("Mule")
    await chat.say_there("Thief", "!link")
    await chat.say("Victim", f"!link {chat.whispers[-1][1].split()[2]}")
    assert await chat.say_there("Thief", "!give @mule@twitch all") == [
        "@Thief Your accounts were joined a moment ago, so giving points rests for another 1h."
    ]
    assert await chat.say_there("Thief", "!cooldowns") == ["@Thief Still to wait: giving points 1h."]
    await chat.say("Mila", "!unlink @victim", "moderator")
    assert (await chat.points("victim"), await chat.points("mule")) == (5_000, 0)
    assert await chat.say("Victim", "!give @mule 1") == ["You gave Mule 1 point. You have 4,999 left, Mule has 1."]


async def test_the_history_tells_of_links(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    ally = await chat.bot.viewers.meet(THERE)
    await chat.services.economy.add(MOD, ally, 7)
    await chat.say_there("Ally", "!link")
    await chat.say("Alice", f"!link {chat.whispers[-1][1].split()[2]}")
    await chat.say("Mila", "!unlink @alice", "moderator")
    (answer,) = await chat.say("Alice", "!history")
    assert "-7 unlinked: to ally@joystick · +7 linked: from ally@joystick · +50 added by" in answer
    (answer,) = await chat.say_there("Ally", "!history")
    assert "+7 unlinked: from alice · -7 linked: to alice · +7 added by" in answer


# Codes again and again


async def test_a_code_that_is_given_again_is_told_once(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    (answer,) = await chat.say("Alice", "!link")
    before = len(chat.sent)
    for _ in range(5):
        await chat.say_there("Ally", f"!link {answer.split()[2]}")
    assert sum(words.startswith("@Alice ") for words in chat.sent[before:]) == 1
    assert sum(words.startswith("@Ally Nearly done") for words in chat.sent[before:]) == 5


async def test_codes_are_not_whispered_again_and_again(chat: Stage) -> None:
    await chat.say_there("Ally", "!link")
    for _ in range(3):
        assert await chat.say_there("Ally", "!link") == ["@Ally I have just whispered you a code; look there."]
    assert len(chat.whispers) == 1
    await chat.passes(20)
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]


async def test_a_code_that_could_not_be_whispered_is_worth_nothing(chat: Stage) -> None:
    async def lost(message: Outgoing) -> str:
        if message.whisper_to:
            raise SendFailed("not now", retry=True)
        chat.sent.append(message.text)
        return "joystick:1"

    whispered = chat.joystick.outbox._send
    chat.joystick.outbox._send = lost
    assert await chat.say_there("Ally", "!link") == ["@Ally I could not whisper to you. Please try again in a moment."]
    chat.joystick.outbox._send = whispered
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]


async def test_who_gives_a_code_is_answered_while_the_other_platform_is_away(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    await chat.say_there("Ally", "!link")
    code = chat.whispers[-1][1].split()[2]
    await chat.say_there("Ally", f"!link {code}")  # typed in chat: now it needs a yes
    back = asyncio.Event()

    async def away(_: Outgoing) -> str:
        await back.wait()
        raise SendFailed("away", retry=True)

    present, chat.joystick.outbox._send = chat.joystick.outbox._send, away
    answers = asyncio.create_task(chat.say("Alice", f"!link {code}", wait=False))
    try:
        await until(lambda: "Nearly done: type !link yes on Joystick.tv as Ally." in chat.sent)
    finally:
        chat.joystick.outbox._send = present
        back.set()
        await answers
