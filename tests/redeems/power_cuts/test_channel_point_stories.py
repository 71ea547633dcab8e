"""Whatever happens in whatever order: each redemption is settled once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixel_bot.platforms.twitch.events.redemptions import ADDED, UPDATED
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import SettableClock
from tests.harness.database import rows
from tests.harness.rounds import modest, rounds
from tests.redeems.near_twitch import REDEMPTIONS, NearTwitch
from tests.redeems.page_model import NearPage
from tests.redeems.power_cuts.life import SECONDS, Life, Power, holds, new_twitch

pytestmark = pytest.mark.sqlite


# Whatever happens in whatever order

Kind = Literal[
    "redeem", "ask", "again", "begin", "end", "break", "lose", "come",
    "down", "lost answer", "signed out", "reject", "reject unheard", "done by hand",
    "skip", "refund", "pass", "catch up", "restart", "kill",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # pyright: ignore[reportAttributeAccessIssue]
USERS = ("alice", "bob", "carol")


@dataclass(frozen=True)
class Op:
    """One thing that happens. ``pick`` chooses among what there is; ``spins`` is how long the bot has for it."""

    kind: Kind
    pick: int = 0
    spins: int = 2


def often(*kinds: Kind) -> st.SearchStrategy[Op]:
    return st.builds(Op, st.sampled_from(kinds), st.integers(0, 3), st.integers(0, 3))


programs = st.lists(
    st.one_of(often("redeem", "ask"), often("redeem", "begin", "end"), often(*KINDS)), min_size=4, max_size=18
)


class Story:
    """A life after the other, with Twitch and a page that stay."""

    def __init__(self, folder: Path, twitch: NearTwitch) -> None:
        self.folder, self.twitch = folder, twitch
        self.page = NearPage(by_itself=False)
        self.events: list[Json] = []
        self.relaxed: set[str] = set()
        self.life = Life(folder, twitch, self.page, Power())

    async def do(self, op: Op) -> None:
        event = self.events[op.pick % len(self.events)] if self.events else None
        match op.kind:
            case "redeem" | "ask":
                reward = "reward-sound" if op.kind == "redeem" else "reward-asks"
                # Each question has an asker of its own, so that its answers can be told apart.
                name = USERS[op.pick % len(USERS)] if op.kind == "redeem" else f"fan{len(self.events)}"
                who = sandbox_user(name)
                self.events.append(self.twitch.redeem(who, reward, "ding"))
                self.life.hear(ADDED, self.events[-1])
            case "again" if event:
                self.life.hear(ADDED, event)
            case "reject" | "reject unheard" | "done by hand" if event:
                self._by_hand(event, op.kind)
            case "down":
                self.twitch.fail("PATCH", REDEMPTIONS, HelixError(500, "down"), times=1 + op.pick)
            case "lost answer":
                self.twitch.fail("PATCH", REDEMPTIONS, HelixError(0, "timed out"), when="after")
            case "signed out":
                method = ("PATCH", "GET")[op.pick % 2]
                self.twitch.fail(method, REDEMPTIONS, NotSignedIn("broadcaster"))
            case "skip":
                await self.life.bot.queue.skip()
            case "refund":
                await self._refund(USERS[op.pick % len(USERS)])
            case "pass":
                self.twitch.clock.advance((6, 31, 121, 700)[op.pick])
                self.life.bot.dispatcher.wake()
            case "catch up":
                self.life.redemptions.catch_up()
            case "restart" | "kill":
                await self._again(kill=op.kind == "kill")
            case _:
                await self._on_the_page(op)
        for _ in range((0, 3, 20, 60)[op.spins]):
            await asyncio.sleep(0.0005)

    def _by_hand(self, event: Json, kind: Kind) -> None:
        status = "FULFILLED" if kind == "done by hand" else "CANCELED"
        with suppress(HelixError):
            self.twitch.settle(event["id"], status)
            self.relaxed.add(event["id"])
            if kind != "reject unheard":
                self.life.hear(UPDATED, event | {"status": status.lower()})

    async def _refund(self, login: str) -> None:
        found = await rows(self.life.services, f"SELECT id FROM users WHERE name = '{login}'")
        if found:
            viewer = await self.life.bot.viewers.find(login)
            before = {r["id"]: r["status"] for r in self.twitch.redemptions.values()}
            await self.life.bot.queue.refund(viewer)
            done = [i for i, status in before.items() if status == "FULFILLED"]
            assert all(self.twitch.redemptions[i]["status"] == "FULFILLED" for i in done)

    async def _again(self, *, kill: bool) -> None:
        if kill:
            # What said its answer, or ended on the page, in the moment of the kill may have been given back.
            running = await rows(self.life.services, "SELECT redemption FROM queue_items WHERE status = 'running'")
            self.relaxed |= {i for (i,) in running if self.twitch.redemptions[i]["reward"]["id"] == "reward-asks"}
        there = self.page.connected
        await (self.life.die() if kill else self.life.end())
        self.life = Life(self.folder, self.twitch, self.page, Power())
        await self.life.begin()
        if not there:
            self.page.lose()

    async def _on_the_page(self, op: Op) -> None:
        page = self.page
        playing = list(page.playing)
        token = playing[op.pick % len(playing)] if playing else ""
        match op.kind:
            case "begin" if token:
                page.begin(token)
            case "end" if token:
                if not page.playing[token]:
                    page.begin(token)
                # Ended where no bot hears it, or in the moment in which something else ends it: both may happen.
                found = await rows(
                    self.life.services, f"SELECT redemption, status FROM queue_items WHERE token = '{token}'"
                )
                if not page.connected or found[0][1] != "running":
                    self.relaxed.add(found[0][0])
                if token in page.playing:
                    page.end(token)
            case "break" if token:
                page.fail(token, ("load", "error", "hidden", "blocked")[op.pick])
            case "lose":
                page.lose()
            case "come" if not page.connected:
                await page.connect(self.life.bot.overlay)
            case _:
                return

    async def all_clear(self) -> None:
        """The page is there, Twitch answers, and time passes, until everything has ended."""
        self.twitch.faults.clear()
        if not self.page.connected:
            await self.page.connect(self.life.bot.overlay)
        self.life.redemptions.catch_up()
        async with asyncio.timeout(SECONDS):
            while not await self.life._is_settled() or await self._left():
                for token in list(self.page.playing):
                    await self.do(Op("end", list(self.page.playing).index(token)))
                await asyncio.sleep(0.002)

    async def _left(self) -> bool:
        return bool(await rows(self.life.services, "SELECT 1 FROM queue_items WHERE status IN ('pending', 'running')"))


async def play(template: Path, folder: Path, program: Sequence[Op]) -> None:
    story = Story(folder, new_twitch(template, folder))
    await story.life.begin()
    try:
        for op in program:
            await story.do(op)
        await story.all_clear()
        await holds_in_the_end(story)
    finally:
        await story.life.die()


async def holds_in_the_end(story: Story) -> None:
    """Of what a mod settled on Twitch only that it was settled once; of all others everything."""
    twitch = story.twitch
    by_hand = {i: twitch.redemptions.pop(i) for i in story.relaxed if i in twitch.redemptions}
    assert all(twitch.decided[i] == 1 for i in by_hand)
    await holds(story.life, relaxed=set())
    assert all(count <= 1 for count in story.page.ended.values())


def steps(*kinds: Kind) -> list[Op]:
    return [Op(kind) for kind in kinds]


@given(program=programs)
@example(program=steps("redeem", "begin", "end", "again", "kill", "again"))
@example(program=[*steps("redeem", "begin"), Op("down", 3), Op("end", 0, 0), *steps("kill")])
@example(program=[Op("lost answer"), *steps("ask", "restart", "again")])
@example(program=[Op("redeem", 0, 0), Op("kill", 0, 0), Op("pass", 3), Op("again", 0, 0)])
@example(program=[*steps("lose", "redeem"), Op("pass", 2), *steps("come", "again")])
@example(program=[Op("signed out", 1), *steps("redeem", "skip", "catch up", "refund")])
@example(program=[*steps("lose", "redeem", "reject unheard", "kill", "come", "begin", "end")])
@settings(modest, max_examples=rounds(2))
def test_any_story_keeps_its_promises(template: Path, tmp_path: Path, program: list[Op]) -> None:
    asyncio.run(play(template, tmp_path, program))


def test_the_model_of_twitch_refuses_a_second_end() -> None:
    """Without this the tests above could not fail."""
    twitch = NearTwitch(SettableClock())
    event = twitch.redeem(sandbox_user("alice"), "reward-sound")
    twitch.settle(event["id"], "FULFILLED")
    with pytest.raises(HelixError, match="404"):
        twitch.settle(event["id"], "CANCELED")
