"""Options of every command: cooldowns, who may, cost, other names, on and off, replies."""

from collections.abc import Sequence

import pytest

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.testing import Stage
from tests.cogs.commands.scene import mod, streamer
from tests.harness.database import findings


async def set_option(chat: Stage, typed: str) -> None:
    assert (await mod(chat, f"!cmd option {typed}"))[0].startswith(("Set ", "The command ")), typed


@pytest.mark.parametrize("name", ["hug", "rank"])
async def test_cooldowns_hold_for_each_viewer_and_for_all(chat: Stage, name: str) -> None:
    await mod(chat, "!cmd add hug hi")
    await set_option(chat, f"{name} cooldown 30")
    assert len(await chat.say("alice", f"!{name}")) == 1
    assert await chat.say("alice", f"!{name}") == [f"You are on cooldown for !{name}: 30s left."]
    assert "cooldown" not in (await chat.say("bob", f"!{name}"))[0]
    assert "cooldown" not in (await mod(chat, f"!{name}"))[0]
    chat.clock.advance(30)
    await set_option(chat, f"{name} everyone 10")
    assert "cooldown" not in (await chat.say("alice", f"!{name}"))[0]
    assert await chat.say("bob", f"!{name}") == [f"!{name} is resting for everyone: 10s left."]


async def test_a_command_that_refuses_begins_no_cooldown(chat: Stage) -> None:
    await set_option(chat, "give cooldown 30")
    assert "cooldown" not in (await chat.say("alice", "!give @nobody 5"))[0]
    assert "cooldown" not in (await chat.say("alice", "!give @nobody 5"))[0]


@pytest.mark.parametrize(
    ("typed", "may"),
    [
        ("everyone", ("viewer", "subscriber", "regular", "vip", "moderator", "broadcaster")),
        ("100", ("viewer", "subscriber", "regular", "vip", "moderator", "broadcaster")),
        ("250", ("subscriber", "regular", "vip", "moderator", "broadcaster")),
        ("subscriber", ("subscriber", "regular", "vip", "moderator", "broadcaster")),
        ("300", ("regular", "vip", "moderator", "broadcaster")),
        ("regular", ("regular", "vip", "moderator", "broadcaster")),
        ("400", ("vip", "moderator", "broadcaster")),
        ("500", ("moderator", "broadcaster")),
        ("moderator", ("moderator", "broadcaster")),
        ("1000", ("broadcaster",)),
        ("1500", ("broadcaster",)),
        ("owner", ("broadcaster",)),
    ],
)
async def test_levels_of_other_bots_say_who_may(chat: Stage, typed: str, may: Sequence[str]) -> None:
    await mod(chat, "!cmd add hug hi")
    await chat.viewer("ray")
    assert await mod(chat, "!regular add @ray") == ["ray is a regular now."]
    await set_option(chat, f"hug who {typed}")
    for role in ("viewer", "subscriber", "vip", "moderator", "broadcaster"):
        assert (await chat.say(f"a_{role}", "!hug", role) == ["hi"]) == (role in may), role
    assert (await chat.say("ray", "!hug") == ["hi"]) == ("regular" in may)


async def test_a_regular_is_one_no_more(chat: Stage) -> None:
    await chat.viewer("ray")
    await mod(chat, "!cmd add hug hi")
    await set_option(chat, "hug who regular")
    assert await mod(chat, "!regular remove @ray") == ["ray is no regular."]
    await mod(chat, "!regular add @ray")
    assert await mod(chat, "!regular add @ray") == ["ray is a regular already."]
    assert await mod(chat, "!regular remove @ray") == ["ray is no regular any more."]
    assert await chat.say("ray", "!hug") == ["Only regulars and VIPs can do that."]


async def test_an_option_never_gives_more_than_the_cog_does(chat: Stage) -> None:
    await set_option(chat, "cog list who everyone")
    assert await chat.say("alice", "!cog list") == ["Only the streamer can do that."]
    await set_option(chat, "points add who streamer")
    await chat.viewer("alice")
    assert await mod(chat, "!points add @alice 5") == ["Only the streamer can do that."]
    assert await chat.say("alice", "!points") == ["You have 0 points."]
    assert (await streamer(chat, "!points add @alice 5"))[0].startswith("Added 5 points")


async def test_a_command_is_switched_off_and_on(chat: Stage) -> None:
    await set_option(chat, "rank on off")
    assert await chat.say("alice", "!rank") == []
    assert "!rank" not in (await chat.say("alice", "!help 2"))[0]
    await set_option(chat, "rank on on")
    assert len(await chat.say("alice", "!rank")) == 1
    for name in ("cmd", "cmd option", "cog load"):
        assert (await mod(chat, f"!cmd option {name} on off"))[0].startswith(f"I keep !{name} on")


async def test_other_names_are_names_and_shadow_nothing(chat: Stage) -> None:
    await mod(chat, "!cmd add hug $(user) hugs $(touser)")
    await set_option(chat, "hug alias h")
    await set_option(chat, "points add alias gift")
    assert await chat.say("alice", "!h bob") == ["alice hugs bob"]
    await chat.viewer("alice")
    assert (await mod(chat, "!gift @alice 5"))[0].startswith("Added 5 points")
    assert await chat.say("alice", "!gift @alice 5") == ["Only mods can do that."]
    for taken in ("points", "balance", "hug", "h"):
        (answer,) = await mod(chat, f"!cmd option rank alias {taken}")
        assert not answer.startswith("Set "), taken
    assert await mod(chat, "!cmd add h hi") == ["Already, !h is another name of !hug."]
    assert (await mod(chat, "!cmd option h cooldown 5")) == ["Set cooldown of !hug to 5."]
    await set_option(chat, "hug alias -h")
    assert await chat.say("alice", "!h bob") == []
    assert await mod(chat, "!cmd option hug alias -h") == ["That is no other name of !hug: !h."]


async def test_an_answer_is_a_reply_or_is_not(chat: Stage) -> None:
    replied: list[str | None] = []
    put = chat.bot.outbox.put

    async def noted(message: Outgoing) -> str | None:
        replied.append(message.reply_to)
        return await put(message)

    chat.bot.outbox.put = noted  # pyright: ignore[reportAttributeAccessIssue] - the wire, as the outbox is asked for it
    await mod(chat, "!cmd add hug hi")
    await set_option(chat, "points reply off")
    replied.clear()
    for words in ("!hug", "!points"):
        await chat.say("alice", words, message_id=f"a{words}")
    assert replied == [None, None]
    await set_option(chat, "hug reply on")
    await set_option(chat, "points reply on")
    replied.clear()
    for words in ("!hug", "!points"):
        await chat.say("alice", words, message_id=f"b{words}")
    assert replied == ["b!hug", "b!points"]


async def test_a_redeem_has_its_options_where_redeems_have_them(chat: Stage) -> None:
    await set_option(chat, "sound cost 7")
    await set_option(chat, "sound cooldown 99")
    prices = {price.key: price for price in await chat.bot.redeems.prices()}
    assert (prices["sound"].cost, prices["sound"].cooldown) == (7, 99)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("points cost 5", "Only redeems and commands of your own can cost points, and !points is neither."),
        ("nothing cost 5", "There is no command !nothing."),
        ("points", "Type it like this: !cmd option NAME KEY VALUE. "),
        ("points color red", "There is no option color. There are cooldown · everyone · "),
        ("points cooldown soon", "The cooldown is a number of seconds, up to a day."),
        ("points cooldown 99999", "The cooldown is a number of seconds, up to a day."),
        ("points on maybe", "The option on is on or off."),
        ("h-ug cost 5", "A command that costs points needs a name of letters, digits and _, which !h-ug is not."),
        ("hug cost -5", "The cost is a number of points; 0 makes it free."),
    ],
)
async def test_what_cannot_be_set_is_refused(chat: Stage, typed: str, answer: str) -> None:
    await mod(chat, "!cmd add hug hi")
    await mod(chat, "!cmd add h-ug hi")
    (said,) = await mod(chat, f"!cmd option {typed}")
    assert said.startswith(answer)


async def test_a_cooldown_goes_along_when_a_command_gets_a_price(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await mod(chat, "!cmd add hug hi")
    await set_option(chat, "hug cooldown 60")
    await set_option(chat, "hug cost 10")
    assert await chat.say("alice", "!hug") == ["Coming up! 90 points left.", "hi"]
    assert "1m left" in (await chat.say("alice", "!hug"))[0]
    await set_option(chat, "hug cost 0")
    assert await chat.say("alice", "!hug") == ["hi"]
    assert await chat.points("alice") == 90
    assert await findings(chat) == []
