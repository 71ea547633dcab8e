"""Redeems for channel points: rewards kept in step, and each redemption done or given back, exactly once."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.bot.channel_points import (
    ADDED,
    UPDATED,
    NoChannelPoints,
    RedemptionHandler,
    parse_redemption,
    reward_texts,
)
from pixel_bot.concurrency.retry import Backoff
from pixel_bot.errors import BadInput, ChatError
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn, Role, Row
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.platforms.twitch.rewards import RewardRefused, Rewards, RewardWaits
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser, sandbox_user
from pixel_bot.testing import SettableClock, Stage, stage
from tests.harness.database import rows
from tests.harness.waiting import until

SECONDS = 10.0
QUICK = Backoff(calm=0.0, first=0.01, longest=0.05)
REWARDS = "channel_points/custom_rewards"
REDEMPTIONS = f"{REWARDS}/redemptions"
When = Literal["before", "after"]


@dataclass
class Fault:
    """The next so many requests of a kind fail; ``after`` they were carried out, so that only the answer is lost."""

    method: str
    path: str
    error: HelixError
    times: int = 1
    when: When = "before"


@dataclass
class NearTwitch:
    """Twitch's channel points in the test's own process. It outlives the bots that ask it."""

    clock: SettableClock
    rewards: dict[str, Row] = field(default_factory=dict[str, Row])
    foreign: set[str] = field(default_factory=set[str])
    redemptions: dict[str, Row] = field(default_factory=dict[str, Row])
    faults: list[Fault] = field(default_factory=list[Fault])
    asked: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])
    decided: Counter[str] = field(default_factory=Counter[str])
    """How often each redemption got an end, from whomever: never more than once."""
    chat: list[str] = field(default_factory=list[str])
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def get(self, path: str, role: Role | None, **params: Any) -> list[Row]:
        return await self._answer("GET", path, role, None, params)

    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> list[Row]:
        return await self._answer(method, path, role, body, params)

    async def _answer(self, method: str, path: str, role: Role | None, body: Any, params: Row) -> list[Row]:
        assert role == "broadcaster"
        assert params["broadcaster_id"] == STREAMER.id
        self.asked.append((method, path, body))
        if self.before is not None:
            await self.before()
        await asyncio.sleep(0)
        fault = next((f for f in self.faults if (f.method, f.path) == (method, path)), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            if fault.when == "before":
                raise fault.error
        rows = json.loads(json.dumps(self._do(method, path, body, params)))
        if self.after is not None:
            await self.after()
        if fault is not None:
            raise fault.error
        return rows

    def _do(self, method: str, path: str, body: Any, params: Row) -> list[Row]:
        match method, path:
            case "GET", "channel_points/custom_rewards":
                assert params["only_manageable_rewards"] == "true"
                return [r for r in self.rewards.values() if r["id"] not in self.foreign]
            case "POST", "channel_points/custom_rewards":
                return [self._make(body)]
            case "PATCH", "channel_points/custom_rewards":
                return [self._change(params["id"], body)]
            case "GET", _:
                return self._find(params)
            case _:
                return [self.settle(params["id"], body["status"])]

    def _make(self, body: Row) -> Row:
        if any(r["title"] == body["title"] for r in self.rewards.values()):
            raise HelixError(400, "CREATE_CUSTOM_REWARD_DUPLICATE_REWARD")
        assert len(body["title"]) <= 45
        assert body["cost"] >= 1
        row: Row = {"id": f"reward-{next(self.numbers)}", "is_paused": False, "is_enabled": True}
        self.rewards[row["id"]] = row
        return self._change(row["id"], body)

    def _change(self, reward_id: str, body: Row) -> Row:
        if reward_id not in self.rewards:
            raise HelixError(404, "the reward was not found")
        assert reward_id not in self.foreign, "a reward that somebody else made"
        row = self.rewards[reward_id]
        fields = dict(body)
        if "is_global_cooldown_enabled" in fields:
            on = fields.pop("is_global_cooldown_enabled")
            seconds = fields.pop("global_cooldown_seconds", 0)
            row["global_cooldown_setting"] = {"is_enabled": on, "global_cooldown_seconds": seconds if on else 0}
        row.update(fields)
        return row

    def _find(self, params: Row) -> list[Row]:
        if params["reward_id"] not in self.rewards:
            raise HelixError(404, "the reward was not found")
        rows = [r for r in self.redemptions.values() if r["reward"]["id"] == params["reward_id"]]
        if "id" in params:
            return [r for r in rows if r["id"] == params["id"]]
        assert params["sort"] == "OLDEST"
        found = [r for r in rows if r["status"] == params["status"]]
        return sorted(found, key=lambda r: r["redeemed_at"])

    def settle(self, redemption_id: str, status: str) -> Row:
        """Fulfil or cancel a redemption."""
        row = self.redemptions.get(redemption_id)
        if row is None or row["status"] != "UNFULFILLED":
            raise HelixError(404, "the redemption was not found, or is not UNFULFILLED")
        row["status"] = status
        self.decided[redemption_id] += 1
        return row

    def redeem(self, who: SandboxUser, reward_id: str, user_input: str = "", *, ago: float = 0) -> Row:
        """Somebody redeems. Returns the event as EventSub sends it."""
        row: Row = {
            "id": f"redemption-{next(self.numbers)}",
            "broadcaster_user_id": STREAMER.id,
            "user_id": who.id,
            "user_login": who.login,
            "user_name": who.name,
            "user_input": user_input,
            "status": "UNFULFILLED",
            "redeemed_at": (self.clock.now() - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z"),
            "reward": {"id": reward_id, "title": "", "cost": 1, "prompt": ""},
        }
        self.redemptions[row["id"]] = row
        return row | {"status": "unfulfilled"}

    def status(self, event: Row) -> str:
        """How a redemption stands."""
        return self.redemptions[event["id"]]["status"]

    def fail(self, method: str, path: str, error: HelixError, *, times: int = 1, when: When = "before") -> None:
        """Requests of a kind fail."""
        self.faults.append(Fault(method, path, error, times, when))

    def count(self, method: str, path: str = REDEMPTIONS) -> int:
        """How often that was asked."""
        return sum((m, p) == (method, path) for m, p, _ in self.asked)


class Channel:
    """A chat whose bot takes channel points of a near Twitch."""

    def __init__(self, chat: Stage, twitch: NearTwitch) -> None:
        bot = chat.bot
        self.chat, self.twitch, self.bot = chat, twitch, bot
        self.channel_points = bot.services.channel_points
        self.rewards = Rewards(twitch, self.channel_points, bot.redeems, STREAMER.id, lambda: reward_texts(bot), QUICK)
        self.redemptions = Redemptions(
            twitch, self.channel_points, chat.clock, STREAMER.id, RedemptionHandler(bot, self.channel_points), QUICK
        )
        bot.channel_points = self.rewards
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(w.run()) for w in (self.rewards, self.redemptions)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def offer(self, key: str = "sound", cost: int = 500) -> str:
        """A redeem is for channel points. Returns the reward's id."""
        return (await self.rewards.switch_on(key, cost)).reward_id or ""

    def redeem(self, login: str, reward_id: str, user_input: str = "") -> Row:
        """Somebody redeems, and the bot hears of it."""
        event = self.twitch.redeem(sandbox_user(login, name=login.title()), reward_id, user_input)
        self.hear(ADDED, event)
        return event

    def reject(self, event: Row, *, told: bool = True) -> None:
        """A mod rejects a redemption in Twitch's own queue."""
        self.twitch.settle(event["id"], "CANCELED")
        if told:
            self.hear(UPDATED, event | {"status": "canceled"})

    def hear(self, kind: str, event: Row) -> None:
        subscription: frames.Json = {"id": "s", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
        heard = parse_redemption(frames.notification(subscription, event, "m", self.chat.clock.now()))
        assert heard is not None
        self.redemptions.on_event(heard)

    async def becomes(self, event: Row, status: str) -> None:
        """Wait until Twitch has a redemption at that status, and the bot knows that it has."""

        async def is_there() -> bool:
            known = await self.rows(
                "SELECT 1 FROM redemptions WHERE id = :id AND reported_at IS NOT NULL", id=event["id"]
            )
            return self.twitch.status(event) == status and bool(known)

        await until(is_there)

    async def waits(self, count: int) -> None:
        """Wait until so many items were put into the queue since the start."""

        async def is_there() -> bool:
            return (await self.rows("SELECT COUNT(*) FROM queue_items"))[0][0] >= count

        await until(is_there)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        return await rows(self.bot, query, **values)

    async def said(self, *parts: str) -> str:
        """Wait until the bot has said something with all of these in it. Returns it."""
        await until(lambda: any(all(p in line for p in parts) for line in self.chat.sent))
        return next(line for line in self.chat.sent if all(p in line for p in parts))


@pytest.fixture
def twitch(clock: SettableClock) -> NearTwitch:
    return NearTwitch(clock)


@asynccontextmanager
async def channel_in(folder: Path, twitch: NearTwitch, **options: Any) -> AsyncGenerator[Channel]:
    async with stage(folder, twitch.clock, **options) as chat:
        channel = Channel(chat, twitch)
        channel.start()
        try:
            yield channel
        finally:
            await channel.stop()


@pytest.fixture
async def channel(tmp_path: Path, twitch: NearTwitch) -> AsyncGenerator[Channel]:
    async with channel_in(tmp_path, twitch) as built:
        yield built


# A redemption from its beginning to its end


async def test_it_runs_without_points_and_is_fulfilled_only_after_it_played(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", reward, "ding")
    await channel.chat.overlay.asked(1)
    assert channel.chat.overlay.played[0]["name"] == "ding"
    channel.chat.overlay.started()
    # Reports go out meanwhile, but none for what is still playing.
    refused = channel.redeem("bob", reward, "no such sound")
    await channel.becomes(refused, "CANCELED")
    assert channel.twitch.status(event) == "UNFULFILLED"
    assert channel.twitch.count("PATCH") == 1
    channel.chat.overlay.finished()
    await channel.becomes(event, "FULFILLED")
    assert channel.twitch.count("PATCH") == 2
    assert channel.chat.sent[0] == "@Alice Playing ding!"
    assert await channel.rows("SELECT * FROM transactions") == []
    assert await channel.rows("SELECT cost, redemption FROM queue_items") == [(0, event["id"])]


async def test_it_is_cancelled_when_it_failed(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", reward, "ding")
    await channel.chat.overlay.asked(1)
    channel.chat.overlay.failed()
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound: The overlay could not play it. Your channel points are back.")
    alice = await channel.bot.viewers.find("alice")
    assert await channel.bot.cooldowns.left(alice.id, "sound") == 0
    assert await channel.rows("SELECT * FROM transactions") == []


async def test_several_failures_in_one_line_say_what_is_back(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.close()
    await channel.chat.viewer("carol", points=100)
    await channel.chat.say("carol", "!sound ding")
    events = [channel.redeem(name, reward, "ding") for name in ("alice", "bob")]
    await channel.waits(3)
    await channel.chat.passes(121)
    line = await channel.said("Refunded:")
    for part in ("@carol (sound, 15 back)", "@Alice (sound, channel points back)", "@Bob (sound, channel points back)"):
        assert part in line
    for event in events:
        await channel.becomes(event, "CANCELED")


async def test_cooldown_blocks_and_room_hold_for_channel_points(channel: Channel) -> None:
    reward = await channel.offer()
    first = channel.redeem("alice", reward, "ding")
    await channel.becomes(first, "FULFILLED")
    second = channel.redeem("alice", reward, "ding")
    await channel.becomes(second, "CANCELED")
    await channel.said("@Alice You are on cooldown for Play sound effect: 5s left. Your channel points are back.")

    await channel.bot.redeems.block(await channel.chat.viewer("Bob"), "sound")
    blocked = channel.redeem("bob", reward, "ding")
    await channel.becomes(blocked, "CANCELED")
    await channel.said("@Bob A mod has blocked you from Play sound effect. Your channel points are back.")

    channel.chat.overlay.close()
    for _ in range(2):
        channel.redeem("carol", reward, "ding")
        channel.chat.clock.advance(6)
        await asyncio.sleep(0)
    await channel.waits(2)
    assert channel.twitch.count("PATCH") == 3


async def test_no_room_is_refused(channel: Channel) -> None:
    reward = await channel.offer()
    channel.chat.overlay.close()
    await channel.bot.redeems.rest("sound", 0)
    for number in range(2):
        channel.redeem("alice", reward, "ding")
        await channel.waits(number + 1)
    third = channel.redeem("alice", reward, "ding")
    await channel.becomes(third, "CANCELED")
    line = await channel.said("No room for Play sound effect")
    assert line.endswith("try again in a moment. Your channel points are back.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "There is nothing in it that can be read out."), ("https://", "There is nothing in it")],
)
async def test_what_cannot_be_used_is_refused_with_the_command_s_own_sentence(
    channel: Channel, typed: str, sentence: str
) -> None:
    reward = await channel.offer("tts")
    event = channel.redeem("alice", reward, typed)
    await channel.becomes(event, "CANCELED")
    line = await channel.said("@Alice", sentence)
    assert line.endswith("Your channel points are back.")
    assert await channel.rows("SELECT * FROM queue_items") == []


async def test_a_redeem_that_is_off_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.bot.redeems.switch("sound", on=False)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice Play sound effect is switched off right now. Your channel points are back.")


async def test_one_that_was_on_its_way_when_the_reward_was_disabled_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.rewards.switch_off("sound")
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")


async def test_a_redeem_whose_cog_is_gone_gives_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.bot.cogs.unload("sounds")
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound is switched off right now. Your channel points are back.")


BROKEN = '''
"""Cogs that do what they must not."""

from pixel_bot.plugin import Cog, Job, Outcome, Run, command, effect, redeem


class Odd(Cog):
    @redeem()
    async def breaks(self, ctx) -> Outcome:
        """Breaks."""
        raise RuntimeError("nobody foresaw this")

    @redeem()
    async def asks(self, ctx, *, question: str = "") -> Outcome:
        """Answers."""
        await ctx.send("Hm.")
        return Outcome("Thinking.", Run("asks", {"question": question}))

    @command("asks off")
    async def other(self, ctx) -> None:
        """Another command, whose name begins like the redeem's."""
        await ctx.reply("Something else happened.")

    @effect("asks")
    async def answer(self, job: Job) -> None:
        """Answer."""
        await job.say(f"You asked: {job.args['question']}")


async def setup(bot) -> None:
    await bot.add_component(Odd(bot))
'''


@pytest.fixture
async def odd(tmp_path: Path, twitch: NearTwitch) -> AsyncGenerator[Channel]:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "odd.py").write_text(BROKEN, encoding="utf-8")
    async with channel_in(tmp_path, twitch, cogs_dir=tmp_path / "own") as built:
        yield built


async def test_a_body_that_nobody_foresaw_gives_back(odd: Channel) -> None:
    event = odd.redeem("alice", await odd.offer("breaks"))
    await odd.becomes(event, "CANCELED")
    line = await odd.said("@Alice Sorry, something went wrong on my side.")
    assert line.endswith("Your channel points are back.")


async def test_an_answer_names_who_asked_because_there_is_no_message_to_reply_to(odd: Channel) -> None:
    replies: list[str | None] = []
    send = odd.bot.outbox._send

    async def note(message: Any) -> str:
        replies.append(message.reply_to)
        return await send(message)

    cast(Any, odd.bot.outbox)._send = note
    event = odd.redeem("alice", await odd.offer("asks"), "why?")
    await odd.becomes(event, "FULFILLED")
    assert sorted(odd.chat.sent) == ["@Alice Thinking.", "@Alice You asked: why?", "Hm."]
    assert replies == [None] * 3


@pytest.mark.parametrize(
    "typed",
    ["x\n!points add alice 1000", "on tts", "!sound ding", "list", "odds", "\n\n!redeem off tts", " \t!panic", "off"],
)
async def test_what_is_typed_never_becomes_another_command(odd: Channel, typed: str) -> None:
    event = odd.redeem("alice", await odd.offer("asks"), typed)
    await odd.becomes(event, "FULFILLED")
    assert f"@Alice You asked: {' '.join(typed.split())}" in odd.chat.sent
    assert await odd.rows("SELECT redeem FROM queue_items") == [("asks",)]
    assert await odd.rows("SELECT * FROM transactions") == []
    assert odd.bot.dispatcher.paused == []


async def test_a_command_of_two_words_is_not_found_by_what_is_typed(channel: Channel) -> None:
    """``!wheel odds`` is a command of its own; typed to another reward, "odds" stays what it is: no sound's name."""
    event = channel.redeem("alice", await channel.offer("sound"), "on tts")
    await channel.becomes(event, "CANCELED")
    assert all(price.enabled for price in await channel.bot.redeems.prices())


async def test_the_message_that_comes_with_a_redemption_is_no_command(channel: Channel) -> None:
    """Twitch shows what was typed to a reward in chat as well."""
    assert await channel.chat.say("alice", "!points", channel_points_custom_reward_id="reward") == []
    assert await channel.chat.say("alice", "!points") != []


async def test_a_mod_s_commands_are_out_of_reach(channel: Channel) -> None:
    """Who redeems has a viewer's rights, also when it is the streamer."""
    reward = await channel.offer("sound")
    channel.hear(ADDED, channel.twitch.redeem(STREAMER, reward, "ding"))
    await channel.said(f"@{STREAMER.name} Playing ding!")
    again = channel.twitch.redeem(STREAMER, reward, "ding")
    channel.hear(ADDED, again)
    await channel.becomes(again, "CANCELED")


# Once


async def test_a_redemption_that_comes_twice_runs_once_also_after_a_restart(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
        event = channel.redeem("alice", reward, "ding")
        channel.hear(ADDED, event)
        await channel.becomes(event, "FULFILLED")
        channel.hear(ADDED, event)
        refused = channel.redeem("alice", reward, "ding")
        await channel.becomes(refused, "CANCELED")
        channel.chat.clock.advance(60)
        channel.hear(ADDED, refused)
    async with channel_in(tmp_path, twitch) as channel:
        channel.hear(ADDED, event)
        channel.hear(ADDED, refused)
        last = channel.redeem("alice", reward, "ding")
        await channel.becomes(last, "FULFILLED")
        assert await channel.rows("SELECT COUNT(*) FROM queue_items") == [(2,)]
        assert len(channel.chat.overlay.played) == 1
    assert twitch.count("PATCH") == 3
    assert set(twitch.decided.values()) == {1}


async def test_rewards_of_others_are_left_alone(channel: Channel) -> None:
    await channel.offer()
    foreign = channel.redeem("alice", "somebody-else's", "ding")
    ours = channel.redeem("bob", await channel.offer("tts"), "hello")
    channel.hear(UPDATED, foreign | {"status": "canceled"})
    await channel.becomes(ours, "FULFILLED")
    assert channel.twitch.status(foreign) == "UNFULFILLED"
    assert await channel.rows("SELECT COUNT(*) FROM redemptions") == [(1,)]


# What mods do


@pytest.mark.parametrize("command", ["!queue skip", "!queue clear", "!refund @alice"])
async def test_what_a_mod_gives_back_is_cancelled(channel: Channel, command: str) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    await channel.chat.say("pixel_street", command, "broadcaster")
    await channel.becomes(event, "CANCELED")
    assert await channel.rows("SELECT * FROM transactions") == []
    assert channel.chat.overlay.played == []


async def test_a_viewer_cancels_their_own(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    await channel.chat.say("alice", "!cancel")
    await channel.becomes(event, "CANCELED")


async def test_what_has_played_cannot_be_given_back_but_what_was_paid_before_can(channel: Channel) -> None:
    await channel.chat.viewer("alice", points=100)
    await channel.chat.say("alice", "!sound ding")
    channel.chat.clock.advance(10)
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    (answer,) = await channel.chat.say("pixel_street", "!refund @alice", "broadcaster")
    assert "15 points" in answer
    (answer,) = await channel.chat.say("pixel_street", "!refund @alice", "broadcaster")
    assert "no redeem" in answer
    assert await channel.chat.points("alice") == 100
    assert channel.twitch.status(event) == "FULFILLED"


async def test_what_is_rejected_on_twitch_while_it_waits_does_not_run(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    channel.reject(event)
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound: A mod rejected it. Your channel points are back.")
    await channel.chat.say("pixel_street", "!queue resume", "broadcaster")
    assert channel.chat.overlay.played == []
    assert channel.twitch.count("PATCH") == 0


async def test_what_is_rejected_on_twitch_while_it_plays_stops(channel: Channel) -> None:
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.chat.overlay.asked(1)
    channel.chat.overlay.started()
    channel.reject(event)
    await channel.said("@Alice sound: A mod rejected it. Your channel points are back.")
    assert set(channel.chat.overlay.stopped) == {channel.chat.overlay.played[0]["id"]}
    await channel.becomes(event, "CANCELED")
    assert channel.twitch.count("PATCH") == 0


async def test_what_is_rejected_before_it_was_heard_never_runs(channel: Channel) -> None:
    event = channel.twitch.redeem(sandbox_user("alice"), await channel.offer(), "ding")
    channel.reject(event)
    await channel.becomes(event, "CANCELED")
    channel.hear(ADDED, event)
    other = channel.redeem("bob", await channel.offer("tts"), "hello")
    await channel.becomes(other, "FULFILLED")
    assert [m["what"] for m in channel.chat.overlay.played] == ["speak"]


async def test_what_a_mod_marks_as_done_on_twitch_still_plays(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    channel.twitch.settle(event["id"], "FULFILLED")
    channel.hear(UPDATED, event | {"status": "fulfilled"})
    await channel.becomes(event, "FULFILLED")
    await channel.chat.say("pixel_street", "!queue resume", "broadcaster")
    await channel.chat.overlay.asked(1)
    assert channel.twitch.count("PATCH") == 0


async def test_our_own_decision_comes_back_as_news_and_changes_nothing(channel: Channel) -> None:
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    channel.hear(UPDATED, event | {"status": "fulfilled"})
    other = channel.redeem("bob", await channel.offer("tts"), "hello")
    await channel.becomes(other, "FULFILLED")
    assert await channel.rows("SELECT status FROM queue_items") == [("done",)] * 2


async def test_what_was_rejected_while_nobody_could_tell_us_does_not_run(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
        await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
        event = channel.redeem("alice", reward, "ding")
        await channel.waits(1)
        channel.reject(event, told=False)
        channel.redemptions.catch_up()
        await channel.becomes(event, "CANCELED")
        await channel.said("@Alice sound: A mod rejected it.")
        assert twitch.count("PATCH") == 0


# The bot was away


async def test_what_came_while_away_runs_when_it_is_young_and_is_cancelled_when_it_is_old(
    tmp_path: Path, twitch: NearTwitch
) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
    old = [twitch.redeem(sandbox_user(f"old{i}"), reward, "ding", ago=601 + i) for i in range(7)]
    older_one = twitch.redeem(sandbox_user("anna"), reward, "ding", ago=500)
    young_one = twitch.redeem(sandbox_user("bob"), reward, "ding", ago=30)
    async with channel_in(tmp_path, twitch) as channel:
        for event in old:
            await channel.becomes(event, "CANCELED")
        for event in (older_one, young_one):
            await channel.becomes(event, "FULFILLED")
        late = [line for line in channel.chat.sent if "too late" in line]
        assert late == [
            "While I was away, 7 redemptions came too late: @old6, @old5, @old4, @old3, @old2 and 2 more. "
            "Your channel points are back."
        ]
        assert await channel.rows("SELECT redemption FROM queue_items ORDER BY redemption") == [
            (older_one["id"],),
            (young_one["id"],),
        ]
        channel.redemptions.catch_up()
        other = channel.redeem("carol", reward, "ding")
        await channel.becomes(other, "FULFILLED")
    assert set(twitch.decided.values()) == {1}


async def test_a_reward_that_was_deleted_by_hand_does_not_stop_the_others(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        gone, there = await channel.offer("sound"), await channel.offer("tts")
        await channel.rewards.switch_off("sound")
    del twitch.rewards[gone]
    event = twitch.redeem(sandbox_user("alice"), there, "hello", ago=5)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.becomes(event, "FULFILLED")


async def test_rows_of_twitch_that_cannot_be_read_are_left_out(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
    odd = twitch.redeem(sandbox_user("mallory"), reward, "ding", ago=5)
    twitch.redemptions[odd["id"]]["user_login"] = None
    event = twitch.redeem(sandbox_user("alice"), reward, "ding", ago=5)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.becomes(event, "FULFILLED")


# Twitch is away


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_a_report_that_did_not_get_through_is_tried_again(channel: Channel, status: int, when: When) -> None:
    reward = await channel.offer()
    channel.twitch.fail("PATCH", REDEMPTIONS, HelixError(status, "not now"), times=2, when=when)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "FULFILLED")
    assert channel.twitch.decided == {event["id"]: 1}


async def test_a_report_waits_for_the_sign_in(tmp_path: Path, twitch: NearTwitch) -> None:
    async with stage(tmp_path, twitch.clock) as chat:
        channel = Channel(chat, twitch)
        channel.redemptions = Redemptions(
            twitch,
            channel.channel_points,
            chat.clock,
            STREAMER.id,
            RedemptionHandler(chat.bot, channel.channel_points),
            Backoff(calm=0.0, first=3_600.0, longest=3_600.0),
        )
        channel.start()
        reward = await channel.offer()
        twitch.fail("PATCH", REDEMPTIONS, NotSignedIn("broadcaster"))
        event = channel.redeem("alice", reward, "ding")
        await until(lambda: asyncio.sleep(0, not twitch.faults))
        assert twitch.status(event) == "UNFULFILLED"
        channel.redemptions.catch_up()
        await channel.becomes(event, "FULFILLED")
        await channel.stop()


async def test_what_twitch_forbids_does_not_hold_up_the_others(channel: Channel) -> None:
    reward = await channel.offer()
    channel.twitch.fail("PATCH", REDEMPTIONS, HelixError(403, "another client id"), times=1)
    events = [channel.redeem(name, reward, "ding") for name in ("alice", "bob")]
    for event in events:
        await channel.becomes(event, "FULFILLED")


async def test_a_database_that_is_away_decides_nothing_and_it_runs_later(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = await channel.offer()
    shop, buy, failed = channel.bot.shop, channel.bot.shop.buy, asyncio.Event()

    async def away(order: Any) -> Any:
        if failed.is_set():
            return await buy(order)
        failed.set()
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(shop, "buy", away)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "FULFILLED")
    assert failed.is_set()
    assert channel.chat.sent == ["@Alice Playing ding!"]


async def test_a_flood_of_commits_asks_nothing_while_no_redemption_is_open(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    await until(lambda: asyncio.sleep(0, not channel.redemptions._any_open))
    looks = 0
    real = channel.channel_points.open

    async def counted() -> Any:
        nonlocal looks
        looks += 1
        return await real()

    monkeypatch.setattr(channel.channel_points, "open", counted)
    for number in range(20):
        await channel.chat.viewer(f"new{number}")
    await channel.chat.settled()
    assert looks == 0


# Rewards


async def test_a_reward_says_what_its_redeem_is(channel: Channel) -> None:
    await channel.bot.redeems.rest("tts", 30, everyone=True)
    made = channel.twitch.rewards[await channel.offer("tts", 1_000)]
    assert made | {"id": ""} == {
        "id": "",
        "is_paused": False,
        "title": "Text-to-Speech",
        "prompt": "Have a text read out on stream.",
        "cost": 1_000,
        "is_enabled": True,
        "is_user_input_required": True,
        "should_redemptions_skip_request_queue": False,
        "global_cooldown_setting": {"is_enabled": True, "global_cooldown_seconds": 30},
        "background_color": "#8B5CF6",
    }


async def test_text_is_asked_for_where_the_command_takes_some(channel: Channel) -> None:
    channel.bot.redeems.open("pixel")
    asks = {
        key: channel.twitch.rewards[await channel.offer(key)]["is_user_input_required"]
        for key in ("tts", "pixel", "sound", "spin", "clip")
    }
    assert asks == {"tts": True, "pixel": True, "sound": True, "spin": False, "clip": False}


async def test_the_cooldown_of_each_viewer_stands_where_there_is_none_for_everyone(channel: Channel) -> None:
    made = channel.twitch.rewards[await channel.offer("sound")]
    assert made["global_cooldown_setting"] == {"is_enabled": True, "global_cooldown_seconds": 5}


async def test_changes_of_a_redeem_follow_and_only_what_differs_is_sent(channel: Channel) -> None:
    reward = channel.twitch.rewards[await channel.offer()]
    channel.twitch.asked.clear()

    async def patched(count: int) -> Any:
        await until(lambda: asyncio.sleep(0, channel.twitch.count("PATCH", REWARDS) >= count))
        return [body for method, path, body in channel.twitch.asked if (method, path) == ("PATCH", REWARDS)][-1]

    await channel.bot.redeems.switch("sound", on=False)
    assert await patched(1) == {"is_enabled": False}
    await channel.bot.redeems.switch("sound", on=True)
    assert await patched(2) == {"is_enabled": True}
    await channel.bot.redeems.rest("sound", 0)
    assert await patched(3) == {"is_global_cooldown_enabled": False}
    await channel.bot.redeems.rest("sound", 90, everyone=True)
    assert await patched(4) == {"is_global_cooldown_enabled": True, "global_cooldown_seconds": 90}
    channel.bot.redeems.close("sound", "The loudspeaker is broken.")
    assert await patched(5) == {"is_enabled": False}
    channel.bot.redeems.open("sound")
    assert await patched(6) == {"is_enabled": True}
    await channel.bot.cogs.unload("sounds")
    assert await patched(7) == {"is_enabled": False}
    await channel.bot.cogs.load("sounds")
    assert await patched(8) == {"is_enabled": True}
    assert (await channel.rewards.switch_on("sound", 700)).cost == 700
    assert await patched(9) == {"cost": 700}
    assert (await channel.rewards.switch_off("sound")).enabled is False
    assert await patched(10) == {"is_enabled": False}
    assert reward["cost"] == 700


async def test_a_start_with_all_in_step_changes_nothing(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        await channel.offer()
    twitch.asked.clear()
    async with channel_in(tmp_path, twitch) as channel:
        await channel.rewards.align()
    assert {method for method, _, _ in twitch.asked} == {"GET"}


async def test_a_change_by_hand_on_twitch_is_taken_back_at_the_start(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = twitch.rewards[await channel.offer()]
    reward.update(title="Cheap", cost=1, should_redemptions_skip_request_queue=True, is_paused=True)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.rewards.align()
    assert (reward["title"], reward["cost"]) == ("Play sound effect", 500)
    assert reward["should_redemptions_skip_request_queue"] is False
    assert reward["is_paused"] is True, "a pause is the streamer's own"


async def test_a_channel_without_such_rewards_is_never_asked(channel: Channel) -> None:
    await channel.bot.redeems.switch("sound", on=False)
    await channel.rewards.align()
    assert channel.twitch.asked == []


async def test_a_reward_deleted_by_hand_is_made_anew_if_it_is_on(channel: Channel) -> None:
    first = await channel.offer()
    del channel.twitch.rewards[first]
    await channel.rewards.align()
    (second,) = channel.twitch.rewards
    assert second != first
    assert await channel.channel_points.by_reward(second) is not None

    await channel.rewards.switch_off("sound")
    del channel.twitch.rewards[second]
    await channel.rewards.align()
    assert channel.twitch.rewards == {}


async def test_a_reward_deleted_at_the_very_moment_is_made_anew_once(channel: Channel) -> None:
    first = await channel.offer()
    channel.twitch.fail("PATCH", REWARDS, HelixError(404, "not found"))
    channel.twitch.rewards[first]["title"] = "Before"
    made = await channel.rewards.switch_on("sound", 700)
    assert made.reward_id not in {None, first}
    assert channel.twitch.count("POST", REWARDS) == 2


async def test_a_title_that_somebody_has_taken_is_named_and_nothing_is_kept(channel: Channel) -> None:
    channel.twitch.rewards["by-hand"] = {"id": "by-hand", "title": "Play sound effect"}
    channel.twitch.foreign.add("by-hand")
    with pytest.raises(RewardRefused, match="There is a reward named Play sound effect already that I did not make"):
        await channel.offer()
    assert await channel.channel_points.all() == []
    assert channel.twitch.rewards["by-hand"] == {"id": "by-hand", "title": "Play sound effect"}


async def test_a_reward_whose_answer_was_lost_is_found_again(channel: Channel) -> None:
    channel.twitch.fail("POST", REWARDS, HelixError(0, "timed out"), when="after")
    with pytest.raises(RewardWaits, match=r"Twitch does not answer right now\. I keep it in mind\."):
        await channel.offer()
    (made,) = channel.twitch.rewards
    await until(lambda: is_kept(channel, made))
    assert channel.twitch.rewards.keys() == {made}


async def is_kept(channel: Channel, reward_id: str) -> bool:
    return await channel.channel_points.by_reward(reward_id) is not None


@pytest.mark.parametrize("error", [HelixError(500, "down"), NotSignedIn("broadcaster")])
async def test_a_wish_is_kept_until_twitch_can_be_asked(channel: Channel, error: HelixError) -> None:
    channel.twitch.fail("GET", REWARDS, error, times=2)
    with pytest.raises(RewardWaits, match=r"I keep it in mind\.$"):
        await channel.offer()
    channel.rewards.catch_up()
    await until(lambda: asyncio.sleep(0, bool(channel.twitch.rewards)))
    assert [n.enabled for n in await channel.channel_points.all()] == [True]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (HelixError(403, "channel points are not available"), "for affiliates and partners only"),
        (HelixError(400, "CREATE_CUSTOM_REWARD_TOO_MANY_REWARDS"), "as many rewards as Twitch allows"),
        (HelixError(400, "hm"), "Twitch did not take the reward"),
    ],
)
async def test_what_twitch_refuses_is_said_and_not_kept(channel: Channel, error: HelixError, sentence: str) -> None:
    channel.twitch.fail("POST", REWARDS, error)
    with pytest.raises(RewardRefused, match=sentence):
        await channel.offer()
    assert await channel.channel_points.all() == []


async def test_a_refused_change_keeps_what_was_before(channel: Channel) -> None:
    await channel.offer(cost=500)
    channel.twitch.fail("PATCH", REWARDS, HelixError(403, "no"))
    with pytest.raises(RewardRefused):
        await channel.offer(cost=600)
    assert [n.cost for n in await channel.channel_points.all()] == [500]


@pytest.mark.parametrize(("key", "cost"), [("nothing", 5), ("*", 5), ("sound", 0), ("sound", 10**12)])
async def test_wishes_that_cannot_be(channel: Channel, key: str, cost: int) -> None:
    with pytest.raises(BadInput):
        await channel.rewards.switch_on(key, cost)
    assert channel.twitch.asked == []


async def test_mods_manage_rewards_in_chat(channel: Channel) -> None:
    async def mod(words: str) -> str:
        (answer,) = await channel.chat.say("maria", words, "moderator")
        return answer

    assert await mod("!redeem native list") == "Nothing is for channel points yet."
    assert await mod("!redeem native on SOUND 1,500") == "sound is a reward now, for 1,500 channel points."
    assert await mod("!redeem native") == "For channel points: sound 1,500"
    assert await mod("!redeem native off sound") == "sound is no reward any more; it stays on Twitch, disabled."
    assert await mod("!redeem native off tts") == "tts is no Channel Points reward of mine."
    assert "Type it like this" in await mod("!redeem native on sound")
    assert "a number" in await mod("!redeem native on sound many")
    (answer,) = await channel.chat.say("alice", "!redeem native on sound 5")
    assert answer == "Only mods can do that."


async def test_without_twitch_mods_hear_that() -> None:
    nobody = NoChannelPoints()
    for wish in (nobody.switch_on("sound", 5), nobody.switch_off("sound")):
        with pytest.raises(ChatError, match="not connected"):
            await wish
    assert await nobody.list() == []


# Frames

GOOD: Row = {
    "id": "r1",
    "user_id": "1",
    "user_login": "Alice",
    "user_name": "Alice",
    "user_input": "hi",
    "status": "unfulfilled",
    "redeemed_at": "2026-01-01T12:00:00.123456789Z",
    "reward": {"id": "w1", "title": "", "cost": 1, "prompt": ""},
}


def frame_of(event: Any, kind: str = ADDED) -> Row:
    return {"metadata": {"subscription_type": kind}, "payload": {"event": event}}


def test_a_frame_is_read() -> None:
    heard = parse_redemption(frame_of(GOOD))
    assert heard is not None
    assert (heard.person.login, heard.ref.redemption, heard.ref.reward) == ("alice", "r1", "w1")
    assert heard.redeemed_at == datetime.fromisoformat("2026-01-01T12:00:00.123456+00:00")
    assert not heard.again
    assert parse_redemption(frame_of(GOOD, "channel.follow")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": "x" * 200},
        {"user_id": 5},
        {"user_login": None},
        {"user_login": ["alice"]},
        {"status": "unknown"},
        {"status": None},
        {"redeemed_at": "yesterday"},
        {"redeemed_at": "2026-01-01T12:00:00"},
        {"redeemed_at": None},
        {"reward": None},
        {"reward": {"id": 7}},
        {"reward": "w1"},
    ],
)
def test_a_frame_that_is_not_right_is_refused(change: Row) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_redemption(frame_of(GOOD | change))


@pytest.mark.parametrize(
    ("change", "words"), [({"user_input": None}, ""), ({"user_input": 5}, ""), ({"user_input": "x" * 9_999}, "x" * 500)]
)
def test_what_was_typed_may_be_anything(change: Row, words: str) -> None:
    heard = parse_redemption(frame_of(GOOD | change))
    assert heard is not None
    assert heard.user_input == words
