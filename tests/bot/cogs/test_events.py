"""Cogs hear events by their class, each once; what cannot be heard is refused with the list of what can."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.cogs.hearing import EVENTS, on
from pixel_bot.model.event import Event
from pixel_bot.model.people import Person
from pixel_bot.platforms.twitch.events.frames import frame_of
from pixel_bot.plugin import Cheer, CommandTyped, Follow, HypeTrain, Raid, Redemption, StreamOffline, StreamOnline
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import SettableClock, Stage, stage
from tests.bot.cogs.conftest import WriteCog

CHAT: frames.Json = {"id": "s", "type": "channel.chat.message", "version": "1", "condition": {}, "status": "enabled"}

SAYS_ALL = """
@on(ChatMessage)
async def chat(self, m):
    kinds = ",".join(f"{f.kind}:{f.text}" for f in m.fragments)
    roles = ",".join(sorted(m.roles))
    await self.bot.announce(f"{m.viewer}|{m.text}|{roles}|{kinds}|{m.is_first}|{m.bits}")
"""


async def test_a_chat_message_says_who_wrote_what(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(SAYS_ALL)) as chat:
        assert await chat.say("Alice", "hi there", "vip") == ["Alice|hi there|vip|text:hi there|True|0"]
        assert await chat.say("Alice", "again", "vip") == ["Alice|again|vip|text:again|False|0"]
        assert await chat.say("", "mine", "broadcaster") == ["Pixel_Street|mine|mod,streamer|text:mine|True|0"]
        assert await chat.say("Alice", "x", "vip", cheer={"bits": 5}) == ["Alice|x|vip|text:x|False|5"]
        await chat.goes_live()
        assert (await chat.say("Alice", "live", "subscriber"))[0] == "Alice|live|sub|text:live|True|0"
        assert await chat.say_there("Carol", "hello", mod=True) == ["Carol|hello|mod|text:hello|True|0"]


async def test_a_chat_message_is_made_without_an_object_of_twitchio(
    tmp_path: Path, cog: WriteCog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, cogs_dir=cog(SAYS_ALL)) as chat:

        def make(_: object) -> None:
            pytest.fail("an object was made")

        monkeypatch.setattr(chat.bot, "twitchio_message", make)
        assert len(await chat.say("alice", "hi")) == 1


async def test_a_chat_message_cannot_be_changed(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @on(ChatMessage)
    async def chat(self, m):
        m.message = None
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        await chat.say("alice", "hi")
        assert "immutable" in chat.bot.runtime.faults.last["mine"][0]


NOTES = """
def __init__(self, bot):
    super().__init__(bot)
    self.heard = []

@on({event})
async def note(self, event):
    self.heard.append(event)
"""


def heard(chat: Stage, name: str = "Mine") -> list[Event]:
    """What the cog noted."""
    return getattr(chat.bot.get_component(name), "heard")  # noqa: B009 - set by the cog


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(Follow, {}), (Raid, {"viewers": 5}), (Cheer, {"bits": 3}), (HypeTrain, {"phase": "end", "level": 2})],
)
async def test_what_happens_in_the_channel_is_heard_once(
    tmp_path: Path, cog: WriteCog, kind: type[Event], fields: dict[str, Any]
) -> None:
    async with stage(tmp_path, cogs_dir=cog(NOTES.format(event=kind.__name__))) as chat:
        await chat.happens(kind, "alice", **fields)
        (event,) = heard(chat)
        assert isinstance(event, kind)
        assert {name: getattr(event, name) for name in fields} == fields
        await chat.happens(event)
        assert len(heard(chat)) == 1


async def test_the_stream_is_heard_once_also_over_a_restart(tmp_path: Path, cog: WriteCog) -> None:
    also = "\n@on(StreamOffline)\nasync def off(self, event):\n    self.heard.append(event)\n"
    folder = cog(NOTES.format(event="StreamOnline") + also)
    began = StreamOnline("twitch", SettableClock().now(), "s1")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await chat.happens(began)
        await chat.goes_live("joystick")
        assert [type(event) for event in heard(chat)] == [StreamOnline, StreamOnline]
        assert heard(chat)[0] == began
        assert chat.bot.live.since == began.since
        assert chat.bot.live.platforms == ("twitch", "joystick")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert not chat.bot.live
        await chat.happens(began)
        await chat.goes_live("joystick")
        assert heard(chat) == []
        await chat.goes_offline()
        await chat.goes_offline()
        assert [type(event) for event in heard(chat)] == [StreamOffline]
        assert chat.bot.live
        await chat.goes_live()
        assert [type(event) for event in heard(chat)] == [StreamOffline, StreamOnline]


async def test_a_redemption_is_heard_by_its_reward(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(NOTES.format(event='Redemption, reward="hydrate"'))) as chat:
        await chat.redeems("Hydrate", "alice", "please")
        await chat.redeems("Posture", "alice")
        (event,) = heard(chat)
        assert isinstance(event, Redemption)
        assert (event.person.login, event.reward, event.text) == ("alice", "Hydrate", "please")
        await chat.happens(event)
        assert len(heard(chat)) == 1


async def test_commands_that_are_typed_are_heard(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    heard = ()

    @on(CommandTyped)
    async def note(self, event):
        self.heard = (*self.heard, (str(event.person), event.name, event.is_addressed, event.platform))
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        await chat.say("alice", "!Points? @bob")
        await chat.say("alice", "@pixelbot !quote add x")
        await chat.say("alice", "!nothing")
        await chat.say("alice", "points")
        await chat.say_there("jo", "!balance")
        (mine,) = chat.bot.cogs.components_of("mine")
        assert vars(mine)["heard"] == (
            ("alice", "points", False, "twitch"),
            ("alice", "quote", True, "twitch"),
            ("jo", "balance", False, "joystick"),
        )
    with pytest.raises(TypeError, match="CommandTyped is not stored"):
        on(CommandTyped, delivery="at_least_once")


async def test_a_new_level_is_heard(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(NOTES.format(event="LevelUp"))) as chat:
        await chat.viewer("alice")
        await chat.say("mila", "!xp add @alice 150", "moderator")
        assert [(getattr(event, "shown", ""), getattr(event, "level", 0)) for event in heard(chat)] == [("alice", 2)]


async def test_linked_accounts_are_heard(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(NOTES.format(event="Linked"))) as chat:
        await chat.say_there("Ally", "!link")
        code = chat.whispers[-1][1].split("!link ")[1].split()[0]
        await chat.say("alice", f"!link {code}")
        (event,) = heard(chat)
        assert type(event).__name__ == "Linked"


async def test_one_method_hears_all_kinds_of_channel_events(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(NOTES.format(event="ChannelEvent"))) as chat:
        await chat.happens(Follow, "alice")
        await chat.happens(Raid, "bob", viewers=2)
        assert [type(event) for event in heard(chat)] == [Follow, Raid]


async def test_cogs_tell_each_other_events_of_their_own(tmp_path: Path, cog: WriteCog) -> None:
    cog(NOTES.format(event='"fruits.JackpotWon"'), name="ear")
    folder = cog(
        """
        @command()
        async def win(self, ctx):
            self.bot.emit(JackpotWon(ctx.viewer.name, 7))
        @on(JackpotWon)
        async def own(self, event):
            await self.bot.announce(f"{event.name} won {event.points}")
        """,
        name="fruits",
        before="""
        @dataclass(frozen=True)
        class JackpotWon(Event):
            name: str
            points: int
        """,
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert "alice won 7" in await chat.say("alice", "!win")
        await chat.say("", "!cog reload fruits", "broadcaster")
        assert "alice won 7" in await chat.say("alice", "!win")
        assert len(heard(chat, "Ear")) == 2
        with pytest.raises(TypeError, match="told by the bot itself"):
            chat.bot.emit(StreamOnline("twitch", chat.clock.now(), "1"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("stream_online", "is no event. There is: "),
        (int, "int is no event. There is: "),
        (Event, "Event is no event"),
    ],
)
def test_an_unknown_event_is_refused_with_the_list(wrong: object, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        on(wrong)  # pyright: ignore[reportArgumentType]
    assert words in str(caught.value)
    assert all(name in str(caught.value) for name in EVENTS)


def test_a_field_that_an_event_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Redemption has no field title"):
        on(Redemption, title="x")


@pytest.mark.parametrize(
    ("listener", "instead"),
    [
        ("event_stream_online", "Use @on(StreamOnline)."),
        ("event_message", "Use @on(ChatMessage)."),
        ("event_x", "Use @on(...)."),
    ],
)
async def test_a_listener_of_twitchio_is_refused_with_what_to_use(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture, listener: str, instead: str
) -> None:
    folder = cog(f"@Cog.listener()\nasync def {listener}(self, payload): ...\n")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert [state.name for state in chat.bot.cogs.states() if state.problem] == ["mine"]
        with pytest.raises(TypeError, match="listener of TwitchIO"):
            chat.bot.add_listener(lambda: None, event=listener)
    assert f"{listener} is a listener of TwitchIO, which is never called here. {instead} There is: " in caplog.text


async def test_a_slow_method_holds_up_no_other_and_order_is_kept(tmp_path: Path, cog: WriteCog) -> None:
    folder = cog(
        """
        @on(ChatMessage)
        async def chat(self, m):
            if m.text == "slow":
                await self.bot.gate.wait()
            self.bot.order.append(m.text)
        """
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        gate, order = asyncio.Event(), list[str]()
        vars(chat.bot).update(gate=gate, order=order)
        for text in ("slow", "1", "2", "3"):
            frame = frames.chat_message(sandbox_user("alice"), text, f"m{text}")
            notification = frames.notification(CHAT, frame, f"m{text}", chat.clock.now())
            chat.bot.notifications.on_notification(frame_of(notification))
        while len(order) < 3:
            await asyncio.sleep(0)
        assert order == ["1", "2", "3"]
        gate.set()
        await chat.settled()
        assert order == ["1", "2", "3", "slow"]


def test_a_person_reads_as_their_name() -> None:
    assert f"{Person('1', 'alice', 'Alice')}" == "Alice"
