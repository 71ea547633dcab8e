"""Viewers who play games with points, and mods who hold bets, giveaways and raffles."""

from collections.abc import Awaitable, Sequence

from typing_extensions import override

from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.series import Event

PLAYED = (
    "!gamble {few}",
    "!gamble all",
    "!slots {few}",
    "!roulette {few} red",
    "!roulette {few} 17",
    "!duel @{other} {few}",
    "!accept",
    "!accept",
    "!decline",
    "!cancelduel",
    "!cancel",
    "!heist {few}",
    "!bet yes {few}",
    "!bet {few} no",
    "!bet",
    "!enter",
    "!ticket 2",
    "prize",
    "!join",
    "!fair {few}",
)
LED = (
    '!bet open "Do we win?" Yes|No 60',
    '!bet open "Do we win?" Yes|No 60',
    "!bet close",
    "!bet settle yes",
    "!bet win no",
    "!bet cancel",
    "!giveaway open prize cost 5 max 3",
    "!giveaway open prize",
    "!giveaway close",
    "!giveaway draw",
    "!giveaway draw 2",
    "!giveaway redraw",
    "!giveaway cancel",
    "!raffle 10",
)


class Gamblers(Part):
    """They stake what mods give them; nobody waits long for the next game."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._people = self.cast("gambler", 5)

    @override
    def settings(self) -> dict[str, object]:
        waits = {f"{game}_wait": 1 for game in ("gamble", "slots", "roulette", "duel", "heist")}
        off_stream = {f"{game}_only_live": False for game in ("gamble", "slots", "roulette", "duel", "heist", "bets")}
        # With games on, bits and tips pay only by a setting of the streamer's own.
        paid = {"points_cheer_per_bit": 1.0, "points_tip_per_token": 1.0}
        return {"games": True, "giveaways_raffle_minutes": 1, **waits, **off_stream, **paid}

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (
            self.again("game", self.pause(4), self._play),
            self.again("led game", self.pause(12), self._lead),
            self.again("paid gambler", self.pause(60), self._enrich),
        )

    async def _play(self, event: Event) -> None:
        chance, who = event.chance, event.chance.choice(self._people)
        words = chance.choice(PLAYED).format(few=chance.randint(5, 60), other=chance.choice(self._people).login)
        await self.say(event, who, words)

    async def _lead(self, event: Event) -> None:
        await self.say(event, self.mod(event), event.chance.choice(LED))

    async def _enrich(self, event: Event) -> None:
        who = event.chance.choice(self._people)
        await self.say(event, self.mod(event), f"!points add @{who.login} {event.chance.randint(100, 1_000)}")
