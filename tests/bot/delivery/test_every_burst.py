"""Whatever burst comes, under whichever rules: every paid answer and every refund is said, in bounded time."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_bot.model.chat_rules import ChatModes, Standing
from pixel_bot.model.outgoing import Outgoing, Rank
from tests.bot.delivery.simulated_chat import SimulatedChat
from tests.bot.delivery.virtual_time import run_virtually
from tests.harness.rounds import rounds


@dataclass(frozen=True)
class Command:
    """One command of a burst, that many seconds after the one before."""

    pause: float
    asker: str
    rank: Rank
    kind: str
    text: str


@dataclass(frozen=True)
class Scene:
    """What the bot is in the chat, the chat's slow mode, what the bot knows of it, and how slow Twitch answers."""

    standing: Standing
    slow_seconds: int
    knows_modes: bool
    takes_itself_for: Standing
    latency: float


COMMANDS = st.builds(
    Command,
    pause=st.sampled_from([0.0, 0.0, 0.01, 0.3, 2.0]),
    asker=st.sampled_from(["ann", "bob", "cid", "dan"]),
    rank=st.sampled_from(Rank),
    kind=st.sampled_from(["free", "free", "paid", "refund", "interim"]),
    text=st.sampled_from(["You have 0 points.", "You win!", "No."]),
)
STANDINGS = st.sampled_from(["viewer", "vip", "moderator"])
SCENES = st.builds(
    Scene,
    standing=STANDINGS,
    slow_seconds=st.sampled_from([0, 0, 3, 30, 60]),
    knows_modes=st.booleans(),
    takes_itself_for=STANDINGS,
    latency=st.sampled_from([0.02, 0.4, 3.0]),
)


async def _play(scene: Scene, burst: list[Command]) -> tuple[SimulatedChat, list[str | None], float]:
    knows = ChatModes(scene.slow_seconds if scene.knows_modes else 0)
    chat = SimulatedChat(scene.standing, scene.slow_seconds, knows, scene.latency)
    chat.use_rules_of(scene.takes_itself_for)
    owed: list[asyncio.Task[str | None]] = []
    for i, command in enumerate(burst):
        await asyncio.sleep(command.pause)
        paid = command.kind in {"paid", "refund"}
        message = Outgoing(
            command.text,
            None if command.kind == "refund" else f"message-{i}",
            paid or command.kind == "interim",
            asker="" if command.kind == "refund" else command.asker,
            asker_name=command.asker,
            rank=command.rank,
            question=f"1 {command.text}",
            interim=command.kind == "interim",
        )
        task = chat.put(message)
        owed += [task] if paid else []
    began = chat.loop.time()
    results = list(await asyncio.gather(*owed))
    seconds = chat.loop.time() - began
    await chat.settled()
    return chat, results, seconds


@settings(max_examples=rounds(30), deadline=None)
@given(SCENES, st.lists(COMMANDS, max_size=60))
def test_every_paid_answer_and_every_refund_is_said(scene: Scene, burst: list[Command]) -> None:
    chat, results, seconds = run_virtually(_play(scene, burst))
    assert None not in results
    gap = max(1.1, scene.slow_seconds, scene.latency) + scene.latency
    backoff = 0 if not chat.dropped else 31
    assert seconds <= (len(results) + 2) * (gap + backoff) + 60
    free = sum(command.kind in {"free", "interim"} for command in burst)
    assert len(results) <= len(chat.said) <= len(results) + free


@settings(max_examples=rounds(20), deadline=None)
@given(st.sampled_from([0, 3, 30]), STANDINGS, st.sampled_from([0.02, 0.4]), st.lists(COMMANDS, max_size=60))
def test_who_knows_the_rules_is_never_refused(
    slow: int, standing: Standing, latency: float, burst: list[Command]
) -> None:
    chat, _, _ = run_virtually(_play(Scene(standing, slow, True, standing, latency), burst))
    assert chat.dropped == []


# Modes that keep the bot out for a while, unique chat, and what goes wrong on the way

CLOSED = ("", "emotes_only", "subscribers_only", "follower_minutes")
FAULTS = st.lists(st.sampled_from(["", "", "", "busy", "lost", "unanswered"]), max_size=40)


def _close(chat: SimulatedChat, mode: str, *, closed: bool) -> None:
    if mode == "follower_minutes":
        chat.settings.follower_minutes = 10 if closed else None
    elif mode:
        setattr(chat.settings, mode, closed)


async def _owe(chat: SimulatedChat, command: Command, i: int) -> str:
    """A paid answer, or the notice of its refund where chat does not take it. Returns what was said."""
    answer = Outgoing(
        f"{command.text} ({command.asker})", f"message-{i}", True, asker=command.asker, asker_name=command.asker
    )
    if await chat.put(answer) is not None:
        return answer.text
    notice, pause = Outgoing(f"@{command.asker} Your points are back.", paid=True), 5.0
    while await chat.put(notice) is None:
        await asyncio.sleep(pause)
        pause = min(60.0, 2 * pause)
    return notice.text


async def _owe_all(
    scene: Scene, burst: list[Command], mode: str, faults: list[str], *, unique: bool
) -> tuple[list[str], list[str]]:
    """Returns what was owed in the end, and what chat has taken."""
    chat = SimulatedChat(scene.standing, scene.slow_seconds, None, scene.latency, faults=iter([*faults, *[""] * 9_999]))
    chat.settings.unique = unique
    _close(chat, mode, closed=True)
    chat.loop.call_later(90, lambda: _close(chat, mode, closed=False))
    owed: list[asyncio.Task[str]] = []
    for i, command in enumerate(burst):
        await asyncio.sleep(command.pause)
        if command.kind in {"paid", "refund"}:
            owed.append(asyncio.create_task(_owe(chat, command, i)))
        else:
            chat.ask(command.asker, command.text, rank=command.rank)
    async with asyncio.timeout(86_400):
        words = list(await asyncio.gather(*owed))
    await chat.settled()
    return words, chat.texts()


@settings(max_examples=60, deadline=None)
@given(SCENES, st.lists(COMMANDS, max_size=30), st.sampled_from(CLOSED), FAULTS, st.booleans())
def test_whatever_keeps_the_bot_out_for_a_while_all_that_is_owed_is_said(
    scene: Scene, burst: list[Command], mode: str, faults: list[str], unique: bool
) -> None:
    owed, said = run_virtually(_owe_all(scene, burst, mode, faults, unique=unique))
    # Without the name that stands for a reply, and the number that makes words unique.
    plain = Counter(re.sub(r"^@(ann|bob|cid|dan) (?!Your)| \(\d+\)$", "", text) for text in said)
    for words, count in Counter(owed).items():
        assert plain[words] >= count, (words, said)


@pytest.mark.parametrize("standing", ["viewer", "vip", "moderator"])
def test_in_unique_chat_equal_words_are_told_apart(standing: Standing) -> None:
    async def play() -> SimulatedChat:
        chat = SimulatedChat(standing)
        chat.settings.unique = True
        for _ in range(4):
            assert await chat.put(Outgoing("Your points are back.", paid=True)) is not None
        assert await chat.put(Outgoing("Your points are back.")) is not None, "a free one is varied once"
        await chat.settled()
        return chat

    chat = run_virtually(play())
    assert len(chat.said) == 5
    if standing == "viewer":
        assert len(set(chat.texts())) == 5
