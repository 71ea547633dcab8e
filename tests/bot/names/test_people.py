"""Whom a typed name means."""

from pathlib import Path
from typing import Any

import pytest

from pixel_bot.model.people import Person
from pixel_bot.sandbox.twitch.users import LURKER, SandboxUser, sandbox_user
from pixel_bot.testing import SettableClock, Stage, live, stage
from tests.harness.database import findings
from tests.points.people import worth

YUKI = SandboxUser("yukidaruma", "ゆきだるま")


def account(chat: Stage, who: SandboxUser) -> SandboxUser:
    """Somebody whom Twitch knows, and who has not been here."""
    return chat.users_api.accounts.settle(who)


# By mention


@pytest.mark.parametrize(
    "typed", ["!give @ゆきだるま 10", "!give 10 @ゆきだるま", "!give @ゆきだるま, 10", "!give @yukidaruma 10"]
)
async def test_a_mention_has_the_id(chat: Stage, typed: str) -> None:
    account(chat, YUKI)
    await chat.viewer("alice", 100)
    answer = await chat.say("alice", typed)
    assert answer == ["You gave ゆきだるま 10 points. You have 90 left, ゆきだるま has 10."]
    assert await chat.points("yukidaruma") == 10
    assert chat.users_api.requests == [], "the mention says all that is needed"


async def test_a_mention_of_somebody_renamed_is_the_same_account(chat: Stage) -> None:
    old = account(chat, sandbox_user("bob"))
    bob = await chat.viewer("bob", 50)
    chat.users_api.accounts.rename(old, "robert", "Robert")
    assert await chat.say("alice", "!points @robert") == ["Robert has 50 points."]
    assert await worth(chat.services, bob.id) == ("robert", 50, 0)
    assert chat.users_api.requests == []


async def test_a_mention_without_a_name_is_looked_up_by_its_id(chat: Stage) -> None:
    who = account(chat, YUKI)
    mention = {"user_id": who.id, "user_login": "", "user_name": ""}
    fragments = [{"type": "mention", "text": "@ゆきだるま", "cheermote": None, "emote": None, "mention": mention}]
    message: dict[str, Any] = {"message": {"text": "!points @ゆきだるま", "fragments": fragments}}
    assert await chat.say("alice", "", **message) == ["ゆきだるま has 0 points."]
    assert chat.users_api.requests == [[who.id]]


async def test_two_mentions_under_one_name(chat: Stage) -> None:
    def mention(login: str) -> dict[str, object]:
        who = {"user_id": f"id-{login}", "user_login": login, "user_name": "ゆき"}
        return {"type": "mention", "text": "@ゆき", "cheermote": None, "emote": None, "mention": who}

    message: dict[str, Any] = {
        "message": {"text": "!points @ゆき @ゆき", "fragments": [mention("yuki_1"), mention("yuki_2")]}
    }
    answer = await chat.say("alice", "", **message)
    assert answer == ["Two people are called ゆき: type the login (yuki_1 or yuki_2)."]


async def test_another_ones_mention_is_not_meant(chat: Stage) -> None:
    account(chat, YUKI)
    await chat.viewer("bob", 7)
    assert await chat.say("alice", "!points bob @ゆきだるま") == ["bob has 7 points."]


# By display name


@pytest.mark.parametrize("typed", ["ゆきだるま", "@ゆきだるま", "＠ゆきだるま、", "ゆきだるま!", "ゆきだるま@twitch"])
async def test_a_unique_display_name(chat: Stage, typed: str) -> None:
    await chat.bot.viewers.meet(Person("7", "yukidaruma", "ゆきだるま"))
    assert await chat.say("alice", f"!points {typed}") == ["ゆきだるま has 0 points."]


@pytest.mark.parametrize("typed", ["Женя", "женя", "ЖЕНЯ", "жЕНя"])
async def test_a_display_name_in_any_case(chat: Stage, typed: str) -> None:
    await chat.bot.viewers.meet(Person("7", "zhenya", "ЖеНя"))
    assert await chat.say("alice", f"!points {typed}") == ["ЖеНя has 0 points."]


async def test_two_people_of_one_display_name(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("7", "yuki_2", "ゆき"))
    await chat.bot.viewers.meet(Person("8", "yuki_1", "ゆき"))
    refused = ["Two people are called ゆき: type the login (yuki_1 or yuki_2)."]
    assert await chat.say("alice", "!points ゆき") == refused
    assert await chat.say("mila", "!points add 5 ゆき", "moderator") == refused
    await chat.say("mila", "!points add 5 yuki_2", "moderator")
    assert (await chat.points("yuki_1"), await chat.points("yuki_2")) == (0, 5)


async def test_a_login_goes_before_a_display_name(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("7", "somebody", "Alice"))
    assert await chat.say("bob", "!points @alice") == ["Alice has 0 points."]
    await chat.viewer("alice", 5)
    assert await chat.say("bob", "!points @alice") == ["alice has 5 points."]


async def test_a_new_display_name_replaces_the_old_one(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("7", "yukidaruma", "ゆき"))
    await chat.bot.viewers.meet(Person("7", "yukidaruma", "だるま"))
    assert await chat.say("alice", "!points だるま") == ["だるま has 0 points."]
    assert await chat.say("alice", "!points ゆき") == ["I have not seen ゆき here yet."]


async def test_who_lost_the_login_is_not_found_by_it(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("7", "alice", "Alice"))
    await chat.bot.viewers.meet(Person("8", "alice", "Alice"))
    await chat.bot.viewers.meet(Person("8", "alicia", "Alicia"))
    assert await chat.say("bob", "!points alice") == ["I have not seen alice here yet."]


async def test_a_display_name_of_the_other_platform_is_not_meant(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("jules", "jules", "Joules", "joystick"))
    assert await chat.say("alice", "!points Joules") == ["I have not seen Joules here yet."]
    assert await chat.say("alice", "!points joules@joystick") == ["Joules has 0 points."]
    assert await chat.say_there("bob", "!points joules") == ["@bob Joules has 0 points."]


# Who was heard


async def test_who_only_typed_a_command_of_another_bot_is_known(chat: Stage) -> None:
    await chat.say("carol", "!discord")
    assert await chat.say("mila", "!points add @carol 10", "moderator") == ["Added 10 points: carol has 10."]
    assert chat.users_api.requests == []


async def test_who_wrote_where_chat_earns_nothing_is_known(tmp_path: Path) -> None:
    async with stage(tmp_path, points_chat_amount=0, xp_chat_amount=0) as chat:
        await chat.say("Carol", "hello")
        await chat.say_there("Jules", "hello")
        assert await chat.say("mila", "!points add carol 10", "moderator") == ["Added 10 points: Carol has 10."]
        assert await chat.say("mila", "!points add jules@joystick 1", "moderator") == ["Added 1 point: Jules has 1."]


async def test_who_was_heard_under_two_logins_has_the_later_one(chat: Stage) -> None:
    old = account(chat, sandbox_user("bob"))
    new = chat.users_api.accounts.rename(old, "robert", "Robert")
    for who in (old, new):
        await chat.say("", "!discord", chatter_user_id=who.id, chatter_user_login=who.login, chatter_user_name=who.name)
    (answer,) = await chat.say("mila", "!points add robert 10", "moderator")
    assert answer == "Added 10 points: Robert has 10."


async def test_a_former_name_of_somebody_who_was_heard_renames_nobody(chat: Stage) -> None:
    old = account(chat, sandbox_user("bob"))
    new = chat.users_api.accounts.rename(old, "robert", "Robert")
    for who, words in ((old, "!discord"), (new, "hello")):
        await chat.say("", words, chatter_user_id=who.id, chatter_user_login=who.login, chatter_user_name=who.name)
    assert await chat.say("alice", "!points bob") == ["I have not seen bob here yet."]
    (answer,) = await chat.say("mila", "!points add robert 10", "moderator")
    assert answer.startswith("Added 10 points: Robert has ")


async def test_a_display_name_of_one_who_is_written_and_one_who_is_not(chat: Stage) -> None:
    await chat.bot.viewers.meet(Person("7", "yuki_1", "ゆき"))
    await chat.say("yuki_2", "!discord", chatter_user_name="ゆき")
    assert await chat.say("alice", "!points ゆき") == ["Two people are called ゆき: type the login (yuki_1 or yuki_2)."]


# At Twitch


async def test_a_lurker_is_looked_up_for_a_mod(chat: Stage) -> None:
    account(chat, LURKER)
    answer = await chat.say("mila", "!points add lurker_louise 100", "moderator")
    assert answer == ["Added 100 points: Lurker_Louise has 100."]
    assert chat.users_api.requests == [["lurker_louise"]]
    await chat.say("pixel_street", "!points add lurker_louise 1", "broadcaster")
    assert chat.users_api.requests == [["lurker_louise"]], "known from then on"
    assert await chat.say("lurker_louise", "!points") == ["You have 101 points."]
    assert await findings(chat.services) == []


async def test_who_was_renamed_is_looked_up_under_the_new_name(chat: Stage) -> None:
    old = account(chat, sandbox_user("bob"))
    bob = await chat.viewer("bob", 50)
    chat.users_api.accounts.rename(old, "robert", "Robert")
    answer = await chat.say("mila", "!points add robert 5", "moderator")
    assert answer == ["Added 5 points: Robert has 55."]
    assert await worth(chat.services, bob.id) == ("robert", 55, 0)


async def test_nobody_has_that_name(chat: Stage) -> None:
    assert await chat.say("mila", "!points add @xyz 5", "moderator") == ["Twitch knows nobody called xyz."]
    assert await chat.say("alice", "!points @xyz") == ["I have not seen xyz here yet."]
    assert chat.users_api.requests == [["xyz"]]


async def test_a_viewers_unknown_name_costs_no_request(chat: Stage) -> None:
    account(chat, LURKER)
    assert await chat.say("alice", "!points lurker_louise") == ["I have not seen lurker_louise here yet."]
    assert chat.users_api.requests == []


@pytest.mark.parametrize("typed", ["ゆき", "a b", "al%", "@", "a" * 26, "bob@nowhere"])
async def test_only_logins_are_asked_for(chat: Stage, typed: str) -> None:
    (answer,) = await chat.say("mila", f'!points add "{typed}" 5', "moderator")
    assert answer.endswith("Twitch finds people only by their login. Type that, or pick the name after an @.")
    assert chat.users_api.requests == []


async def test_somebody_on_the_other_platform_is_named_first(chat: Stage) -> None:
    account(chat, sandbox_user("jules"))
    await chat.say_there("jules", "hello")
    answer = await chat.say("mila", "!points add jules 5", "moderator")
    assert answer == ["jules is not known here. On Joystick.tv there is one: type jules@joystick."]
    assert await chat.say("mila", "!points add jules@twitch 5", "moderator") == ["Added 5 points: jules has 5."]
    assert await chat.say_there("mila", "!points add lurker_louise 5", mod=True) == [
        "@mila I have not seen lurker_louise here yet."
    ]
    account(chat, LURKER)
    there = await chat.say_there("mila", "!points add lurker_louise@twitch 5", mod=True)
    assert there == ["@mila Added 5 points: Lurker_Louise has 5."]


async def test_a_name_on_joystick_may_end_in_a_full_stop(chat: Stage) -> None:
    await chat.say_there("dot.", "hello")
    assert await chat.say_there("jules", "!points @dot.") == ["@jules dot. has 1 point."]
    assert await chat.say_there("jules", "!points @jules.") == ["@jules You have 0 points."]


@pytest.mark.parametrize(
    "typed",
    [
        "!points @lurker_louise",
        "!level @lurker_louise",
        "!give @lurker_louise 1",
        "!history @lurker_louise",
        "!cooldowns reset @lurker_louise",
        "!refund @lurker_louise",
        "!block @lurker_louise",
        "!unblock @lurker_louise tts",
        "!wheel given @lurker_louise",
        "!xp add @lurker_louise 1",
        "!xp set @lurker_louise 1",
        "!points set @lurker_louise 1",
        "!points remove @lurker_louise 1",
    ],
)
async def test_every_command_knows_them(chat: Stage, typed: str) -> None:
    account(chat, LURKER)
    await chat.viewer("mila", 10)
    (answer,) = await chat.say("mila", typed, "moderator")
    assert "Lurker_Louise" in answer
    assert "have not seen" not in answer


# Over sockets, at the double


async def test_at_the_double(tmp_path: Path) -> None:
    async with live(tmp_path) as room:
        await room.ask("mila", "!points", "moderator")
        assert await room.ask("mila", "!points add 100 lurker_louise", "moderator") == (
            "Added 100 points: Lurker_Louise has 100."
        )
        assert await room.ask("alice", "!points @ゆきだるま") == "ゆきだるま has 0 points."
        assert await room.ask("mila", "!points add xyz 5", "moderator") == "Twitch knows nobody called xyz."
        bob = (await room.say("bob", "hi")).who
        room.twitch.users.rename(bob, "robert", "Robert")
        assert await room.ask("alice", "!points @robert") == "Robert has 1 point."
        await room.say("carol", "hi")
        room.twitch.users.rename(room.twitch.users.meet(sandbox_user("carol")), "carola", "Carola")
        assert await room.ask("mila", "!points add carola 5", "moderator") == "Added 5 points: Carola has 6."


async def test_without_twitch(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        chat.users_api.is_signed_in = False
        (answer,) = await chat.say("mila", "!points add xyz 5", "moderator")
        assert answer == (
            "I have not seen xyz here yet, and I am not signed in to Twitch, so I cannot ask. "
            "The streamer signs me in on the page /setup."
        )
