"""The settings of giveaways and raffles."""

from pydantic import Field

from pixel_bot.plugin import CogSettings


class Settings(CogSettings):
    """The settings of the cog giveaways."""

    answer_seconds: int = Field(
        60, ge=5, le=3_600, description="Seconds in which a winner of a giveaway has to write something in chat"
    )
    redraws: int = Field(
        0,
        ge=0,
        le=100,
        description="How many winners of a giveaway who do not answer are replaced by themselves. "
        "0: a mod types !giveaway redraw",
    )
    max_tickets: int = Field(
        100, ge=1, le=1_000_000, description="How many tickets that cost points each viewer may have, without max"
    )
    raffle_seconds: int = Field(60, ge=10, le=3_600, description="Seconds in which viewers may enter a raffle")
    raffle_hours: float = Field(
        1, gt=0, le=168, description="A raffle gives away at most what all viewers earned in so many last hours"
    )
    raffle_minutes: int = Field(30, ge=0, le=10_080, description="Minutes between the beginnings of two raffles")
