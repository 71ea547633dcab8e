"""All settings: from the environment, or ``.env`` in the working directory."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pixel_bot.errors import SettingsError
from pixel_bot.setting_types import (
    OVERLAY_KEY,
    Amount,
    Factor,
    HttpBase,
    HttpUrl,
    LocalTime,
    Mode,
    Seconds,
    SocketUrl,
    Template,
    TwitchId,
)

__all__ = ["OVERLAY_KEY", "Mode", "Settings", "load_settings"]


class Settings(BaseSettings):
    """The settings, checked. Wrong ones raise ``SettingsError`` through ``load_settings``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True
    )

    twitch_client_id: str = Field("", description="Client id of your application at dev.twitch.tv/console")
    twitch_client_secret: SecretStr = Field(SecretStr(""), description="Its client secret; never shared, never logged")
    twitch_bot_id: TwitchId = Field("", description="User id of the bot's account; found at sign-in when left out")
    twitch_owner_id: TwitchId = Field("", description="User id of the broadcaster; found at sign-in when left out")
    pixel_secret_key: SecretStr = Field(
        SecretStr(""), description="Encrypts the tokens in the database; else the file secret.key in DATA_DIR"
    )
    twitch_helix_url: HttpBase = Field("https://api.twitch.tv/helix/", description="Twitch's API")
    twitch_id_url: HttpBase = Field("https://id.twitch.tv/", description="Twitch's sign-in server")
    twitch_eventsub_url: SocketUrl = Field("wss://eventsub.wss.twitch.tv/ws", description="Twitch's event socket")

    joystick_client_id: str = Field("", description="Client id of your bot at Joystick.tv")
    joystick_client_secret: SecretStr = Field(
        SecretStr(""), description="Its client secret; never shared, never logged"
    )
    joystick_api_url: HttpBase = Field("https://api.joystick.tv/", description="Joystick.tv's API")
    joystick_gateway_url: SocketUrl = Field("wss://api.joystick.tv/cable", description="Joystick.tv's event socket")
    joystick_authorize_url: HttpUrl = Field(
        "https://joystick.tv/api/oauth/authorize", description="Where a streamer lets the bot into a channel"
    )

    database_url: str = Field(
        "sqlite+aiosqlite:///./data/pixel.db",
        description="Where points live. The sandbox keeps DATA_DIR/sandbox.db unless this is set",
    )
    data_dir: Path = Field(Path("./data"), description="Folder for the database and the bot's own files")
    backup_dir: Path = Field(Path("./data/backups"), description="Folder for backups, best on another disk")
    backup_time: LocalTime = Field("03:00", description="When the daily backup is made, in local time; off for none")
    backup_keep: int = Field(14, ge=1, le=10_000, description="Backups that are kept; older ones are removed")

    web_host: str = Field("127.0.0.1", min_length=1, description="Address that the bot's web pages listen on")
    web_port: int = Field(8080, ge=0, le=65_535, description="Port of the bot's web pages; 0 takes any free one")
    web_allowed_hosts: str = Field("", description="More host names, separated by commas, that may open the web pages")

    command_prefix: str = Field("!", min_length=1, max_length=5, description="What commands begin with")
    cogs_dir: Path | None = Field(None, description="A folder with cogs of your own, loaded beside the built-in ones")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG tells more")

    points_chat_amount: Amount = Field(1, description="Points for a chat message")
    points_chat_cooldown_seconds: Seconds = Field(60, description="Seconds between two such awards to one viewer")
    points_follow_amount: Amount = Field(50, description="Points for a follow, once in a person's life")
    points_sub_amount: Amount = Field(200, description="Points for a subscription, and for each one given away")
    points_cheer_per_bit: Factor = Field(1.0, description="Points for each bit cheered")
    points_raid_amount: Amount = Field(100, description="Points for the channel that raids")
    points_tip_per_token: Factor = Field(1.0, description="Points for each token tipped on Joystick.tv")
    points_enter_amount: Amount = Field(25, description="Points for who comes into the stream on Joystick.tv")
    points_enter_cooldown_seconds: Seconds = Field(3_600, description="Seconds between two such awards to one viewer")
    points_start_amount: Amount = Field(0, description="Points that a viewer starts with")
    points_watch_amount: Amount = Field(5, description="Points for watching the live stream; 0 for none")
    points_watch_minutes: int = Field(10, ge=1, le=1_440, description="Minutes of the stream that this pays for")
    points_watch_offline: bool = Field(False, description="true: who sits in the offline chat earns them too")
    points_watch_sub_factor: Factor = Field(1.0, description="They earn times that for subscribers")
    points_watch_vip_factor: Factor = Field(1.0, description="They earn times that for VIPs")
    points_watch_mod_factor: Factor = Field(1.0, description="They earn times that for mods; the highest one counts")

    xp_base: float = Field(100, gt=0, le=1_000_000, description="XP needed for level 2")
    xp_exponent: float = Field(1.8, ge=1, le=5, description="How steeply the levels grow")
    xp_max_level: int = Field(9_999, ge=1, le=9_999, description="The highest level")
    xp_chat_amount: Amount = Field(1, description="XP for a chat message")
    xp_chat_cooldown_seconds: Seconds = Field(30, description="Seconds between two such awards to one viewer")
    xp_follow_amount: Amount = Field(10, description="XP for a follow, once in a person's life")
    xp_sub_amount: Amount = Field(50, description="XP for a subscription, and for each one given away")
    xp_tip_per_token: Factor = Field(0.1, description="XP for each token tipped on Joystick.tv")
    greeting: Template = Field(
        "Hi, I am here! Type {prefix}help to see what I can do.",
        description="Said when the bot was connected to a platform; off for nothing",
    )
    shoutout_follow: Template = Field(
        "Welcome, {user}! Thank you for the follow.", description="Said to followers, with {user}; off for nothing"
    )
    shoutout_sub: Template = Field(
        "Thank you for the sub, {user}!", description="Said to subscribers, with {user} and {months}; off for nothing"
    )
    shoutout_gift: Template = Field(
        "{user} gifted {count}. Thank you!",
        description="Said to who gives subs away, with {user} and {count}, like 5 subs; off for nothing",
    )
    shoutout_cheer: Template = Field(
        "{user} cheered {count}. Thank you!",
        description="Said to who cheers, with {user} and {count}, like 100 bits; off for nothing",
    )
    shoutout_raid: Template = Field(
        "{user} raids with {count}. Welcome, all of you!",
        description="Said to raiders, with {user} and {count}, like 12 viewers; off for nothing",
    )
    shoutout_tip: Template = Field(
        "{user} tipped {count}. Thank you!",
        description="Said to who tips on Joystick.tv, with {user} and {count}, like 50 tokens; off for nothing",
    )

    level_rewards_file: Path = Field(Path("./data/level_rewards.json"), description="What levels pay; optional")

    prizes_file: Path = Field(Path("./data/prizes.json"), description="Prizes of the wheel; without it a small set")
    sounds_dir: Path = Field(Path("./sounds"), description="Folder with your sounds: .wav, .mp3 or .ogg")
    redeem_mods_wait: bool = Field(False, description="true: cooldowns of redeems hold for mods and streamer too")
    overlay_key: SecretStr = Field(SecretStr(""), description="Key in the overlay's address; made and kept when unset")
    overlay_volume: int = Field(80, ge=0, le=100, description="Volume of speech and sounds, in percent")

    tts_engine: Literal["espeak", "piper", "openai"] = Field("espeak", description="Who speaks: espeak, piper, openai")
    tts_voice: str = Field("", max_length=64, description="The voice, unless a viewer chose one with !voice")
    tts_queue_max: int = Field(10, ge=1, le=1_000, description="Texts that may wait to be read out")
    tts_max_chars: int = Field(200, ge=10, le=500, description="Longest text that is read out")
    tts_prefix_username: bool = Field(True, description="true: say who wrote it before the text")
    tts_words_file: Path = Field(
        Path("./data/blocked_words.txt"), description="Words never said, one a line, beside the built-in list"
    )
    tts_base_url: str = Field("", description="Server with /v1/audio/speech, for the engine openai; else AI_BASE_URL")
    tts_api_key: SecretStr = Field(SecretStr(""), description="Its key; else AI_API_KEY")
    tts_model: str = Field("gpt-4o-mini-tts", description="Its model")

    ai_api_key: SecretStr = Field(SecretStr(""), description="Key of the AI server; not needed for Ollama, LM Studio")
    ai_base_url: str = Field("", description="Any OpenAI-compatible server; unset with a key means OpenAI itself")
    ai_model: str = Field("gpt-4o-mini", description="Model that answers !pixel")
    ai_persona: str = Field(
        "You are Pixel, the cheerful mascot of a live stream.", description="Who the AI is when it answers"
    )
    ai_daily_limit: int = Field(200, ge=0, le=1_000_000, description="AI calls a day; 0 for no limit")
    ai_speak: bool = Field(False, description="true: answers of !pixel are read out too")

    obs_host: str = Field("127.0.0.1", min_length=1, description="Where OBS runs")
    obs_port: int = Field(4455, ge=1, le=65_535, description="Port of its websocket server")
    obs_password: SecretStr = Field(SecretStr(""), description="Its password (Tools, WebSocket Server Settings)")

    @model_validator(mode="before")
    @classmethod
    def _files_follow_the_data_folder(cls, data: dict[str, object]) -> dict[str, object]:
        folder = data.get("data_dir")
        if not folder:
            return data
        follow = {
            "backup_dir": Path(str(folder)) / "backups",
            "level_rewards_file": Path(str(folder)) / "level_rewards.json",
            "prizes_file": Path(str(folder)) / "prizes.json",
            "tts_words_file": Path(str(folder)) / "blocked_words.txt",
        }
        return follow | data

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("command_prefix")
    @classmethod
    def _prefix_has_no_space(cls, value: str) -> str:
        if any(c.isspace() for c in value):
            raise ValueError("must not contain spaces")
        return value

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
        return value

    @field_validator("overlay_key")
    @classmethod
    def _key_for_an_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not OVERLAY_KEY.match(value.get_secret_value()):
            raise ValueError("use 8 to 128 letters, digits, - or _, or leave it out")
        return value

    @field_validator("pixel_secret_key")
    @classmethod
    def _key_is_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("use 16 or more characters, or leave it out")
        return value

    @field_validator("cogs_dir", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _id_and_secret_together(self) -> Self:
        twitch, joystick = self.twitch_client_secret, self.joystick_client_secret
        for platform, client_id, secret in (
            ("Twitch", self.twitch_client_id, twitch.get_secret_value()),
            ("Joystick", self.joystick_client_id, joystick.get_secret_value()),
        ):
            if bool(client_id) != bool(secret):
                given, missing = (f"{platform.upper()}_CLIENT_{part}" for part in ("ID", "SECRET"))
                if secret:
                    given, missing = missing, given
                raise ValueError(
                    f"{missing}: {given} is set without it. Set both for {platform}, or neither for the sandbox."
                )
        return self

    @property
    def on_twitch(self) -> bool:
        """True when the credentials for Twitch are set."""
        return bool(self.twitch_client_id)

    @property
    def on_joystick(self) -> bool:
        """True when the credentials for Joystick.tv are set."""
        return bool(self.joystick_client_id)

    @property
    def live(self) -> bool:
        """True when the credentials for any platform are set; else there is the sandbox."""
        return self.on_twitch or self.on_joystick

    @property
    def obs_configured(self) -> bool:
        """True when the streamer said anything about OBS."""
        return bool(self.model_fields_set & {"obs_host", "obs_port", "obs_password"})

    @property
    def ai_configured(self) -> bool:
        """True when there is an AI to ask."""
        return bool(self.ai_api_key.get_secret_value() or self.ai_base_url)

    def database_for(self, mode: Mode) -> str:
        """The database of one mode: DATABASE_URL where it is set, else a file of the mode's own in DATA_DIR."""
        if "database_url" in self.model_fields_set:
            return self.database_url
        name = "pixel.db" if mode == "live" else "sandbox.db"
        return f"sqlite+aiosqlite:///{(self.data_dir / name).as_posix()}"


def load_settings(**overrides: object) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: with one sentence for each wrong setting, naming it.
    """
    try:
        return Settings(**overrides)  # pyright: ignore[reportArgumentType]
    except ValidationError as exc:
        # The value may be a secret, so neither the sentence nor the traceback repeats it.
        raise SettingsError([_problem(e["loc"], e["msg"]) for e in exc.errors(include_input=False)]) from None
    except UnicodeDecodeError:
        raise SettingsError([".env: is not UTF-8 text. Save it again as UTF-8."]) from None


def _problem(location: tuple[int | str, ...], message: str) -> str:
    sentence = message.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {sentence}" if location else sentence
