"""Groups of settings: platforms, web pages, points and XP, messages, upkeep. All others are in ``settings.py``."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from pixel_bot.setting_types import Amount, Factor, HttpBase, HttpUrl, PublicUrl, Seconds, SocketUrl, Template, TwitchId
from pixel_bot.wording.texts import later


class PlatformSettings(BaseSettings):
    """The applications at Twitch and Joystick.tv, and where both platforms are."""

    twitch_client_id: str = Field("", description="Client ID of your application at dev.twitch.tv/console")
    twitch_client_secret: SecretStr = Field(
        SecretStr(""),
        description=(
            "Client secret of your application. Leave it out for an application of the type Public. Never share it; "
            "the bot never writes it into the log"
        ),
    )
    twitch_bot_id: TwitchId = Field(
        "", description="User ID of the bot's account. If you leave it out, the bot learns it when you sign in"
    )
    twitch_owner_id: TwitchId = Field(
        "", description="User ID of your channel's account. If you leave it out, the bot learns it when you sign in"
    )
    pixel_secret_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "Key that encrypts the sign-ins in the database, 16 or more characters. If you leave it out, the bot "
            "makes one in the file secret.key in DATA_DIR"
        ),
    )
    twitch_helix_url: HttpBase = Field("https://api.twitch.tv/helix/", description="Twitch's API")
    twitch_id_url: HttpBase = Field("https://id.twitch.tv/", description="Twitch's sign-in server")
    twitch_eventsub_url: SocketUrl = Field(
        "wss://eventsub.wss.twitch.tv/ws", description="Twitch's event server (WebSocket)"
    )

    joystick_client_id: str = Field("", description="Client ID of your bot at Joystick.tv")
    joystick_client_secret: SecretStr = Field(
        SecretStr(""), description="Client secret of your bot. Never share it; the bot never writes it into the log"
    )
    joystick_api_url: HttpBase = Field("https://api.joystick.tv/", description="Joystick.tv's API")
    joystick_gateway_url: SocketUrl = Field(
        "wss://api.joystick.tv/cable", description="Joystick.tv's event server (WebSocket)"
    )
    joystick_authorize_url: HttpUrl = Field(
        "https://joystick.tv/api/oauth/authorize", description="Page on which a streamer installs the bot"
    )

    @field_validator("pixel_secret_key")
    @classmethod
    def _key_is_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("use 16 or more characters, or leave it out")
        return value

    @model_validator(mode="after")
    def _id_and_secret_together(self) -> Self:
        twitch, joystick = self.twitch_client_secret, self.joystick_client_secret
        for platform, client_id, secret in (
            ("Twitch", self.twitch_client_id, twitch.get_secret_value()),
            ("Joystick", self.joystick_client_id, joystick.get_secret_value()),
        ):
            name = f"{platform.upper()}_CLIENT"
            if secret and not client_id:
                raise ValueError(
                    f"{name}_ID: {name}_SECRET is set without it. Set both for {platform}, or neither for the sandbox."
                )
            # At Twitch, an application of the type Public has no secret.
            if client_id and not secret and platform != "Twitch":
                raise ValueError(
                    f"{name}_SECRET: {name}_ID is set without it. Set both for {platform}, or neither for the sandbox."
                )
        return self

    @property
    def on_twitch(self) -> bool:
        """True when there is an application at Twitch; one of the type Public has no secret."""
        return bool(self.twitch_client_id)

    @property
    def on_joystick(self) -> bool:
        """True when the credentials for Joystick.tv are set."""
        return bool(self.joystick_client_id)

    @property
    def live(self) -> bool:
        """True when the credentials for any platform are set; else there is the sandbox."""
        return self.on_twitch or self.on_joystick


class WebSettings(BaseSettings):
    """Where the web pages are."""

    web_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Network address of the bot's web pages. With the default, only this computer can open them",
    )
    web_port: int = Field(8080, ge=0, le=65_535, description="Port of the bot's web pages. 0: any free port")
    web_allowed_hosts: str = Field(
        "", description="More host names by which the web pages may be opened, separated by commas"
    )
    web_public_url: PublicUrl = Field(
        "",
        description=(
            "Address of the web pages as browsers see it, if a proxy with a certificate stands in front of the bot: "
            "like https://bot.example"
        ),
    )


class PointsSettings(BaseSettings):
    """How many points and XP viewers earn, and for what."""

    points_chat_amount: Amount = Field(1, description="Points for a chat message")
    points_chat_cooldown_seconds: Seconds = Field(
        60, description="Seconds that must pass before a viewer earns points for a chat message again"
    )
    points_follow_amount: Amount = Field(50, description="Points for a follow. Each viewer gets them only once")
    points_sub_amount: Amount = Field(
        200, description="Points for a subscription. For gifted subscriptions the giver gets them, for each one"
    )
    points_sub_tier2_factor: Factor = Field(
        2.0, description="A subscription of tier 2 gives its points and XP times this factor, and so does a gifted one"
    )
    points_sub_tier3_factor: Factor = Field(
        5.0, description="A subscription of tier 3 gives its points and XP times this factor, and so does a gifted one"
    )
    points_upgrade_amount: Amount = Field(
        50, description="Points for a viewer who goes on paying for a subscription that was a gift or came with Prime"
    )
    points_cheer_per_bit: Factor = Field(1.0, description="Points for each bit in a cheer or a power-up")
    points_raid_amount: Amount = Field(100, description="Points for the streamer who raids your channel")
    points_tip_per_token: Factor = Field(1.0, description="Points for each token in a tip on Joystick.tv")
    points_enter_amount: Amount = Field(25, description="Points for a viewer who enters the stream on Joystick.tv")
    points_enter_cooldown_seconds: Seconds = Field(
        3_600, description="Seconds that must pass before a viewer earns points for entering again"
    )
    points_start_amount: Amount = Field(0, description="Points that a new viewer starts with")
    points_streak_amount: Amount = Field(
        20, description="Points for a viewer who tells in chat that they watched several streams in a row"
    )
    points_watch_amount: Amount = Field(5, description="Points for watching the live stream on Twitch. 0: none")
    points_watch_minutes: int = Field(
        10, ge=1, le=1_440, description="Minutes of the stream for which a viewer gets these points once"
    )
    points_watch_offline: bool = Field(
        False, description="true: viewers in chat earn these points while the stream is off, too"
    )
    points_watch_sub_factor: Factor = Field(1.0, description="Subscribers get these points times this factor")
    points_watch_vip_factor: Factor = Field(1.0, description="VIPs get these points times this factor")
    points_watch_mod_factor: Factor = Field(
        1.0,
        description=(
            "Mods get these points times this factor. For a viewer with several roles, the highest factor counts"
        ),
    )

    xp_base: float = Field(100, gt=0, le=1_000_000, description="XP that level 2 needs")
    xp_exponent: float = Field(
        1.8, ge=1, le=5, description="How quickly the levels get harder. A higher number makes them harder"
    )
    xp_max_level: int = Field(9_999, ge=1, le=9_999, description="The highest level")
    xp_chat_amount: Amount = Field(1, description="XP for a chat message")
    xp_chat_cooldown_seconds: Seconds = Field(
        30, description="Seconds that must pass before a viewer earns XP for a chat message again"
    )
    xp_follow_amount: Amount = Field(10, description="XP for a follow. Each viewer gets them only once")
    xp_sub_amount: Amount = Field(
        50, description="XP for a subscription. For gifted subscriptions the giver gets them, for each one"
    )
    xp_cheer_per_bit: Factor = Field(0.1, description="XP for each bit in a cheer or a power-up")
    xp_watch_amount: Amount = Field(
        5, description="XP for watching the live stream on Twitch, each time that it gives points. 0: none"
    )
    xp_tip_per_token: Factor = Field(0.1, description="XP for each token in a tip on Joystick.tv")
    level_rewards_file: Path = Field(
        Path("./data/level_rewards.json"), description="File with the rewards for levels. You may leave it out"
    )


class MessageSettings(BaseSettings):
    """Messages that the bot sends by itself; an empty one is not sent."""

    silent: bool = Field(
        False,
        description=(
            "true: the bot counts and pays everything, and says nothing in chat. So you can try it beside another bot"
        ),
    )
    greeting: Template = Field(
        later("Hi, I am here! Type {prefix}help to see what I can do."),
        description="What the bot says when you have connected it to a platform. {prefix} is COMMAND_PREFIX",
    )


class UpkeepSettings(BaseSettings):
    """How long things are kept."""

    keep_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description=(
            "Days after which the bot deletes what people wrote: texts of redeems, summaries of changes, old log files."
            " Points and the ledger stay. 0: keep it for ever"
        ),
    )
