"""All settings: from the environment, or ``.env`` in the working directory."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from pixel_bot.configuration.cog_settings import T, read_cog_settings
from pixel_bot.configuration.finding import Finding
from pixel_bot.configuration.loading import load, names_set
from pixel_bot.configuration.values import control_characters
from pixel_bot.setting_groups import MessageSettings, PlatformSettings, PointsSettings, UpkeepSettings, WebSettings
from pixel_bot.setting_types import (
    OVERLAY_KEY,
    Amount,
    CommandPrefix,
    Currency,
    Language,
    LocalTime,
    Mode,
    expanded,
)

__all__ = ["OVERLAY_KEY", "Mode", "Settings", "load_settings"]


class Settings(PlatformSettings, WebSettings, PointsSettings, MessageSettings, UpkeepSettings):
    """The settings, checked. Wrong ones raise ``SettingsError`` through ``load_settings``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True
    )

    _findings: tuple[Finding, ...] = PrivateAttr(())

    database_url: str = Field(
        "sqlite+aiosqlite:///./data/pixel.db",
        description=(
            "Database with the points. If you leave it out, the sandbox has a database of its own: sandbox.db in "
            "DATA_DIR"
        ),
    )
    data_dir: Path = Field(Path("./data"), description="Folder for the database and the bot's own files")
    backup_dir: Path = Field(Path("./data/backups"), description="Folder for backups. Best on another disk")
    backup_time: LocalTime = Field("03:00", description="Time of the daily backup, in local time. off: no daily backup")
    backup_keep: int = Field(14, ge=1, le=10_000, description="How many backups stay. The bot removes older ones")

    bot_language: Language = Field("en", description="Language of everything that the bot says in chat: en or de")
    points_name: Currency = Field(
        "",
        description=(
            "Another name for the points: of one, a vertical bar, and of several. If you leave it out, they are points"
        ),
    )
    command_prefix: CommandPrefix = Field(
        CommandPrefix("!"),
        description="What all commands begin with. Several with a blank between them; the first is shown",
    )
    cogs_dir: Path | None = Field(
        None, description="Folder with your own cogs. The bot loads them together with the built-in cogs"
    )
    cogs_off: str = Field(
        "",
        description="Names of cogs that stay off, with a comma between them. "
        "A place, like cogs/lineup.py, lets your own cog of that name in",
    )
    commands_off: str = Field(
        "",
        description="Names of the bot's commands that stay off, with a comma between them. "
        "Commands of your own may have these names",
    )
    games: bool = Field(
        False,
        description="true: games with points may be played, like bets, raffles, and tickets that cost something. "
        "Read docs/games.md first",
    )
    games_day_loss: Amount = Field(
        2_000, description="Points that each viewer may lose in a day, over all games with points. 0: no limit"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much the log says: DEBUG (most), INFO, WARNING or ERROR (least)"
    )

    sounds_dir: Path = Field(Path("./sounds"), description="Folder with your sounds (.wav, .mp3 or .ogg)")
    redeem_mods_wait: bool = Field(
        False, description="true: mods and the streamer must wait for cooldowns of redeems, too"
    )
    overlay_key: SecretStr = Field(
        SecretStr(""),
        description="Secret key in the overlay's address. If you leave it out, the bot makes one and keeps it",
    )
    overlay_volume: int = Field(80, ge=0, le=100, description="Volume of speech and sounds, in percent")

    tts_engine: Literal["espeak", "piper", "openai"] = Field(
        "espeak", description="Program that reads texts out: espeak, piper or openai"
    )
    tts_voice: str = Field("", max_length=64, description="Voice for viewers who chose none with !voice")
    tts_approve: Literal["off", "new", "all"] = Field(
        "off", description="Texts that wait for the !yes of a mod: off (none), new (those of new viewers) or all"
    )
    tts_queue_max: int = Field(10, ge=1, le=1_000, description="How many texts can be in the queue")
    tts_max_chars: int = Field(
        200, ge=10, le=500, description="Length of the longest text that is read out, in characters"
    )
    tts_words_file: Path = Field(
        Path("./data/blocked_words.txt"),
        description="File with words that are never said, one word in each line. The built-in list is always used, too",
    )
    tts_base_url: str = Field(
        "",
        description=(
            "Server with /v1/audio/speech, for the engine openai. If you leave it out, the bot uses AI_BASE_URL"
        ),
    )
    tts_api_key: SecretStr = Field(
        SecretStr(""), description="Key of this server. If you leave it out, the bot uses AI_API_KEY"
    )
    tts_model: str = Field("gpt-4o-mini-tts", description="Model on this server")

    obs_host: str = Field("127.0.0.1", min_length=1, description="Computer on which OBS runs")
    obs_port: int = Field(4455, ge=1, le=65_535, description="Port of OBS's WebSocket server")
    obs_password: SecretStr = Field(
        SecretStr(""), description="Password of OBS's WebSocket server (in OBS: Tools, WebSocket Server Settings)"
    )

    @model_validator(mode="before")
    @classmethod
    def _files_follow_the_data_folder(cls, data: dict[str, object]) -> dict[str, object]:
        folder = data.get("data_dir")
        if not folder or control_characters(str(folder)):
            return data
        follow = {
            "backup_dir": Path(str(folder)) / "backups",
            "level_rewards_file": Path(str(folder)) / "level_rewards.json",
            "tts_words_file": Path(str(folder)) / "blocked_words.txt",
        }
        return follow | data

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
            if value.startswith(scheme):
                return "postgresql+asyncpg://" + value.removeprefix(scheme)
        if not value.startswith("sqlite+aiosqlite:///"):
            raise ValueError("must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        if value.removeprefix("sqlite+aiosqlite:///").partition("?")[0] in {"", ":memory:"}:
            raise ValueError("must name a file, because points that live in memory are lost at the end")
        if control_characters(value):
            raise ValueError("has control characters in it. Write / for each backslash")
        scheme, _, file = value.partition(":///")
        return f"{scheme}:///{expanded(Path(file)).as_posix()}" if file.startswith("~") else value

    @field_validator("*", mode="after")
    @classmethod
    def _usable_path(cls, value: object) -> object:
        return expanded(value) if isinstance(value, Path) else value

    @field_validator("overlay_key")
    @classmethod
    def _key_for_an_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not OVERLAY_KEY.match(value.get_secret_value()):
            raise ValueError("use 8 to 128 letters, digits, - or _, or leave it out")
        return value

    @field_validator("cogs_dir", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is strange about ``.env`` and the environment; empty for settings that were made by hand."""
        return self._findings

    def noting(self, findings: tuple[Finding, ...]) -> Self:
        """These settings, with what is strange about where they come from."""
        self._findings = findings
        return self

    @property
    def cogs_left_out(self) -> frozenset[str]:
        """The names in COGS_OFF."""
        return frozenset(name for part in self.cogs_off.split(",") if (name := part.strip()))

    @property
    def commands_left_out(self) -> frozenset[str]:
        """The names in COMMANDS_OFF, without prefix, lower case."""
        parts = (part.strip().lower().removeprefix(self.command_prefix) for part in self.commands_off.split(","))
        names = (" ".join(part.split()) for part in parts)
        return frozenset(name for name in names if name)

    @property
    def command_prefixes(self) -> tuple[str, ...]:
        """All that commands may begin with; the first one is ``command_prefix``."""
        return self.command_prefix.all

    def for_cog(self, model: type[T], cog: str) -> T:
        """The settings of a cog, from where these come from.

        Raises:
            CogError: one of them is wrong.
        """
        return read_cog_settings(model, cog)

    def names_set(self) -> frozenset[str]:
        """The upper-case names of everything that is set where these come from; those of cogs are among them."""
        return names_set()

    @property
    def obs_configured(self) -> bool:
        """True when any setting for OBS is set."""
        return bool(self.model_fields_set & {"obs_host", "obs_port", "obs_password"})

    @property
    def currency(self) -> tuple[str, ...]:
        """What one point is called, and what several are; empty where the language decides."""
        return tuple(self.points_name.split("|")) if self.points_name else ()

    def database_for(self, mode: Mode) -> str:
        """The database of one mode: DATABASE_URL where it is set, else a file of the mode's own in DATA_DIR."""
        if "database_url" in self.model_fields_set:
            return self.database_url
        name = "pixel.db" if mode == "live" else "sandbox.db"
        return f"sqlite+aiosqlite:///{(self.data_dir / name).as_posix()}"


def load_settings(**overrides: object) -> Settings:
    """Read and check the settings; ``findings`` of the result says what is strange and does not stop the bot.

    Raises:
        SettingsError: with one sentence for each wrong setting, naming it.
    """
    settings, findings = load(Settings, overrides)
    return settings.noting(findings)
