"""Some 300 commands as channels have them, in the forms of four bots, and what those bots say.

``said`` begins with ``~`` where it is a pattern, and with ``!`` where it says that something cannot be looked up.
"""

import csv
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_bot.plugin import VariableSource
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage
from tests.cogs.commands.scene import mod, scene
from tests.variables.hostile import texts

FORMS = Path(__file__).with_name("forms")
BOTS = ("nightbot", "streamelements", "fossabot", "streamlabs")


def forms(bot: str) -> Iterator[tuple[str, str, str]]:
    with (FORMS / f"{bot}.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["text"], row["typed"], row["said"]


async def wanted(chat: Stage, said: str) -> str:
    """What should be said, with the ids that only this chat knows."""
    ids = {"OWNER_ID": chat.bot.owner_id or "", "ALICE_ID": ALICE_ID, "MESSAGE_ID": "form"}
    for name, value in ids.items():
        said = said.replace(name, value)
    return said


ALICE_ID = sandbox_user("alice").id


def test_there_are_three_hundred() -> None:
    assert sum(len(list(forms(bot))) for bot in BOTS) >= 300


@pytest.mark.parametrize("bot", BOTS)
async def test_each_says_what_the_other_bot_says(tmp_path: Path, bot: str) -> None:
    async with scene(tmp_path, points_chat_amount=0) as chat:
        await chat.viewer("alice", points=120)
        await chat.viewer("bob", points=40)
        start = chat.clock.now()
        chat.clock.set(start - timedelta(hours=2, minutes=5))
        await chat.goes_live()
        chat.clock.set(start)
        await chat.say("bob", "hello")
        await mod(chat, "hello")
        await mod(chat, "!quote add I meant to do that")
        wrong: list[str] = []
        for number, (text, typed, said) in enumerate(forms(bot)):
            await chat.say("alice", f"!form {typed}")
            source = VariableSource(
                "form" if "MESSAGE_ID" in said else f"form:{number}",
                f"form-{number}",
                typed,
                "alice",
                "alice",
                ALICE_ID,
            )
            done = await chat.bot.render(text, source)
            expected = await wanted(chat, said)
            if expected.startswith("!"):
                is_right = done.problems[:1] == (expected[1:],)
            elif expected.startswith("~"):
                is_right = re.fullmatch(expected[1:], done.text) is not None
            else:
                is_right = done.text == expected
            if not is_right:
                wrong.append(f"{text!r} with {typed!r}: {done.text!r} {done.problems}, and not {expected!r}")
        assert not wrong, "\n".join(wrong)


async def test_hostile_texts_take_five_milliseconds_each_with_all_variables_of_the_bot(tmp_path: Path) -> None:
    async with scene(tmp_path) as chat:
        for number, text in enumerate(text for text in texts(200, seed=3) if "count " not in text):
            best = 1.0
            for turn in range(3):
                source = VariableSource(f"{number}:{turn}", "x", "$(user) ' ) bob", "alice", "alice", ALICE_ID)
                begun = time.process_time()
                done = await chat.bot.render(text, source)
                best = min(best, time.process_time() - begun)
                assert len(done.text) <= 500
            assert best < 0.005, text[:80]
