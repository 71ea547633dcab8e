"""The settings of the redeem ``tts``."""

from pydantic import Field

from pixel_bot.plugin import CogSettings


class Settings(CogSettings):
    """How a text is read out."""

    prefix_username: bool = Field(
        True,
        validation_alias="TTS_PREFIX_USERNAME",
        description="true: say the name of the viewer before the text",
    )
