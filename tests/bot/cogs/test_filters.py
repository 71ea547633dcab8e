"""``@filter``: what it blocks earns and starts nothing, also after a restart; one that fails costs itself."""

import asyncio
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pixel_bot.bot.cogs import chat_filters
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.stage import SUBSCRIPTION
from tests.bot.cogs.conftest import WriteCog
from tests.harness.database import findings, rows
from tests.harness.waiting import until

PLAIN = """
    seen = 0

    @filter()
    def no_spam(self, message):
        self.seen += 1
        if "spam" in message.text:
            return Block("Spam.")

    @on(ChatMessage)
    async def heard(self, message):
        if "spam" in message.text:
            await self.bot.announce("heard")
"""

WAITS = """
    @filter(order=1)
    async def slow(self, message):
        if "wait" in message.text:
            await gates[message.viewer.login].wait()
        return Block("Spam.") if "spam" in message.text else Allow()

    @on(ChatMessage)
    async def heard(self, message):
        heard.append(message.text)
"""


async def test_what_is_blocked_earns_nothing_starts_nothing_and_is_not_heard(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(PLAIN)) as chat:
        assert await chat.say("alice", "!points spam") == []
        assert await chat.say("alice", "buy spam") == []
        await chat.viewer("alice")
        assert await chat.points("alice") == 0
        assert await chat.say_there("joy", "!points spam") == []
        assert await chat.say("alice", "hello") == []
        assert await chat.points("alice") == 1
        assert await findings(chat) == []


async def test_on_both_platforms_and_in_the_order_that_is_asked_for(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @filter(order=2)
    def second(self, message):
        return Block("second")

    @filter(order=1)
    def first(self, message):
        seen.append((message.platform, message.is_first))
        return Block("first") if "spam" in message.text else None
    """
    async with stage(tmp_path, cogs_dir=cog(body, before="seen = []")) as chat:
        reasons: list[str] = []

        async def enforce(_message: object, block: chat_filters.Block, _cog: str) -> None:
            reasons.append(block.reason)

        chat.bot.runtime.filters.enforce = enforce
        await chat.say("alice", "spam")
        await chat.say_there("joy", "hello")
        assert reasons == ["first", "second"]
        (seen,) = [vars(module)["seen"] for module in _modules(chat)]
        assert seen == [("twitch", True), ("joystick", True)]


async def test_a_blocked_message_stays_blocked_after_a_restart_and_without_its_filter(
    tmp_path: Path, cog: WriteCog
) -> None:
    folder = cog(PLAIN)
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("alice", "!points spam", message_id="twice") == []
        chat.bot.channels["twitch"].forget_messages()
        await chat.say("", "!cog unload mine", "broadcaster")
        assert await chat.say("alice", "!points spam", message_id="twice") == []
        assert await rows(chat, "SELECT kind FROM events WHERE id = 'twice'") == [("blocked",)]
    (folder / "mine.py").unlink()
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("alice", "!points spam", message_id="twice") == []
        assert await chat.say("alice", "!points spam", message_id="new") != []


async def test_bits_are_paid_whatever_the_message_says(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(PLAIN), points_cheer_per_bit=1) as chat:
        event = frames.chat_message(sandbox_user("alice"), "Cheer100 spam", "m1", bits=100)
        await chat.hear("channel.chat.message", event, "m1")
        assert await chat.points("alice") == 100


async def test_the_streamer_is_not_blocked_so_that_a_filter_can_be_unloaded(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @filter()
    def everything(self, message):
        return Block("No.", delete=True, timeout=60)
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        assert await chat.say("mod_mila", "!points", "moderator") == []
        assert await chat.say("", "!cog unload mine", "broadcaster") == ["The cog mine is off."]
        assert len(await chat.say("mod_mila", "!points", "moderator")) == 1


@pytest.mark.parametrize(
    "body",
    [
        'def bad(self, message):\n    raise KeyError("boom")\n',
        'async def bad(self, message):\n    raise KeyError("boom")\n',
        "def bad(self, message):\n    raise SystemExit(1)\n",
        "def bad(self, message):\n    return False\n",
        "def bad(self, message):\n    import time; time.sleep(0.03)\n",
        "async def bad(self, message):\n    import asyncio; await asyncio.Event().wait()\n",
        "async def bad(self, message):\n    import asyncio\n    while True:\n        try:\n"
        "            await asyncio.sleep(0.1)\n            return Allow()\n        except asyncio.CancelledError:\n"
        "            pass\n",
    ],
    ids=["raises", "raises later", "exits", "no verdict", "blocks the loop", "hangs", "does not even end"],
)
async def test_a_filter_that_fails_costs_itself(
    tmp_path: Path, cog: WriteCog, body: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chat_filters, "LONGEST_SECONDS", 0.02)
    monkeypatch.setattr(chat_filters, "LONGEST_PLAIN_SECONDS", 0.02)
    async with stage(tmp_path, cogs_dir=cog(f"@filter()\n{body}")) as chat:
        for _ in range(2):
            assert len(await chat.say("alice", "!points")) == 1
        assert "The cog mine failed in its filter bad" in caplog.text
        assert next(state.loaded for state in chat.bot.cogs.states() if state.name == "mine")
        assert len(await chat.say("alice", "!points")) == 1
        await chat.settled()
        assert not next(state.loaded for state in chat.bot.cogs.states() if state.name == "mine")
        assert len(await chat.say("alice", "!points")) == 1


async def test_who_waits_for_a_filter_holds_up_nobody_else_and_keeps_their_order(tmp_path: Path, cog: WriteCog) -> None:
    before = "import asyncio, collections\ngates, heard = collections.defaultdict(asyncio.Event), []"
    async with stage(tmp_path, cogs_dir=cog(WAITS, before=before)) as chat:
        (module,) = _modules(chat)
        heard: list[str] = vars(module)["heard"]
        said = [("alice", "wait"), ("alice", "second"), ("carol", "spam"), ("bob", "hello")]
        under_way = [asyncio.create_task(chat.say(login, text)) for login, text in said]
        await until(lambda: heard == ["hello"])
        vars(module)["gates"]["alice"].set()
        await asyncio.gather(*under_way)
        assert heard == ["hello", "wait", "second"]


async def test_a_plain_filter_costs_no_task_and_none_costs_nothing(tmp_path: Path, cog: WriteCog) -> None:
    # Those of ours that are off hear all of chat.
    mine, off = cog(PLAIN.partition("@on")[0]), "commands,giveaways,greetings,timers"
    async with stage(tmp_path, cogs_dir=mine, cogs_off=off) as chat:
        made: list[object] = []

        def note(loop: asyncio.AbstractEventLoop, coro: Any, **more: Any) -> "asyncio.Task[Any]":
            made.append(coro)
            return asyncio.Task(coro, loop=loop, **more)

        asyncio.get_running_loop().set_task_factory(note)
        try:
            for number in range(100):
                event = frames.chat_message(sandbox_user("alice"), f"hello {number}", f"m{number}")
                kind = SUBSCRIPTION | {"type": "channel.chat.message"}
                frame = frames.notification(kind, event, f"m{number}", chat.clock.now())
                chat.bot.notifications.on_notification(frame_of(frame))
        finally:
            asyncio.get_running_loop().set_task_factory(None)
        assert made == []
        await chat.settled()
        (cog_class,) = chat.bot.cogs.components_of("mine")
        assert vars(cog_class)["seen"] == 100
        await chat.say("", "!cog unload mine", "broadcaster")
        assert not chat.bot.runtime.filters.is_needed


def _modules(chat: Stage) -> list[ModuleType]:
    return [sys.modules[type(c).__module__] for c in chat.bot.cogs.components_of("mine")]
