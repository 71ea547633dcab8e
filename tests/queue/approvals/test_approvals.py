"""Speech that waits for a mod's yes: asked, answered, given back, and never played without one."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from pixel_bot.queue.approvals import LIMIT, MODS_AWAY
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.run.setup_page import SetUp
from pixel_bot.testing import stage
from tests.queue.approvals.speaking import buys, spoken

ASKED = (
    "Mods, this waits for a yes: #1 alice: hello there · "
    "!yes or !no answers the oldest, !yes NUMBER or !yes @user another one."
)
HELD = "It waits for a mod's yes; without one you get it back in 30m. 75 points left."

LONG = "one two three four five six seven eight nine ten eleven"


async def test_nobody_waits_while_it_is_off(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        assert await buys(chat) == ["Coming up! 75 points left."]
        assert spoken(chat) == ["hello there"]


async def test_speech_waits_for_a_yes(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        assert sorted(await buys(chat)) == sorted([HELD, ASKED])
        assert spoken(chat) == []
        assert await chat.say("alice", "!queue") == ["Your tts waits for a mod's yes."]
        assert await chat.say("mia", "!yes", "moderator") == ["Yes to #1 of alice."]
        assert spoken(chat) == ["hello there"]
        assert await chat.say("mia", "!yes", "moderator") == ["Nothing waits for a yes."]
        assert await chat.points("alice") == 75


async def test_a_no_gives_all_back_and_tells_the_viewer(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat)
        answers = await chat.say("mia", "!no", "moderator")
        assert sorted(answers) == ["@alice tts: A mod said no. Your 25 points are back.", "No to #1 of alice."]
        assert await chat.points("alice") == 100
        assert await chat.say("alice", "!cooldowns") == ["You are not on cooldown for anything."]
        assert spoken(chat) == []


async def test_only_mods_answer(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat)
        assert await chat.say("alice", "!yes") == ["Only mods can do that."]
        assert spoken(chat) == []


async def test_a_mod_needs_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await chat.viewer("mia", points=100)
        await chat.say("mia", "!tts hello", "moderator")
        assert spoken(chat) == ["hello"]


async def test_a_mod_chooses_by_name_and_by_number(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        for login in ("alice", "bob", "carol"):
            await buys(chat, login, f"from {login}")
        assert await chat.say("mia", "!yes @bob", "moderator") == ["Yes to #2 of bob."]
        assert await chat.say("mia", "!yes #3", "moderator") == ["Yes to #3 of carol."]
        assert await chat.say("mia", "!yes 3", "moderator") == ["Nothing with the number 3 waits for a yes."]
        assert await chat.say("mia", "!yes @bob", "moderator") == ["Nothing of bob waits for a yes."]
        assert spoken(chat) == ["from bob", "from carol"]
        assert await chat.say("mia", "!yes list", "moderator") == ["Waiting: #1 alice: from alice"]


async def test_the_same_answer_twice_counts_once(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat, "alice", "one")
        await buys(chat, "bob", "two")
        await chat.say("mia", "!yes", "moderator", message_id="same")
        assert await chat.say("mia", "!yes", "moderator", message_id="same") == []
        assert spoken(chat) == ["one"]


async def test_a_hostile_text_is_not_repeated(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("grumble\n")
    async with stage(tmp_path, tts_approve="all", tts_words_file=words) as chat:
        answers = await buys(chat, "alice", f"you grumble https://evil.example {LONG}")
        (asked,) = (a for a in answers if a.startswith("Mods"))
        assert "#1 alice: you bleep one two three four five six seven eight nine ten… ·" in asked


async def test_while_no_mod_is_there_the_question_is_held(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await chat.passes(MODS_AWAY.total_seconds() + 1)
        held = HELD.replace("30m. ", "30m. No mod has written for a while. ")
        assert await buys(chat) == [held]
        assert await chat.passes(60) == []
        assert await chat.say("mia", "I am back", "moderator") == [ASKED]
        assert await chat.say("mia", "still here", "moderator") == []


@pytest.mark.parametrize("mods", [True, False])
async def test_what_nobody_answers_is_given_back(tmp_path: Path, mods: bool) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        if not mods:
            await chat.passes(MODS_AWAY.total_seconds() + 1)
        await buys(chat)
        assert await chat.passes(LIMIT.total_seconds() - 1) == []
        why = "No mod has said yes in time." if mods else "No mod is here to say yes."
        assert await chat.passes(1) == [f"@alice tts: {why} Your 25 points are back."]
        assert await chat.points("alice") == 100
        assert await chat.say("mia", "!yes", "moderator") == ["Nothing waits for a yes."]
        assert spoken(chat) == []


async def test_a_restart_keeps_what_waits_and_plays_it_once(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat)
    async with stage(tmp_path, tts_approve="all") as chat:
        await chat.settled()
        assert chat.sent == []
        assert spoken(chat) == []
        await chat.say("mia", "!yes", "moderator")
        assert spoken(chat) == ["hello there"]
    async with stage(tmp_path, tts_approve="all") as chat:
        await chat.settled()
        assert spoken(chat) == []
        assert await chat.points("alice") == 75


async def test_a_stop_in_the_middle_of_what_was_allowed_plays_it_again_under_its_token(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat)
        chat.overlay.plays = False
        await chat.say("mia", "!yes", "moderator", wait=False)
        token = (await chat.overlay.asked(1))["id"]
    async with stage(tmp_path, tts_approve="all") as chat:
        await chat.settled()
        assert [message["id"] for message in chat.overlay.played] == [token]
        assert await chat.say("mia", "!yes", "moderator") == ["Nothing waits for a yes."]
        assert await chat.points("alice") == 75


async def test_an_overlay_that_is_away_gives_back_only_what_may_play(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        chat.overlay.close()
        await buys(chat)
        assert await chat.passes(300) == []
        await chat.say("mia", "!yes", "moderator")
        assert await chat.passes(119) == []
        assert await chat.passes(1) == ["@alice tts: The overlay was away for too long. Your 25 points are back."]


async def test_many_that_wait_leave_room_for_the_others(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all", tts_queue_max=1) as chat:
        for number in range(20):
            await buys(chat, f"viewer{number}")
        answers = await buys(chat, "late")
        full = "No room for Text-to-Speech right now. Its queue is full; try again in a moment. Nothing was charged."
        assert answers == [full]
        await chat.viewer("mia", points=100)
        await chat.say("mia", "!tts hello", "moderator")
        assert spoken(chat) == ["hello"]


async def test_skip_leaves_it_alone_and_clear_takes_it(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat)
        assert await chat.say("mia", "!queue skip tts", "moderator") == ["There is nothing to skip."]
        await chat.say("mia", "!queue clear tts", "moderator")
        assert await chat.points("alice") == 100
        assert await chat.say("mia", "!yes", "moderator") == ["Nothing waits for a yes."]


async def test_on_joystick_too(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="new") as chat:
        await chat.say_there("alice", "hello")
        viewer = await chat.bot.viewers.find("alice", platform="joystick")
        streamer = await chat.viewer("pixel_street")
        await chat.services.economy.add(streamer, viewer, 200)
        said = await chat.say_there("alice", "!tts hello there")
        assert any(line.startswith("Mods, this waits for a yes: #1 alice: hello there") for line in said)
        assert await chat.say_there("mia", "!yes", mod=True) == ["@mia Yes to #1 of alice."]
        assert spoken(chat) == ["hello there"]
        for number in range(5):
            await chat.say_there("alice", f"message {number}")
        chat.clock.advance(7 * 86_400)
        await chat.say_there("alice", "!tts again")
        assert spoken(chat) == ["hello there", "again"]


async def test_what_the_ai_says_aloud_waits_too(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all", ai_speak=True) as chat:
        await chat.viewer("alice", points=100)
        (*_, asked) = await chat.say("alice", "!pixel what is a pixel?")
        assert asked.startswith("Mods, this waits for a yes: #2 alice: ")
        assert spoken(chat) == []
        await chat.say("mia", "!no", "moderator")
        assert await chat.points("alice") == 50
        assert spoken(chat) == []


async def test_the_set_up_page_answers_as_a_mod_does(tmp_path: Path) -> None:
    async with stage(tmp_path, tts_approve="all") as chat:
        await buys(chat, "alice", "one")
        await buys(chat, "bob", "two")
        running = cast(RunningBot, SimpleNamespace(bot=chat.bot))
        page = SetUp(chat.services, lambda: running, "", None, None)
        texts = (await page.state()).texts
        assert [(t.number, t.redeem, t.name, t.text) for t in texts] == [
            (1, "tts", "alice", "one"),
            (2, "tts", "bob", "two"),
        ]
        assert await page.answer(2, yes=True)
        assert not await page.answer(2, yes=False)
        assert await page.answer(1, yes=False)
        await chat.settled()
        assert spoken(chat) == ["two"]
        assert await chat.points("alice") == 100
        assert (await page.state()).texts == ()
