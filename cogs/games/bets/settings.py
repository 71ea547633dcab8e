"""The settings of bets."""

from collections.abc import Iterable

from pydantic import Field, ValidationInfo, field_validator
from typing_extensions import override

from pixel_bot.plugin import CheckedBot, CogSettings


class Settings(CogSettings):
    """The settings of the cog bets."""

    on: bool = Field(True, description="false: nobody can open a bet")
    only_live: bool = Field(True, description="false: bets can be opened and joined while the stream is off, too")
    seconds: int = Field(120, ge=10, le=3_600, description="Seconds that a bet is open, if a mod names no other")
    min: int = Field(10, ge=1, description="The smallest stake of a bet")
    max: int = Field(5_000, ge=1, description="The largest stake of a bet; all counts as this")
    limit: int = Field(0, ge=0, description="Points that a viewer may have in one bet, in all. 0: no limit")
    remind: int = Field(
        15, ge=0, le=1_440, description="Minutes until chat is reminded of a bet that nobody settled. 0: never"
    )
    give_back: int = Field(24, ge=1, le=720, description="Hours until a closed bet that nobody settled is given back")
    force: bool = Field(False, description="true: BETS_BACK may be more than 100")
    back: int = Field(
        100, ge=0, le=1_000, description="How much of what the others staked goes to those who were right, in percent"
    )

    @field_validator("back")
    @classmethod
    def _makes_no_points(cls, value: int, info: ValidationInfo) -> int:
        if value > 100 and not info.data.get("force"):
            raise ValueError("would pay more than comes in. Set it to 100 or less, or BETS_FORCE=true.")
        return value

    @override
    def problems(self, bot: CheckedBot) -> Iterable[str]:
        """A smallest stake above the largest lets nobody bet."""
        if self.min > self.max:
            yield "BETS_MIN is above BETS_MAX, so nobody can bet."
        if self.limit and self.limit < self.min:
            yield "BETS_LIMIT is below BETS_MIN, so nobody can bet."
