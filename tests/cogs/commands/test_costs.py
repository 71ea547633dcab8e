"""Whatever viewers, mods, chat and restarts do: a command that costs is paid and said once, or given back once."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.commands.scene import mod
from tests.harness.database import findings, rows
from tests.harness.rounds import modest, rounds

START = 200
FANS = ("ann", "ben")

ITEMS = """
    SELECT u.name, i.status, i.cost, i.refunded_at IS NOT NULL FROM queue_items i JOIN users u ON u.id = i.user_id
    WHERE i.redeem = 'cheer'
"""


class Show:
    """A bot that comes and goes, and a chat that may refuse what is said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SettableClock()
        self.refuses = False
        self.bought: list[tuple[str, str]] = []
        self.said: list[str] = []

    async def play(self, program: list[tuple[str, int]]) -> None:
        rest = list(program)
        while True:
            async with stage(self._folder, self._clock, points_chat_amount=0) as chat:
                self._listen(chat)
                if len(rest) == len(program):
                    await self._begin(chat)
                while rest and (op := rest.pop(0))[0] != "restart":
                    await self.do(chat, *op)
                    await self.is_right(chat)
                await self.is_right(chat)
            if not rest:
                return

    async def _begin(self, chat: Stage) -> None:
        for fan in FANS:
            await chat.viewer(fan, points=START)
        await mod(chat, "!cmd add cheer $(user) cheers number $(count)")
        await mod(chat, "!cmd option cheer cost 30")

    def _listen(self, chat: Stage) -> None:
        """Chat takes what is said, or refuses it."""
        take = cast(Any, chat.bot.twitch_http).post_chat_message

        async def maybe(*, message: str, **more: Any) -> dict[str, Any]:
            if self.refuses and "cheers number" in message:
                reason = {"code": "x", "message": "refused"}
                return {"data": [{"message_id": "", "is_sent": False, "drop_reason": reason}]}
            if "cheers number" in message:
                self.said.append(message)
            return await take(message=message, **more)

        cast(Any, chat.bot.twitch_http).post_chat_message = maybe

    async def do(self, chat: Stage, what: str, pick: int) -> None:
        """One thing that happens."""
        match what:
            case "buy":
                fan, message = FANS[pick % 2], f"m{len(self.bought)}"
                self.bought.append((fan, message))
                await chat.say(fan, "!cheer", message_id=message)
            case "again" if self.bought:
                fan, message = self.bought[pick % len(self.bought)]
                chat.bot.channels["twitch"].forget_messages()
                await chat.say(fan, "!cheer", message_id=message)
            case "cost":
                await mod(chat, f"!cmd option cheer cost {(5, 10, 30, 150)[pick % 4]}")
            case "refund":
                await mod(chat, f"!refund @{FANS[pick % 2]}")
            case "refuse":
                self.refuses = not self.refuses
            case "remove":
                await mod(chat, "!cmd remove cheer")
            case "add":
                await mod(chat, "!cmd add cheer $(user) cheers number $(count)")
                await mod(chat, "!cmd option cheer cost 30")
            case _:
                await chat.passes(60)

    async def is_right(self, chat: Stage) -> None:
        """The ledger is exact; what was paid was said, and what was not said is back."""
        assert await findings(chat) == []
        items = await rows(chat, ITEMS)
        for fan in FANS:
            paid = sum(cost for name, _, cost, is_back in items if name == fan and not is_back)
            assert await chat.points(fan) == START - paid, fan
        assert not {status for _, status, _, _ in items} - {"done", "failed"}
        assert all(is_back for _, status, _, is_back in items if status == "failed")
        numbers = [line.rpartition(" ")[2] for line in self.said]
        assert not [number for number, times in Counter(numbers).items() if times > 1]
        done = sum(status == "done" for _, status, _, _ in items)
        assert done <= len(numbers) <= len(self.bought)


ops = st.one_of(
    st.tuples(st.just("buy"), st.integers(0, 1)),
    st.tuples(
        st.sampled_from(["again", "cost", "refund", "refuse", "remove", "add", "restart", "pass"]), st.integers(0, 7)
    ),
)


@pytest.mark.sqlite  # each program begins in a file of its own
@given(program=st.lists(ops, min_size=4, max_size=12))
@example(program=[("buy", 0), ("restart", 0), ("again", 0), ("buy", 1), ("again", 1), ("restart", 0), ("again", 0)])
@example(program=[("refuse", 0), ("buy", 0), ("again", 0), ("restart", 0), ("again", 0), ("refuse", 0), ("buy", 0)])
@example(
    program=[("buy", 0), ("cost", 3), ("buy", 0), ("buy", 0), ("refund", 0), ("remove", 0), ("buy", 0), ("add", 0)]
)
@settings(modest, max_examples=rounds(2))
def test_any_program_keeps_the_promises_of_redeems(tmp_path: Path, program: list[tuple[str, int]]) -> None:
    folder = tmp_path / "show"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    asyncio.run(Show(folder).play(program))


async def test_a_command_that_costs_is_a_redeem_like_any_other(chat: Stage) -> None:
    await chat.viewer("ann", points=100)
    await mod(chat, "!cmd add cheer $(user) cheers for $(1|'everybody')")
    await mod(chat, "!cmd option cheer cost 30")
    assert "!cheer 30" in (await chat.say("ann", "!redeems"))[0]
    assert await chat.say("ann", "!cheer you") == ["Coming up! 70 points left.", "ann cheers for you"]
    await mod(chat, "!redeem cost cheer 50")
    assert await chat.say("ann", "!cheer") == ["Coming up! 20 points left.", "ann cheers for everybody"]
    assert await chat.say("ann", "!cheer") == ["That takes 50 points, you have 20 (30 short)."]
    await mod(chat, "!block @ann cheer")
    assert await chat.say("ann", "!cheer") == ["A mod has blocked you from cheer."]
    await mod(chat, "!cmd remove cheer")
    assert "!cheer" not in (await chat.say("ann", "!redeems"))[0]
    assert await findings(chat) == []


async def test_what_waits_is_given_back_when_its_command_is_removed(chat: Stage) -> None:
    await chat.viewer("ann", points=100)
    await mod(chat, "!cmd add cheer hi")
    await mod(chat, "!cmd option cheer cost 30")
    await mod(chat, "!queue pause effect")
    await chat.say("ann", "!cheer")
    assert await chat.points("ann") == 70
    await mod(chat, "!cmd remove cheer")
    assert await chat.points("ann") == 100
    assert await findings(chat) == []


async def test_what_chat_refuses_is_given_back(tmp_path: Path) -> None:
    async with stage(tmp_path, points_chat_amount=0) as chat:
        show = Show(tmp_path)
        show._listen(chat)
        await show._begin(chat)
        show.refuses = True
        assert await chat.say("ann", "!cheer") == [
            "Coming up! 170 points left.",
            "@ann cheer: Chat did not take the answer. Your 30 points are back.",
        ]
        await show.is_right(chat)
        assert await chat.points("ann") == START
