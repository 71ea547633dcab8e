"""The AI, clips, thanks and speech's commands can be taken away one by one, and all else works."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import text

from pixel_bot.bot.cogs.settings_findings import findings_of_cogs, settings_of_cogs
from pixel_bot.configuration.cog_files import find_cogs
from pixel_bot.plugin import Follow
from pixel_bot.run.running_bot import RunningBot
from pixel_bot.run.setup_page import SetUp
from pixel_bot.testing import Stage, live, settings_in, stage
from tests.cogs.loaded import cog_class
from tests.cogs.pixel.sage import Sage, stage_with
from tests.harness.paths import ROOT

WRONG: dict[str, dict[str, Any]] = {
    "clips": {},
    "pixel": {"ai_daily_limit": "many", "ai_base_url": "nowhere"},
    "speech": {"tts_prefix_username": "perhaps"},
    "thanks": {"shoutout_raid": "{nobody}"},
}
"""Settings of each cog that it could not use."""

COMMANDS = {"clips": "clip", "pixel": "pixel hello", "speech": "tts hello"}
SAID = {"clips": "Saving it ...", "pixel": "Let me think.", "speech": "Coming up!"}


async def made() -> str:
    """Stands in for Twitch, which would make a clip."""
    return "https://clips.example/1"


async def look_around(chat: Stage, off: Sequence[str]) -> None:
    """Use what is there, and try what is not."""
    assert chat.bot.cogs.broken() == []
    if "clips" not in off:
        cog_class(chat.bot, "Clips").twitch.make = made
    for number, (cog, line) in enumerate(COMMANDS.items()):
        who = f"viewer{number}"
        await chat.viewer(who, points=100)
        said = await chat.say(who, f"!{line}")
        if cog in off:
            assert said == []
            assert await chat.points(who) == 100
        else:
            assert said[0].startswith(SAID[cog])
    (helped,) = await chat.say("alice", "!help")
    there = {cog for cog, line in COMMANDS.items() if f"!{line.split()[0]}" in helped.split()}
    assert there == COMMANDS.keys() - set(off)
    assert (await chat.say("mila", "!status", "moderator"))[0].startswith("Up ")
    (offered,) = await chat.say("alice", "!redeems")
    assert {cog for cog, line in COMMANDS.items() if f"!{line.split()[0]} " in offered} == there
    await chat.happens(Follow, "bob")
    if "thanks" not in off:
        await cog_class(chat.bot, "Thanks").close()
    thanked = "Welcome, bob! Thank you for the follow." in chat.sent
    assert thanked == ("thanks" not in off)


@pytest.mark.parametrize("off", WRONG)
async def test_all_else_works_without_it(tmp_path: Path, off: str) -> None:
    async with stage(tmp_path, cogs_off=off, **WRONG[off]) as chat:
        await look_around(chat, [off])
        page = SetUp(chat.services, lambda: cast(RunningBot, SimpleNamespace(bot=chat.bot)), "", None, None)
        steps = {step.key for step in (await page.state()).cog_steps}
        assert steps == {"ai", "clips"} - {{"pixel": "ai"}.get(off, off)}


async def test_all_else_works_where_their_folders_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A table is declared in one place: cogs that have some are left where they are, and out of this bot.
    tables = [
        path.name for path in (ROOT / "cogs").glob("*") if path.is_file() and "CogModel" in path.read_text("utf-8")
    ]
    shutil.copytree(ROOT / "cogs", tmp_path / "cogs", ignore=shutil.ignore_patterns("__pycache__", *tables, *WRONG))
    monkeypatch.setattr("pixel_bot.configuration.cog_files.BUILT_IN", tmp_path / "cogs")
    assert WRONG.keys().isdisjoint(find_cogs(None, installed=False).cogs)
    # The originals of these have declared their tables in this process.
    async with stage(tmp_path, cogs_off="commands,counters,greetings,lineup,quotes,store,timers") as chat:
        await look_around(chat, list(WRONG))


async def test_the_sandbox_runs_without_them(tmp_path: Path) -> None:
    async with live(tmp_path, cogs_off=",".join(WRONG)) as running:
        assert await running.ask("alice", "!points") == "You have 0 points."
        assert "!pixel" not in await running.ask("alice", "!help")


@pytest.mark.parametrize("off", WRONG)
def test_the_settings_of_what_is_off_are_no_matter(tmp_path: Path, off: str) -> None:
    there, gone = settings_in(tmp_path, **WRONG[off]), settings_in(tmp_path, cogs_off=off, **WRONG[off])
    assert list(findings_of_cogs(gone)) == []
    assert settings_of_cogs(gone) == {}
    (*_, last) = [str(found) for found in findings_of_cogs(there)] or ["The cog clips is left out."]
    assert last.endswith(f"The cog {off} is left out.")


async def test_a_cog_with_a_wrong_setting_is_left_out_and_all_else_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, ai_daily_limit="many") as chat:
        await chat.viewer("alice", points=100)
        assert await chat.say("alice", "!pixel hello") == []
        assert (await chat.say("alice", "!tts hello"))[0].startswith("Coming up!")
        page = SetUp(chat.services, lambda: cast(RunningBot, SimpleNamespace(bot=chat.bot)), "", None, None)
        (step,) = [step for step in (await page.state()).steps if step.key == "cogs"]
    wrong = "AI_DAILY_LIMIT: must be a whole number from 0 to 1,000,000."
    assert any(wrong in line for line in caplog.messages)
    assert step.tone == "broken"
    assert "AI_DAILY_LIMIT" in step.details[0]


# What was bought before

EARLIER = {"effect": "run", "name": "pixel", "args": {"question": "why"}}
"""How earlier versions stored a question."""


async def bought_before(folder: Path) -> None:
    """A question that an earlier version sold, and had no time to answer."""
    async with stage(folder) as chat:
        await chat.viewer("alice", points=100)
        await chat.say("mila", "!queue pause effect", "moderator")
        await chat.say("alice", "!pixel why", wait=False)
        async with chat.bot.readers() as session:
            (payload,) = (await session.execute(text("SELECT payload_json FROM queue_items"))).scalars()
        assert (json.loads(payload) if isinstance(payload, str) else payload) == EARLIER
        assert await chat.points("alice") == 50


async def test_what_was_sold_before_is_done(tmp_path: Path) -> None:
    await bought_before(tmp_path)
    async with stage_with(tmp_path, Sage("Because.")) as chat:
        await chat.say("mila", "!queue resume effect", "moderator")
        assert "AI: Because." in chat.sent
        assert await chat.points("alice") == 50


async def test_what_was_sold_before_is_given_back_where_the_cog_is_gone(tmp_path: Path) -> None:
    await bought_before(tmp_path)
    async with stage(tmp_path, cogs_off="pixel") as chat:
        await chat.say("mila", "!queue resume effect", "moderator")
        await chat.settled()
        assert await chat.points("alice") == 100
