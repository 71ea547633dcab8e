"""What cogs say on the set-up page."""

import logging
from pathlib import Path

import pytest

from pixel_bot.plugin import SetupButton, SetupStep
from pixel_bot.testing import stage
from pixel_bot.web.setup import Pressed
from tests.bot.cogs.conftest import WriteCog

SAYS = """
def setup_step(self):
    return SetupStep("mine", "Mine", "done", "It works.")
"""
FAILS = """
def setup_step(self):
    raise LookupError("nobody knows")
"""


async def test_a_cog_says_what_it_needs_as_long_as_it_is_loaded(tmp_path: Path, cog: WriteCog) -> None:
    step = SetupStep("mine", "Mine", "done", "It works.")
    async with stage(tmp_path, cogs_dir=cog(SAYS)) as chat:
        assert step in chat.bot.setup_steps()
        await chat.bot.cogs.unload("mine")
        assert step not in chat.bot.setup_steps()


async def test_one_that_fails_at_that_costs_itself_alone(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    cog(SAYS)
    async with stage(tmp_path, cogs_dir=cog(FAILS, "broken")) as chat:
        with caplog.at_level(logging.ERROR):
            keys = [step.key for step in chat.bot.setup_steps()]
        assert "mine" in keys
        assert any("broken" in line and "setup_step" in line for line in caplog.messages)


PRESSED = """
pressed = ()

def setup_step(self):
    buttons = () if "close" in self.pressed else (SetupButton("open", "Open"), SetupButton("close", "Close", "Table 7"))
    return SetupStep("mine", "Mine", "todo", "Which?", buttons=buttons)

async def setup_pressed(self, button):
    self.pressed = (*self.pressed, button)
    if button == "open":
        raise LookupError("nobody knows")
"""


async def test_a_button_is_pressed_as_long_as_it_is_there(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=cog(PRESSED)) as chat:
        (mine,) = chat.bot.cogs.components_of("mine")
        (step,) = [step for step in chat.bot.setup_steps() if step.key == "mine"]
        assert SetupButton("close", "Close", "Table 7") in step.buttons
        assert await chat.bot.setup_pressed("mine", "nothing") is Pressed.GONE
        assert await chat.bot.setup_pressed("other", "open") is Pressed.GONE
        with caplog.at_level(logging.ERROR):
            assert await chat.bot.setup_pressed("mine", "open") is Pressed.FAILED
        assert any("mine" in line and "setup_pressed" in line for line in caplog.messages)
        assert await chat.bot.setup_pressed("mine", "close") is Pressed.DONE
        assert await chat.bot.setup_pressed("mine", "close") is Pressed.GONE, "it is not there any more"
        assert vars(mine)["pressed"] == ("open", "close")
