"""Who is ignored earns by no way, and everybody else as before."""

import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.chat_gate import ChatRound
from pixel_bot.model.channel_events import Entrance, Tip
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, settings_in, stage, there
from pixel_bot.testing.stage import person_of
from tests.cogs.loaded import thanks_said
from tests.earning.messages import event, file_of, line, running, say, worth
from tests.earning.watch.stream import SLOT, Crowd, WatchedStream
from tests.harness.database import findings, rows
from tests.harness.rounds import modest, rounds
from tests.harness.seed import query

Way = Callable[[Stage, str], Awaitable[object]]


def on_twitch(kind: str, make: Callable[[Stage, str], frames.Json]) -> Way:
    return lambda chat, login: chat.hear(kind, make(chat, login))


async def watches(chat: Stage, login: str) -> None:
    who = person_of(sandbox_user(login))
    await chat.services.awards.event(EventAward(f"watch:{secrets.token_hex(4)}", "watch", who, 5, 5, chat.clock.now()))


async def comes_in(chat: Stage, login: str) -> None:
    chat.clock.advance(4_000)
    await chat.happens_there(Entrance(f"joystick:{secrets.token_hex(4)}", there(login), chat.clock.now()))


WAYS: dict[str, Way] = {
    "chat": lambda chat, login: chat.say(login, "hello"),
    "follow": on_twitch("channel.follow", lambda chat, login: frames.follow(sandbox_user(login), chat.clock.now())),
    "sub": on_twitch("channel.subscribe", lambda _, login: frames.subscribe(sandbox_user(login))),
    "resub": on_twitch("channel.subscription.message", lambda _, login: frames.resub(sandbox_user(login), 3)),
    "gift": on_twitch("channel.subscription.gift", lambda _, login: frames.gift(sandbox_user(login), 5)),
    "cheer": on_twitch("channel.cheer", lambda _, login: frames.cheer(sandbox_user(login), 100)),
    "raid": on_twitch("channel.raid", lambda _, login: frames.raid(sandbox_user(login), 10)),
    "watch": watches,
    "addall": lambda chat, _: chat.say("", "!points addall 7", "broadcaster"),
    "chat there": lambda chat, login: chat.say_there(login, "hello"),
    "entrance": comes_in,
    "tip": lambda chat, login: chat.happens_there(
        Tip(f"joystick:{secrets.token_hex(4)}", there(login), chat.clock.now(), tokens=40)
    ),
}
PEOPLE = ("alice", "bob", "nightbot")


def levels_in(folder: Path) -> None:
    """Each of the first levels pays, so that XP would become points."""
    folder.mkdir(parents=True, exist_ok=True)
    rewards = {str(level): {"points": 3, "message": "{user} is level {level}!"} for level in range(2, 40)}
    (folder / "level_rewards.json").write_text(json.dumps(rewards), encoding="utf-8")


Fortune = dict[str, tuple[int, int]]


async def fortunes(chat: Stage) -> Fortune:
    found = await rows(
        chat, "SELECT u.name, u.points, COALESCE(x.xp, 0) FROM users u LEFT JOIN xp_records x ON x.user_name = u.name"
    )
    return {name: (points, xp) for name, points, xp in found}


def of(login: str, fortune: Fortune) -> list[tuple[int, int]]:
    return [fortune.get(name, (0, 0)) for name in (login, f"{login}@joystick")]


steps = st.lists(
    st.tuples(st.sampled_from([*WAYS, "ignore", "unignore", "time"]), st.sampled_from(PEOPLE)), min_size=1, max_size=25
)


@settings(modest, max_examples=rounds(3))
@given(done=steps)
async def test_whatever_happens_ignored_people_get_nothing(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    folder = tmp_path / secrets.token_hex(4)
    levels_in(folder)
    ignored = {"nightbot"}
    async with stage(folder, xp_base=2, level_rewards_file=folder / "level_rewards.json") as chat:
        for way, login in done:
            before, told = await fortunes(chat), len(chat.sent)
            if way == "time":
                chat.clock.advance(61)
            elif way in {"ignore", "unignore"}:
                await chat.say("", f"!{way} @{login}@twitch", "broadcaster")
                await chat.say_there("", f"!{way} @{login}@joystick", streamer=True)
                (ignored.add if way == "ignore" else ignored.discard)(login)
            else:
                await WAYS[way](chat, login)
            after = await fortunes(chat)
            for name in ignored:
                assert of(name, after) == of(name, before), (way, name)
                assert not [said for said in chat.sent[told:] if said.lower().startswith(f"{name} is level")]
        await thanks_said(chat.bot)
        assert await findings(chat) == []


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_pays_those_who_play_and_only_them(tmp_path: Path, way: str) -> None:
    """So that the property above is not true of a bot that pays nobody."""
    levels_in(tmp_path)
    async with stage(tmp_path, xp_base=2, level_rewards_file=tmp_path / "level_rewards.json") as chat:
        if way == "addall":
            for login in PEOPLE:
                await chat.say(login, "hello")
        await chat.say("", "!ignore @bob", "broadcaster")
        await chat.say("", "!ignore @bob@joystick", "broadcaster")
        before = await fortunes(chat)
        for login in PEOPLE:
            await WAYS[way](chat, login)
        after = await fortunes(chat)
        assert [of(login, after) != of(login, before) for login in PEOPLE] == [True, False, False]
        assert await findings(chat) == []


async def test_after_unignore_the_same_account_earns(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.say("nightbot", "hello")
        await chat.say("", "!unignore @nightbot", "broadcaster")
        await chat.say("nightbot", "hello")
        assert await chat.points("nightbot") == 1
        await chat.say("", "!ignore @nightbot", "broadcaster")
        await chat.passes(100)
        await chat.say("nightbot", "hello")
        assert await chat.points("nightbot") == 1


async def test_messages_of_ignored_people_leave_no_id_and_no_transaction(services: Services) -> None:
    await say(services, [line("m1", name="nightbot")])
    written = 0

    def count() -> None:
        nonlocal written
        written += 1

    services.database.committed.add(count)
    await say(services, [line(f"n{number}", number * 100, "nightbot") for number in range(50)])
    assert written == 0
    assert services.awards.totals.messages == 51
    assert query(file_of(services), "SELECT COUNT(*) FROM events") == [(0,)]
    assert query(file_of(services), "SELECT COUNT(*) FROM cooldowns") == [(0,)]
    await say(services, [line("a1", 1)])
    assert written == 1


async def test_an_ignored_account_that_renames_itself_is_still_known(services: Services) -> None:
    await say(services, [line("m1", name="alice")])
    await services.ignoring.ignore("alice", "twitch")
    await say(services, [line("m2", 100, "alice"), line("m3", 200, "alice")])
    renamed = line("m4", 300, "alice")._replace(login="alicia", display_name="Alicia")
    await say(services, [renamed, renamed._replace(id="m5", at=renamed.at + 100_000_000)])
    assert query(file_of(services), "SELECT name, points FROM users") == [("alicia", 1)]


async def test_an_event_of_somebody_ignored_is_claimed_and_pays_nothing_later(services: Services) -> None:
    await services.ignoring.ignore("alice", "twitch")
    assert await services.awards.event(event("follow-1"))
    await services.ignoring.unignore("alice", "twitch")
    assert not await services.awards.event(event("follow-1"))
    assert worth(services) == (0, 0)


async def test_a_mod_may_still_give_and_what_they_have_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("nightbot", 5)
        await chat.viewer("alice", 20)
        await chat.say("", "!ignore @alice", "broadcaster")
        assert await chat.say("", "!points add @nightbot 5", "broadcaster") == ["Added 5 points: nightbot has 10."]
        assert await chat.say("alice", "!points") == ["You have 20 points."]


async def test_the_bots_own_account_earns_nothing_and_the_streamer_does(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        follow = frames.follow(sandbox_user("pixelbot"), chat.clock.now()) | {"user_id": chat.bot.bot_id}
        await chat.hear("channel.follow", follow)
        assert await chat.points("pixelbot") == 0
        await chat.say("", "hello", "broadcaster")
        assert await chat.points(STREAMER.login) == 1


async def test_watch_time_pays_and_counts_only_those_who_play(tmp_path: Path, clock: SettableClock) -> None:
    async with running(tmp_path) as services:
        show = WatchedStream(services, clock, Crowd("alice", "bob", "nightbot", "ghost", "streamlabs"))
        for login in ("alice", "ghost"):
            await services.ignoring.ignore(login, "twitch")
        await services.ignoring.unignore("streamlabs", "twitch")
        show.live()
        await show.passes(SLOT)
        assert await show.points() == {"bob": 5, "streamlabs": 5}


@pytest.mark.parametrize("login", ["alice", "nightbot"])
async def test_what_a_batch_read_before_the_list_was_changed_is_not_remembered(services: Services, login: str) -> None:
    gate = services.awards.gate
    for is_changed in (True, False):
        batch = ChatRound(gate, [line("m1", name=login)])
        async with services.database.write() as session:
            known = await services.viewers.upsert(session, batch.strangers)
            await batch.learn(session, known)
            batch.leave_out(await services.ignore_list.read(session), known)
            batch.decide({})
        if is_changed:
            services.ignore_list.invalidate()
        batch.confirm()
        assert [*gate.chatters.remembered(), *gate.ignored] == ([] if is_changed else [f"id-{login}"])


async def test_a_batch_that_was_under_way_does_not_reopen_chat(tmp_path: Path) -> None:
    """What a batch has read is not remembered when the list was changed before it ended."""
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        services.awards.start()
        await say(services, [line("m1")])
        services.awards.chat(line("m2", 100))
        await services.ignoring.ignore("alice", "twitch")
        await services.awards.drained()
        before = worth(services)
        await say(services, [line("m3", 300), line("m4", 400)])
        assert worth(services) == before
        await services.awards.stop()
