"""Beside another bot: what it answers, too, sleeps until the streamer or a mod decides."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.plugin import SetupStep
from pixel_bot.sandbox.twitch.users import Role, sandbox_user
from pixel_bot.testing import SettableClock, Stage, stage
from pixel_bot.web.setup import Pressed
from tests.cogs.commands.scene import mod, streamer

SLEEPS = "Nightbot answers !points, too, so I leave it alone. Mods can make it mine: @PixelBot cmd option points on yes"
POINTS = ["You have 0 points."]


async def both_answer(
    chat: Stage, typed: str, *, after: float = 1, bot: str = "Nightbot", role: Role = "viewer"
) -> list[str]:
    """A viewer types a command, and the other bot answers it. Returns what ours said to that."""
    await chat.say("alice", typed, role)
    chat.clock.advance(after)
    return await chat.say(bot, "alice -> here you are")


def step_of(chat: Stage) -> SetupStep | None:
    return next((step for step in chat.bot.setup_steps() if step.key == "beside"), None)


async def old(folder: Path, clock: SettableClock) -> None:
    """Somebody has been here before: no bot that is met lets anything sleep."""
    async with stage(folder, clock):
        pass
    clock.advance(2 * 86_400)


@pytest.fixture
async def clock(tmp_path: Path) -> SettableClock:
    """The clock of a bot that is past its first day."""
    made = SettableClock()
    await old(tmp_path, made)
    return made


async def test_what_another_bot_answers_twice_sleeps_also_after_a_restart(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        assert await both_answer(chat, "!points") == []
        assert await chat.say("alice", "!points") == POINTS
        assert await both_answer(chat, "!points") == [SLEEPS]
        assert await chat.say("alice", "!points") == []
        assert await chat.say("alice", "!balance") == POINTS, "another word, which it does not answer"
        assert await chat.say("alice", "@pixelbot !points") == POINTS
    async with stage(tmp_path, clock) as chat:
        assert await chat.say("alice", "!points") == []
        assert await both_answer(chat, "!points") == []


async def test_what_is_no_answer(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        for _ in range(3):
            assert await both_answer(chat, "!points", after=3.5) == [], "too late"
            assert await both_answer(chat, "!points", bot="bob") == [], "no bot"
            clock.advance(10)
        for _ in range(2):
            assert await both_answer(chat, "@pixelbot !points") == [], "only ours was asked"
        await both_answer(chat, "!points")
        for _ in range(3):
            clock.advance(10)
            await chat.say("bob", "!points")
        clock.advance(10)
        assert await both_answer(chat, "!points") == [], "the first answer was none: three were not answered"
        for _ in range(3):
            await chat.say("carol", "!rank")
            await chat.say("dave", "!top")
            assert await chat.say("nightbot", "Hello!") == [], "it could be an answer to either"
            clock.advance(10)
        await chat.say("carol", "!rank")
        await both_answer(chat, "!top")
        await chat.say("carol", "!rank")
        (said,) = await both_answer(chat, "!top")
        assert said.startswith("Nightbot answers !top"), "it named who had asked"
        assert await chat.say("alice", "!points") == POINTS


async def test_while_it_is_silent_nothing_sleeps(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock, silent=True) as chat:
        for _ in range(3):
            await both_answer(chat, "!points")
        assert step_of(chat) is None


async def test_a_mod_wakes_it_in_chat_and_then_it_never_sleeps_again(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        for _ in range(2):
            await both_answer(chat, "!points")
        assert await mod(chat, "!cmd option points on yes") == ["The command !points is on."]
        assert await chat.say("alice", "!points") == POINTS
        for _ in range(3):
            assert await both_answer(chat, "!points") == []
        assert await chat.say("alice", "!points") == POINTS
        assert step_of(chat) is None


async def test_cmd_sleeps_and_behind_a_mention_it_always_works(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        for number in range(2):
            said = await both_answer(chat, f"!cmd add c{number} hi", role="moderator")
            assert len(said) == number
            assert all(line.endswith("To make it mine: @PixelBot cmd option cmd on yes") for line in said)
        assert await mod(chat, "!cmd add hug Hugs!") == []
        assert await chat.say("alice", "!hug") == []
        assert await mod(chat, "@pixelbot cmd add hug Hugs!") == ["Added !hug."]
        assert await chat.say("alice", "!hug") == ["Hugs!"]
        assert await mod(chat, "@PixelBot !cmd edit hug Hug!") == ["Changed !hug."]
        assert await chat.say("alice", "@pixelbot cmd edit hug mine") == [], "a viewer talks to the bot"
        assert await mod(chat, "@pixelbot how is it going?") == []
        assert await mod(chat, "@pixelbot clip that") == [], "what may cost points needs the prefix"
        assert await mod(chat, "@pixelbot cmd option cmd on yes") == ["The command !cmd is on."]
        assert await mod(chat, "!cmd show hug") == ["The text of !hug: Hug!"]


async def test_the_set_up_page_asks_whose_it_is(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        for name in ("points", "rank", "top"):
            for _ in range(2):
                await both_answer(chat, f"!{name}")
        step = step_of(chat)
        assert step is not None
        assert (step.tone, step.title) == ("todo", "Beside Nightbot")
        assert [b.key for b in step.buttons if b.line == "!rank"] == ["ours:rank", "theirs:rank"]
        assert await chat.bot.setup_pressed("beside", "ours:rank") is Pressed.DONE
        assert await chat.say("alice", "!rank") != []
        assert await chat.bot.setup_pressed("beside", "ours:rank") is Pressed.GONE, "the button is not there any more"
        assert await chat.bot.setup_pressed("beside", "theirs:*") is Pressed.DONE
        step = step_of(chat)
        assert step is not None
        assert (step.tone, [b.key for b in step.buttons]) == ("done", ["ours:points", "ours:top"])
        assert await chat.say("alice", "!points") == []
        assert await chat.bot.setup_pressed("beside", "ours:points") is Pressed.DONE
        assert await chat.say("alice", "!points") == POINTS


FIRST = (
    "Nightbot is here, too, so these commands of mine sleep: !commands, !uptime, !followage, !accountage, !title, "
    "!game, !quote, !so, !giveaway, !raffle, !enter, !join and !next. Mods can wake each: @PixelBot cmd option NAME on "
    "yes; the streamer can on the set-up page."
)


@pytest.mark.parametrize("seen", ["writes", "is there"])
async def test_at_the_first_start_the_usual_commands_sleep_beside_a_bot(tmp_path: Path, seen: str) -> None:
    async with stage(tmp_path) as chat:
        if seen == "writes":
            assert await chat.say("Nightbot", "Hello!") == [FIRST]
        else:
            chat.users_api.accounts.settle(sandbox_user("nightbot", name="Nightbot"))
            chat.twitch.present = ["alice", "nightbot"]
            assert await chat.goes_live() == [FIRST]
        assert await chat.say("Moobot", "Hello!") == []
        for typed in ("!uptime", "!quote", "!next", "!title"):
            assert await chat.say("alice", typed) == [], typed
        assert await mod(chat, "!quote add Never!") == [], "the other bot would keep it, too"
        assert await chat.say("alice", "!points") == POINTS
        assert await streamer(chat, "@pixelbot uptime") != []
        await mod(chat, "!cmd option uptime on on")
        assert await chat.say("alice", "!uptime") != []
        assert await chat.bot.setup_pressed("beside", "ours:*") is Pressed.DONE
        assert await chat.say("alice", "!quote") != []
    async with stage(tmp_path, chat.clock) as chat:
        assert await chat.say("Nightbot", "Hello!") == []
        assert await chat.say("alice", "!uptime") != []


async def test_a_command_in_place_of_one_that_sleeps_works_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.say("Nightbot", "Hello!")
        assert await mod(chat, "!cmd add uptime We are on.") == ["Added !uptime."]
        for _ in range(3):
            await both_answer(chat, "!uptime")
        assert await chat.say("alice", "!uptime") == ["We are on."], "a mod wanted it beside the other bot"
        step = step_of(chat)
        assert step is not None
        assert [b.key for b in step.buttons if b.line == "!uptime"] == ["ours:uptime"]
        await mod(chat, "!cmd add wow Wow!")
        for _ in range(2):
            await both_answer(chat, "!wow")
        assert await chat.say("alice", "!wow") == []
        await mod(chat, "!cmd remove wow")
        await mod(chat, "!cmd add wow Wow!")
        assert await chat.say("alice", "!wow") == ["Wow!"]
    async with stage(tmp_path, chat.clock) as chat:
        assert await chat.say("alice", "!uptime") == ["We are on."]
        await mod(chat, "!cmd option uptime on yes")
        assert await chat.say("alice", "!uptime") == ["The stream is off."]


async def test_a_database_of_before_is_no_first_start(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as chat:
        assert await chat.say("Nightbot", "Hello!") == []
        assert step_of(chat) is None
        await chat.viewer("alice")
        async with chat.bot.write() as session:
            await session.execute(text("DELETE FROM meta WHERE key = 'first_start'"))
    async with stage(tmp_path, clock) as chat:
        assert await chat.bot.first_start() is None
        assert await chat.say("Nightbot", "Hello!") == []
        assert await chat.say("alice", "!uptime") != []
