"""Variables on time."""

from pixel_bot.plugin import Cog, VariableCall, VariableFailed, later, texts, variable

from .moments import formatted, moment_in, spelled, zone_of

_ = texts(__name__)

NO_ZONE = later("I know no time zone {name}.")
NO_MOMENT = later("I cannot read that as a date: {text}")
SHOWN = 60


class MomentVariables(Cog):
    """The time, and how long it is to a moment or since."""

    @variable("time")
    async def time(self, call: VariableCall) -> str:
        """The time somewhere: `$(time Europe/Berlin "h:mm A")` in a format of moment.js, or `$(time.Europe/Berlin)`."""
        name = call.field or (call.words[0] if call.words else "UTC")
        zone = zone_of(name)
        if zone is None:
            raise VariableFailed(_(NO_ZONE, name=name[:SHOWN]))
        form = " ".join(call.words[0 if call.field else 1 :]) or ("HH:mm" if call.field else _("h:mm A z"))
        return formatted(self.bot.clock.now().astimezone(zone), form[:SHOWN])

    @variable("countdown", "time.until")
    async def countdown(self, call: VariableCall) -> str:
        """How long it is to a moment: `$(countdown Dec 25 2030 12:00:00 AM EST)`, or to a time of the day."""
        return self._between(call.text or call.field, 1)

    @variable("countup")
    async def countup(self, call: VariableCall) -> str:
        """How long it has been since a moment: `$(countup Jan 1 2020 6:00 PM CET)`."""
        return self._between(call.text, -1)

    def _between(self, text: str, sign: int) -> str:
        now = self.bot.clock.now()
        moment = moment_in(text, now)
        if moment is None:
            raise VariableFailed(_(NO_MOMENT, text=text[:SHOWN]))
        return spelled(sign * (moment - now).total_seconds())
