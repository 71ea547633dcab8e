"""Settings of a cog are read under its name, checked when it is loaded, and known where ``.env`` is looked over."""

import logging
from pathlib import Path

import pytest

from pixel_bot.configuration.cog_settings import CogSettings, read_cog_settings
from pixel_bot.logs import redact
from pixel_bot.settings import load_settings
from pixel_bot.testing import stage

FRUITS = """
from pydantic import AliasChoices, Field, SecretStr
from pixel_bot.plugin import Cog, CogSettings, command


class Settings(CogSettings):
    max_stake: int = Field(1_000, ge=1)
    prizes: str = Field("none", validation_alias=AliasChoices("FRUITS_PRIZES", "PRIZES_LIST"))
    key: SecretStr = SecretStr("")


class Fruits(Cog):
    settings = Settings

    def __init__(self, bot) -> None:
        super().__init__(bot)
        self.highest = self.config.max_stake

    @command()
    async def fruits(self, ctx) -> None:
        await ctx.reply(f"{self.highest} {self.config.prizes} {self.config.key}")


async def setup(bot) -> None:
    await bot.add_component(Fruits(bot))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    (made / "fruits.py").write_text(FRUITS)
    return made


def found(env: str) -> list[str]:
    """What is said about that ``.env`` in the working folder."""
    Path(".env").write_text(env)
    return [str(finding) for finding in load_settings().findings]


async def test_a_setting_is_read_under_the_name_of_its_cog(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!fruits") == ["1000 none"]
    async with stage(tmp_path, cogs_dir=folder, fruits_max_stake="7", prizes_list="old", fruits_key="hunter2") as chat:
        assert await chat.say("bob", "!fruits") == ["7 old **********"]


async def test_a_wrong_value_is_named_when_the_cog_is_loaded(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, cogs_dir=folder, fruits_max_stake="many") as chat:
        assert await chat.say("bob", "!fruits") == []
        assert await chat.say("bob", "!points") == ["You have 0 points."]
    assert "The cog fruits could not be loaded: " in caplog.text
    assert "FRUITS_MAX_STAKE: must be a whole number. The other cogs run." in caplog.text
    assert "many" not in caplog.text


def test_the_environment_and_env_file_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(CogSettings):
        max_stake: int = 1
        least: int = 1

    Path(".env").write_text("FRUITS_MAX_STAKE=5\nFRUITS_LEAST=2\n")
    monkeypatch.setenv("FRUITS_LEAST", "3")
    assert read_cog_settings(Settings, "fruits") == Settings(max_stake=5, least=3)


def test_the_names_of_cogs_are_known_and_a_misspelt_one_is_told(folder: Path) -> None:
    env = f"COGS_DIR={folder.as_posix()}\n"
    assert found(f"{env}FRUITS_MAX_STAKE=5\nPRIZES_LIST=x\nFRUITS_KEY=y\n") == []
    (told,) = found(f"{env}FRUITS_MAX_STAK=5\n")
    assert told == ".env, line 2: FRUITS_MAX_STAK is no setting. Did you mean FRUITS_MAX_STAKE?"
    (other,) = found(f"{env}FRUITS_COLOUR=5\n")
    assert "FRUITS_COLOUR is no setting" in other


def test_the_settings_of_a_cog_that_is_off_may_stay(folder: Path) -> None:
    env = f"COGS_DIR={folder.as_posix()}\n"
    assert found(f"{env}COGS_OFF=fruits\nFRUITS_MAX_STAKE=5\n") == []
    assert found(f"{env}COGS_OFF=pixel,thanks\nAI_MODEL=tiny\nSHOUTOUT_RAID=Hi, {{user}}\n") == []


def test_a_cog_that_is_broken_has_no_names(folder: Path) -> None:
    env = f"COGS_DIR={folder.as_posix()}\n"
    (folder / "fruits.py").write_text("class Settings(CogSettings):\n  (\n")
    assert len(found(f"{env}FRUITS_MAX_STAKE=5\n")) == 1


async def test_a_secret_of_a_cog_is_not_logged(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder, fruits_key="hunter2hunter2"):
        logging.getLogger("pixel_cogs.fruits").warning("%s", "hunter2hunter2")
        assert "hunter2hunter2" not in redact("It is hunter2hunter2 here")


async def test_settings_that_are_no_class_of_settings_are_refused(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = FRUITS.replace("settings = Settings", "settings = {}").replace("self.config.max_stake", "1")
    (folder / "fruits.py").write_text(source)
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!fruits") == []
    assert "settings of Fruits must be a class of CogSettings" in caplog.text
