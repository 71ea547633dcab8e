"""Linking in chat, from both platforms."""

from pixel_bot.testing import Stage
from tests.accounts.linked.people import THERE, link
from tests.harness.database import findings

# Commands


async def test_a_link_from_joystick_to_twitch(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    await chat.say_there("Ally", "hi")
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]
    ((whispered_to, words),) = chat.whispers
    code = words.split()[2]
    assert whispered_to == "ally"
    assert words == f"Type !link {code} on Twitch within 10 minutes. Only give codes that you asked for yourself."
    assert await chat.say("Alice", f"!link {code.lower()}") == [
        "Alice on Twitch and Ally on Joystick.tv are one now, with 51 points. "
        "Not you? A mod can take it apart with !unlink."
    ]
    assert await chat.say_there("Ally", "!points") == ["@Ally You have 51 points."]
    assert await chat.say_there("Ally", "!link") == [
        "@Ally Your account is linked to another one already. A mod can take them apart first."
    ]
    assert await chat.say("Mila", "!unlink @ally@joystick", "moderator") == [
        "Two accounts again: Alice on Twitch has 50 points, Ally on Joystick.tv has 1 point."
    ]
    assert await chat.say("Mila", "!unlink @alice", "moderator") == ["Alice is not linked to another account."]
    assert await findings(chat.services) == []


async def test_a_link_from_twitch_to_joystick_takes_a_yes(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    (answer,) = await chat.say("Alice", "!link")
    code = answer.split()[2]
    assert answer == (
        f"Type !link {code} on Joystick.tv within 10 minutes, then !link yes here. "
        "Only give codes that you asked for yourself."
    )
    assert await chat.say_there("Ally", f"!link {code}") == [
        "@Ally Nearly done: type !link yes on Twitch as Alice.",
        "@Alice Ally on Joystick.tv typed your code. If that is you, type !link yes, else !link no.",
    ]
    assert await chat.say_there("Ally", "!link yes") == [
        "@Ally No code of yours waits for a yes. Ask for one, and type it on Twitch within 10 minutes."
    ]
    assert await chat.say("Alice", "!link yes") == [
        "Alice on Twitch and Ally on Joystick.tv are one now, with 50 points. "
        "Not you? A mod can take it apart with !unlink."
    ]
    assert await chat.say("Mila", "!undo", "moderator") == ["Undone: link ally@joystick to alice (by Alice)."]


async def test_a_no_ends_it(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    assert await chat.say("Alice", "!link no") == ["You have no code to take back."]
    (answer,) = await chat.say("Alice", "!link")
    await chat.say_there("Thief", f"!link {answer.split()[2]}")
    assert await chat.say("Alice", "!link no") == ["That code is worth nothing any more."]
    (answer,) = await chat.say("Alice", "!link yes")
    assert answer.startswith("No code of yours waits for a yes.")
    assert await chat.points("alice") == 50


async def test_a_bot_on_one_platform_links_nothing(chat: Stage) -> None:
    del chat.bot.channels["joystick"]
    assert await chat.say("Alice", "!link") == ["I am on one platform only, so there is nothing to link."]


async def test_only_mods_take_accounts_apart(chat: Stage) -> None:
    await link(chat.services)
    (refusal,) = await chat.say("Bob", "!unlink @alice")
    assert "mod" in refusal
    assert (await chat.bot.viewers.meet(THERE)).name == "alice"
