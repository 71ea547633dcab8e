"""The settings of the greetings.

All is off at first: a bot that greets unasked is noise in a busy chat, and beside another bot everybody would be
greeted twice. Greetings and friends that mods have entered need no setting: somebody has asked for them.
"""

from pydantic import Field

from pixel_bot.plugin import CogSettings


class Settings(CogSettings):
    """Who is greeted without having a greeting of their own."""

    new: bool = Field(False, description="true: welcome who writes here for the first time ever")
    first: bool = Field(False, description="true: greet everybody at their first message of a stream")
    raids: int = Field(
        0, ge=0, le=100_000, description="Shout out who raids with so many viewers or more; 0 for no raid"
    )
