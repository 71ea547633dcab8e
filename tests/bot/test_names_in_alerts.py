"""Names that are blocked words, in what is shown and said without anybody's asking: alerts, thanks and new levels."""

import codecs
import json
from pathlib import Path

import pytest

from pixel_bot.model.channel_events import ChannelEvent, Follow, Tip, WheelClaim
from pixel_bot.model.people import Person
from pixel_bot.plugin import Cog, on
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import SandboxUser, sandbox_user
from pixel_bot.testing import Stage, stage, there
from tests.cogs.loaded import thanks_said
from tests.earning.claims.test_subs_in_chat import alerts, ledger

SLUR, SHORT = (codecs.decode(word, "rot13") for word in ("avttre", "snt"))
NAMES = [
    SLUR,
    SLUR.upper(),
    f"xX_{SLUR}_Xx",
    f"i_am_{SHORT}",
    f"{SHORT}1234",
    f"{SHORT.capitalize()}Hunter99",
    "_".join(SLUR),
    SLUR.replace("i", "1"),
]
KINDS = ["follow", "subscribe", "resub", "gift", "cheer", "raid"]


def frame(kind: str, who: SandboxUser, chat: Stage) -> tuple[str, Json]:
    frames_by_kind: dict[str, tuple[str, Json]] = {
        "follow": ("channel.follow", frames.follow(who, chat.clock.now())),
        "subscribe": ("channel.subscribe", frames.subscribe(who)),
        "resub": ("channel.subscription.message", frames.resub(who, 5)),
        "gift": ("channel.subscription.gift", frames.gift(who, 3)),
        "cheer": ("channel.cheer", frames.cheer(who, 100)),
        "raid": ("channel.raid", frames.raid(who, 20)),
    }
    return frames_by_kind[kind]


def told(chat: Stage) -> str:
    return " ".join([*chat.sent, *(f"{alert['name']} {alert['text']}" for alert in chat.overlay.alerts)]).casefold()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_that_is_a_slur_is_neither_shown_nor_said(chat: Stage, kind: str) -> None:
    for number, name in enumerate(NAMES):
        await chat.hear(*frame(kind, sandbox_user(f"{name.lower()}{number}"[:25], name=name), chat))
        await thanks_said(chat.bot)
    assert len(alerts(chat)) == len(NAMES)
    assert {alert["name"] for alert in chat.overlay.alerts} == {"Somebody"}
    assert all(text.startswith("Somebody ") for text in alerts(chat))
    assert chat.sent
    assert "somebody" in told(chat)
    assert all(word not in told(chat).replace("_", "") for word in (SLUR, SHORT, SLUR.replace("i", "1")))


@pytest.mark.parametrize("kind", KINDS)
async def test_other_names_stay(chat: Stage, kind: str) -> None:
    for name in ("Nightbot2", "RunningFox22", "Scunthorpe_Fan", "GrapeJuice", "xX_Alice_Xx"):
        await chat.hear(*frame(kind, sandbox_user(name.lower(), name=name), chat))
        assert chat.overlay.alerts[-1]["name"] == name
        assert chat.overlay.alerts[-1]["text"].startswith(f"{name} ")
    await thanks_said(chat.bot)
    assert "somebody" not in told(chat)


async def test_the_ledger_commands_and_cogs_keep_the_name(chat: Stage) -> None:
    heard: list[ChannelEvent] = []

    class Ear(Cog):
        @on(Follow)
        async def follow(self, event: Follow) -> None:
            heard.append(event)

    await chat.bot.add_component(Ear(chat.bot))
    who = sandbox_user(SLUR)
    await chat.hear(*frame("follow", who, chat))
    assert await ledger(chat) == [(SLUR, "follow", 50)]
    assert [event.person and event.person.display_name for event in heard] == [SLUR]
    assert await chat.say(SLUR, "!points") == ["You have 50 points."]
    await chat.say("mia", f"!points add @{SLUR} 5", "moderator")
    assert await chat.points(SLUR) == 55


async def test_what_somebody_tipped_for_passes_the_filter_too(chat: Stage) -> None:
    at = chat.clock.now()
    chat.bot.events.start(Tip("joystick:t1", there("Ally"), at, tokens=5, item=f"a {SLUR} song"), chat.joystick)
    chat.bot.events.start(WheelClaim("joystick:w1", there("Ally"), at, prize=SHORT), chat.joystick)
    await chat.settled()
    assert sorted(alerts(chat)) == ["Ally tipped 5 tokens for a bleep song", "Ally won bleep"]


async def test_of_several_in_one_line_only_that_name_is_hidden(chat: Stage) -> None:
    for name in ("alice", SLUR, "bob"):
        await chat.hear(*frame("follow", sandbox_user(name), chat), wait=False)
    await thanks_said(chat.bot)
    assert chat.sent == ["Welcome, alice, somebody and bob! Thank you for the follow."]


async def test_a_word_of_the_own_list_counts_too(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("grumble\n", encoding="utf-8")
    async with stage(tmp_path, tts_words_file=words) as chat:
        await chat.hear(*frame("follow", sandbox_user("grumble"), chat))
        assert alerts(chat) == ["Somebody followed"]


async def test_a_new_level_is_told_without_it(tmp_path: Path) -> None:
    rewards = {"2": {"points": 50, "message": "{user} reached level {level}!"}}
    (tmp_path / "level_rewards.json").write_text(json.dumps(rewards), encoding="utf-8")
    async with stage(tmp_path, xp_base=1, level_rewards_file=tmp_path / "level_rewards.json") as chat:
        for number in range(4):
            await chat.say(SLUR, f"hello {number}")
            chat.clock.advance(61)
        assert chat.sent == ["bleep reached level 2!"]


def test_a_name_is_harmless_whatever_it_is_called_elsewhere(chat: Stage) -> None:
    person = Person("1", SLUR, "ゆきだるま")
    assert chat.bot.events._harmless(person) == Person("1", "somebody", "ゆきだるま")
